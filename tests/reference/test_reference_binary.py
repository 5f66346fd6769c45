"""The references of the losses over two classes, against formulas written independently."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from conformance.reference import evaluate, evaluate_gradients, load
from conformance.reference.certificate import certify, certify_gradients

RANDOM = np.random.default_rng(11)
P, Y = RANDOM.uniform(size=(3, 4)), RANDOM.uniform(size=(3, 4))
X = 4 * RANDOM.normal(size=(3, 4))
POSITIVE = RANDOM.uniform(0.25, 4, size=4)
WEIGHT = RANDOM.uniform(0.25, 4, size=(3, 1))


def value(operator: str, inputs: dict[str, Any], conventions: Any = None, **attributes: Any) -> Any:
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    return evaluate(load(operator), arrays, attributes, "float64", conventions=conventions).value


def gradient(operator: str, inputs: dict[str, Any], of: str = "input", **attributes: Any) -> Any:
    """The gradient by one input, of the sum of all terms."""
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    options = {**attributes, "reduction": "sum"}
    return evaluate_gradients(load(operator), arrays, options, "float64", np.asarray(1.0))[of].value


def cross_entropy_of(p: float, y: float) -> float:
    return -(y * math.log(p) + (1 - y) * math.log(1 - p))


def test_binary_cross_entropy() -> None:
    terms = np.vectorize(cross_entropy_of)(P, Y) * WEIGHT
    inputs = {"input": P, "target": Y, "weight": WEIGHT}
    np.testing.assert_allclose(value("binary_cross_entropy", inputs, reduction="none"), terms, rtol=1e-14)
    mean = value("binary_cross_entropy", inputs)
    np.testing.assert_allclose(mean, terms.sum() / 12, rtol=1e-14)
    by_weights = value("binary_cross_entropy", inputs, {"weighted_mean": "weights"})
    np.testing.assert_allclose(by_weights, terms.sum() / (4 * WEIGHT.sum()), rtol=1e-14)


def test_certain_predictions() -> None:
    inputs = {"input": [0.0, 1.0, 0.0, 1.0, 5e-324], "target": [0.0, 1.0, 1.0, 0.5, 1.0]}

    def terms(convention: str) -> list[float]:
        conventions = {"log_of_zero": convention}
        found: list[float] = value("binary_cross_entropy", inputs, conventions, reduction="none").tolist()
        return found

    assert terms("clamped") == [0, 0, 100, 50, 100]
    tiny = -math.log(5e-324)
    assert terms("infinite") == [0, 0, math.inf, math.inf, tiny]
    np.testing.assert_equal(terms("nan"), [math.nan, math.nan, math.inf, math.inf, tiny])


def test_slopes_of_certain_predictions_are_those_of_the_logarithm_that_is_not_clamped() -> None:
    inputs = {"input": [0.0, 0.0, 0.0, 1.0, 1.0], "target": [0.0, 0.5, 1.0, 1.0, 0.25]}
    assert gradient("binary_cross_entropy", inputs).tolist() == [1, 0.5, 0, -1, -0.25]
    assert gradient("binary_cross_entropy", inputs, "target").tolist() == [100, 100, 100, -100, -100]


def test_logits_are_those_of_probabilities() -> None:
    logits = {"input": np.log(P / (1 - P)), "target": Y, "weight": WEIGHT}
    expected = value("binary_cross_entropy", {"input": P, "target": Y, "weight": WEIGHT})
    np.testing.assert_allclose(value("binary_cross_entropy_with_logits", logits), expected, rtol=1e-13)


def test_the_weight_of_positive_examples() -> None:
    """It multiplies what a target of 1 costs, and leaves that of 0 alone."""
    operator, none = "binary_cross_entropy_with_logits", {"reduction": "none"}
    inputs = {"input": X, "target": np.rint(Y)}
    plain, doubled = (value(operator, {**inputs, "pos_weight": [p]}, **none) for p in (1.0, 2.0))
    np.testing.assert_array_equal(doubled, plain * (1 + np.rint(Y)))


def test_logits_far_from_zero_are_as_accurate_as_others() -> None:
    inputs = {"input": [-700.0, 700.0, -700.0, 700.0], "target": [0.0, 1.0, 1.0, 0.0]}
    operator = "binary_cross_entropy_with_logits"
    tiny = math.exp(-700)
    terms = value(operator, inputs, reduction="none")
    np.testing.assert_allclose(terms, [tiny, tiny, 700, 700], rtol=1e-15)
    np.testing.assert_allclose(gradient(operator, inputs), [tiny, -tiny, -1, 1], rtol=1e-15)


def test_infinite_logits() -> None:
    inputs = {"input": [math.inf, -math.inf, math.inf, -math.inf], "target": [1.0, 0.0, 0.5, 1.0]}
    operator = "binary_cross_entropy_with_logits"
    assert value(operator, inputs, reduction="none").tolist() == [0, 0, math.inf, math.inf]
    with_nan = value(operator, inputs, {"zero_target": "nan"}, reduction="none")
    np.testing.assert_equal(with_nan, [math.nan, math.nan, math.inf, math.inf])


def test_labels_are_averaged_before_samples() -> None:
    operator, inputs = "multilabel_soft_margin_loss", {"input": X, "target": Y, "weight": POSITIVE}
    terms = value("binary_cross_entropy_with_logits", inputs, reduction="none")
    samples = value(operator, inputs, reduction="none")
    np.testing.assert_allclose(samples, terms.mean(axis=1), rtol=1e-14)
    np.testing.assert_allclose(value(operator, inputs, reduction="sum"), samples.sum(), rtol=1e-14)
    np.testing.assert_allclose(value(operator, inputs), samples.mean(), rtol=1e-14)


@pytest.mark.parametrize(
    ("operator", "inputs"),
    [
        ("binary_cross_entropy", {"input": P, "target": Y}),
        ("binary_cross_entropy", {"input": P, "target": np.rint(Y), "weight": WEIGHT}),
        ("binary_cross_entropy_with_logits", {"input": X, "target": Y}),
        ("binary_cross_entropy_with_logits", {"input": X, "target": np.rint(Y), "pos_weight": POSITIVE}),
        (
            "binary_cross_entropy_with_logits",
            {"input": X, "target": Y, "weight": WEIGHT, "pos_weight": POSITIVE},
        ),
        ("multilabel_soft_margin_loss", {"input": X, "target": Y}),
        ("multilabel_soft_margin_loss", {"input": X, "target": np.rint(Y), "weight": POSITIVE}),
    ],
)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_certificates(operator: str, inputs: dict[str, Any], reduction: str) -> None:
    formula, options = load(operator), {"reduction": reduction}
    certificate = certify(formula, inputs, options)
    assert (certificate.certified, certificate.unknown, certificate.undecided) == (True, 0, None)
    upstream = np.asarray(RANDOM.uniform(0.5, 2, size=value(operator, inputs, **options).shape))
    proofs = certify_gradients(formula, inputs, options, upstream)
    assert {*proofs} == {"input", "target"}
    assert all(proof.certified for proof in proofs.values())
    assert proofs["input"].derived == inputs["input"].size


@pytest.mark.parametrize(
    ("operator", "inputs"),
    [
        ("binary_cross_entropy", {"input": P, "target": Y}),
        ("binary_cross_entropy_with_logits", {"input": X, "target": Y}),
        ("binary_cross_entropy_with_logits", {"input": X, "target": Y, "pos_weight": POSITIVE}),
        ("multilabel_soft_margin_loss", {"input": X, "target": Y, "weight": POSITIVE}),
    ],
)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_alternatives_are_algebraically_equal(operator: str, inputs: dict[str, Any], reduction: str) -> None:
    formula, options = load(operator), {"reduction": reduction}
    for name in formula.alternatives:
        got = evaluate(formula, inputs, options, "float64", function=name).value
        np.testing.assert_allclose(got, value(operator, inputs, **options), rtol=1e-12)
    upstream = np.asarray(RANDOM.uniform(0.5, 2, size=value(operator, inputs, **options).shape))
    expected = evaluate_gradients(formula, inputs, options, "float64", upstream)
    for name in formula.vjp_alternatives:
        other = evaluate_gradients(formula, inputs, options, "float64", upstream, function=name)
        for of, reference in expected.items():
            np.testing.assert_allclose(other[of].value, reference.value, rtol=1e-12)
