"""The references of the losses for labels of 1 and -1 against identities, and what documents leave open."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from conformance.reference import evaluate, load

X = np.random.default_rng(11).normal(size=(4, 7)) * 3
ONES = np.ones_like(X)


def terms(operator: str, input: Any, target: Any, dtype: str = "float64", **attributes: Any) -> Any:
    inputs = {"input": np.asarray(input, dtype=np.float64), "target": np.asarray(target, dtype=np.float64)}
    conventions = attributes.pop("conventions", None)
    attributes = {"reduction": "none", **attributes}
    return evaluate(load(operator), inputs, attributes, dtype, conventions=conventions).value


def test_soft_margins_of_the_two_classes_differ_by_the_score() -> None:
    right, wrong = terms("soft_margin_loss", X, ONES), terms("soft_margin_loss", X, -ONES)
    np.testing.assert_allclose(wrong - right, X, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(np.exp(-right) + np.exp(-wrong), 1, rtol=1e-14)
    np.testing.assert_array_equal(terms("soft_margin_loss", -X, -ONES), right)


@pytest.mark.parametrize(
    ("score", "loss"),
    [(0, math.log(2)), (60, math.exp(-60)), (-1e300, 1e300), (math.inf, 0), (-math.inf, math.inf)],
)
def test_soft_margins_far_from_zero(score: float, loss: float) -> None:
    assert terms("soft_margin_loss", score, 1) == pytest.approx(loss, rel=1e-15)


@pytest.mark.parametrize("margin", [1.0, 0.1, 0, -2])
def test_hinge_embedding(margin: float) -> None:
    np.testing.assert_array_equal(terms("hinge_embedding_loss", X, ONES, margin=margin), X)
    expected = [[max(0.0, margin - x) for x in row] for row in X]
    apart = terms("hinge_embedding_loss", X, -ONES, margin=margin)
    np.testing.assert_allclose(apart, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("choice", "expected"), [("nan", [math.nan] * 3), ("both", [1, 2, 3]), ("sign", [0, 2, 0])]
)
def test_labels_that_are_none(choice: str, expected: list[float]) -> None:
    got = terms("hinge_embedding_loss", [0.5, 2, 3], [0, 2, -3], conventions={"other_target": choice})
    np.testing.assert_array_equal(got, expected)
