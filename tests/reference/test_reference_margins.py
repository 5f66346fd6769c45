"""The references of the losses with a margin against formulas written independently, term by term."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.reference import evaluate, evaluate_gradients, load

RANDOM = np.random.default_rng(17)
X, Y = RANDOM.normal(size=(3, 4)), RANDOM.normal(size=(3, 4))


def value(operator: str, inputs: dict[str, Any], conventions: Any = None, **attributes: Any) -> Any:
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    return evaluate(load(operator), arrays, attributes, "float64", conventions=conventions).value


def gradients(operator: str, inputs: dict[str, Any], conventions: Any = None, **attributes: Any) -> Any:
    """The gradients under an upstream gradient of 1."""
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    upstream = np.ones_like(evaluate(load(operator), arrays, attributes, "float64").value)
    found = evaluate_gradients(
        load(operator), arrays, attributes, "float64", upstream, conventions=conventions
    )
    return {name: reference.value for name, reference in found.items()}


@pytest.mark.parametrize("margin", [0.0, 0.75, -0.5])
def test_margin_ranking_loss(margin: float) -> None:
    target = np.where(RANDOM.normal(size=(3, 4)) > 0, 1.0, -1.0)
    terms = np.array(
        [max(0.0, -t * (x - y) + margin) for x, y, t in zip(X.flat, Y.flat, target.flat, strict=True)]
    ).reshape(X.shape)
    inputs = {"input1": X, "input2": Y, "target": target}
    for reduction, expected in (("none", terms), ("sum", terms.sum()), ("mean", terms.mean())):
        got = value("margin_ranking_loss", inputs, margin=margin, reduction=reduction)
        np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(("choice", "slope"), [("zero", 0.0), ("half", 0.5), ("one", 1.0)])
def test_equal_scores_lie_at_the_kink(choice: str, slope: float) -> None:
    inputs = {"input1": [2.0, 3.0], "input2": [2.0, 4.0], "target": [1.0, 1.0]}
    found = gradients("margin_ranking_loss", inputs, {"hinge_gradient": choice}, reduction="sum")
    assert found["input1"].tolist() == [-slope, -1]
    assert found["input2"].tolist() == [slope, 1]
    assert found["target"].tolist() == [0, 1]
