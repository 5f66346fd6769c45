"""The references of the losses with a margin against formulas written independently, term by term."""

from __future__ import annotations

import math
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


def cosine(one: list[float], other: list[float]) -> float:
    product = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return product / (math.hypot(*one) * math.hypot(*other))


@pytest.mark.parametrize("margin", [0.0, 0.5, -0.25])
def test_cosine_embedding_loss(margin: float) -> None:
    target = np.array([1, -1, -1])
    cosines = [cosine(one, other) for one, other in zip(X.tolist(), Y.tolist(), strict=True)]
    terms = np.array(
        [1 - c if t == 1 else max(0.0, c - margin) for c, t in zip(cosines, target, strict=True)]
    )
    inputs = {"input1": X, "input2": Y, "target": target}
    for reduction, expected in (("none", terms), ("sum", terms.sum()), ("mean", terms.mean())):
        got = value("cosine_embedding_loss", inputs, margin=margin, reduction=reduction)
        np.testing.assert_allclose(got, expected, rtol=1e-13)


@pytest.mark.parametrize("size", [5e-324, 1e-200, 1e-20, 1e160, 1e307])
def test_the_cosine_is_one_of_directions(size: float) -> None:
    inputs = {"input1": [[size, 0.0]], "input2": [[1.0, 1.0]], "target": [1]}
    assert value("cosine_embedding_loss", inputs) == pytest.approx(1 - math.sqrt(0.5), rel=1e-15)


def test_more_axes_follow_the_components() -> None:
    x, y, target = RANDOM.normal(size=(2, 3, 4)), RANDOM.normal(size=(2, 3, 4)), np.ones((2, 4), np.int64)
    got = value("cosine_embedding_loss", {"input1": x, "input2": y, "target": target}, reduction="none")
    for n, k in np.ndindex(2, 4):
        assert got[n, k] == pytest.approx(1 - cosine(x[n, :, k].tolist(), y[n, :, k].tolist()), rel=1e-13)


@pytest.mark.parametrize(("choice", "expected"), [("zero", 1.0), ("nan", math.nan)])
def test_a_vector_of_zeros_has_no_direction(choice: str, expected: float) -> None:
    inputs = {"input1": [[0.0, 0.0]], "input2": [[1.0, 2.0]], "target": [1]}
    got = value("cosine_embedding_loss", inputs, {"zero_vector": choice})
    np.testing.assert_array_equal(got, expected)
    found = gradients("cosine_embedding_loss", inputs, {"zero_vector_gradient": choice})
    np.testing.assert_array_equal(found["input1"], [[0.0 if choice == "zero" else math.nan] * 2])
    assert found["input2"].tolist() == [[0, 0]]


def test_another_target_is_a_convention_and_another_shape_an_error() -> None:
    inputs: dict[str, Any] = {"input1": [[1.0, 0.0]], "input2": [[1.0, 2.0]], "target": [0]}
    assert np.isnan(value("cosine_embedding_loss", inputs))
    assert value("cosine_embedding_loss", inputs, {"other_target": "zero"}) == 0
    with pytest.raises(ValueError, match="target of shape"):
        value("cosine_embedding_loss", {**inputs, "target": [[1, 1]]})


SCORES = RANDOM.normal(size=(4, 5)) * 2
WEIGHTS = np.array([0.5, 2.0, 1.0, 0.25, 3.0])


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("weight", [None, WEIGHTS])
def test_multi_margin_loss(weight: Any, p: int) -> None:
    target, margin = np.array([0, 4, 2, 2]), 0.75
    weights = np.ones(5) if weight is None else weight
    terms = np.zeros(4)
    for n, (row, y) in enumerate(zip(SCORES.tolist(), target.tolist(), strict=True)):
        others = (max(0.0, margin - row[y] + x) ** p for i, x in enumerate(row) if i != y)
        terms[n] = weights[y] * math.fsum(others) / 5
    inputs = {"input": SCORES, "target": target} | ({} if weight is None else {"weight": weight})
    for reduction, expected in (("none", terms), ("sum", terms.sum()), ("mean", terms.mean())):
        got = value("multi_margin_loss", inputs, p=p, margin=margin, reduction=reduction)
        np.testing.assert_allclose(got, expected, rtol=1e-13)
    by_weights = value("multi_margin_loss", inputs, {"weighted_mean": "weights"}, p=p, margin=margin)
    assert by_weights == pytest.approx(terms.sum() / weights[target].sum(), rel=1e-13)


@pytest.mark.parametrize("p", [1, 2])
def test_equal_scores_do_not_lose_the_margin(p: int) -> None:
    inputs = {"input": [[1e20, 1e20]], "target": [0]}
    assert value("multi_margin_loss", inputs, p=p) == 0.5
    found = gradients("multi_margin_loss", inputs, p=p)["input"]
    assert found.tolist() == [[-p / 2, p / 2]]


@pytest.mark.parametrize("attributes", [{"p": 0}, {"p": 3}, {"reduction": "avg"}])
def test_multi_margin_loss_refuses_other_attributes(attributes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"p 0|p 3|reduction"):
        value("multi_margin_loss", {"input": [[1.0, 2.0]], "target": [0]}, **attributes)


@pytest.mark.parametrize("target", [[2], [-1], [-100], [0, 1]])
def test_multi_margin_loss_ignores_no_index(target: list[int]) -> None:
    with pytest.raises(ValueError, match="class ind"):
        value("multi_margin_loss", {"input": [[1.0, 2.0]], "target": target})


LABELS = np.array([[3, 0, -1, 1, 1], [-1, 2, 0, 1, 4], [2, 2, 4, -1, 0], [1, 0, 2, 4, 3]])


def test_multilabel_margin_loss() -> None:
    terms, slopes = np.zeros(4), np.zeros((4, 5))
    for n, (row, labels) in enumerate(zip(SCORES.tolist(), LABELS.tolist(), strict=True)):
        right = labels[: labels.index(-1)] if -1 in labels else labels
        for y, i in ((y, i) for y in right for i in range(5) if i not in right):
            terms[n] += max(0.0, 1 - (row[y] - row[i])) / 5
            inside = 1 - (row[y] - row[i]) > 0
            slopes[n, i] += inside / 5
            slopes[n, y] -= inside / 5
    inputs = {"input": SCORES, "target": LABELS}
    for reduction, expected in (("none", terms), ("sum", terms.sum()), ("mean", terms.mean())):
        got = value("multilabel_margin_loss", inputs, reduction=reduction)
        np.testing.assert_allclose(got, expected, rtol=1e-13)
    found = gradients("multilabel_margin_loss", inputs, reduction="none")["input"]
    np.testing.assert_allclose(found, slopes, rtol=1e-15, atol=1e-16)


def test_one_right_class_is_the_loss_of_one_class() -> None:
    y = np.array([0, 4, 2, 2])
    labels = np.concatenate([y[:, None], np.full((4, 4), -1)], axis=1)
    several = value("multilabel_margin_loss", {"input": SCORES, "target": labels}, reduction="none")
    one = value("multi_margin_loss", {"input": SCORES, "target": y}, reduction="none")
    np.testing.assert_array_equal(several, one)


@pytest.mark.parametrize("target", [[[2, -1]], [[0, 2]], [[0]], [0, 1]])
def test_targets_that_are_no_classes_or_of_another_shape(target: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"target that|targets of shape"):
        value("multilabel_margin_loss", {"input": [[1.0, 2.0]], "target": target})
