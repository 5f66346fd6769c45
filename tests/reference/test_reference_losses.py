"""The references of the losses against formulas written independently, and their certificates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from conformance.reference import evaluate, load
from conformance.reference.certificate import certify, certify_gradients

RANDOM = np.random.default_rng(7)
X, Y = RANDOM.normal(size=(3, 4)) * 2, RANDOM.normal(size=(3, 4)) * 2


def value(operator: str, inputs: dict[str, Any], dtype: str = "float64", **attributes: Any) -> Any:
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    attributes, conventions = attributes, attributes.pop("conventions", None)
    return evaluate(load(operator), arrays, attributes, dtype, conventions=conventions).value


def huber(d: float, delta: float) -> float:
    return 0.5 * d * d if abs(d) < delta else delta * (abs(d) - 0.5 * delta)


@pytest.mark.parametrize(
    ("operator", "attributes", "formula"),
    [
        ("l1_loss", {}, abs),
        ("mse_loss", {}, lambda d: d * d),
        ("smooth_l1_loss", {"beta": 0.75}, lambda d: huber(d, 0.75) / 0.75),
        ("smooth_l1_loss", {"beta": 0}, abs),
        ("huber_loss", {"delta": 1.5}, lambda d: huber(d, 1.5)),
    ],
)
def test_regression_losses(operator: str, attributes: dict[str, float], formula: Any) -> None:
    terms = np.array([formula(d) for d in (X - Y).flat]).reshape(X.shape)
    inputs = {"input": X, "target": Y}
    np.testing.assert_allclose(value(operator, inputs, reduction="none", **attributes), terms, rtol=1e-15)
    np.testing.assert_allclose(
        value(operator, inputs, reduction="sum", **attributes), terms.sum(), rtol=1e-14
    )
    np.testing.assert_allclose(value(operator, inputs, **attributes), terms.mean(), rtol=1e-14)


@pytest.mark.parametrize("operator", ["l1_loss", "mse_loss", "huber_loss"])
def test_a_weighted_mean_divides_by_what_its_convention_says(operator: str) -> None:
    inputs = {"input": [1.0, 2.0, 5.0], "target": [0.0, 0.0, 0.0], "weight": [1.0, 2.0, 5.0]}
    total = value(operator, inputs, reduction="sum")
    assert value(operator, inputs) == total / 8
    assert value(operator, inputs, conventions={"weighted_mean": "count"}) == pytest.approx(total / 3)


def log_softmax(row: list[float]) -> list[float]:
    return [x - math.log(math.fsum(math.exp(other) for other in row)) for x in row]


LOGITS = RANDOM.normal(size=(2, 5, 3))
TARGET = np.array([[4, -100, 0], [1, 4, -100]])
WEIGHT = np.array([0.5, 2.0, 1.0, 0.25, 3.0])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_cross_entropy_of_indices(weight: Any, smoothing: float) -> None:
    weights = np.ones(5) if weight is None else weight
    terms, divisor = np.zeros((2, 3)), 0.0
    for n, k in np.ndindex(2, 3):
        if (y := int(TARGET[n, k])) >= 0:
            log_p = log_softmax(LOGITS[n, :, k].tolist())
            mixture = [(1 - smoothing) * (c == y) + smoothing / 5 for c in range(5)]
            terms[n, k] = -math.fsum(w * q * lp for w, q, lp in zip(weights, mixture, log_p, strict=True))
            divisor += weights[y]
    inputs = {"input": LOGITS, "target": TARGET} | ({} if weight is None else {"weight": weight})
    options: dict[str, Any] = {"label_smoothing": smoothing}
    np.testing.assert_allclose(value("cross_entropy", inputs, reduction="none", **options), terms, rtol=1e-13)
    np.testing.assert_allclose(value("cross_entropy", inputs, **options), terms.sum() / divisor, rtol=1e-13)


def test_cross_entropy_of_probabilities_divides_by_the_number_of_samples() -> None:
    q = RANDOM.dirichlet(np.ones(5), size=(2, 3)).transpose(0, 2, 1)
    log_p = np.array([[log_softmax(LOGITS[n, :, k].tolist()) for k in range(3)] for n in range(2)])
    terms = -np.einsum("c,nck,nkc->nk", WEIGHT, q, log_p)
    inputs = {"input": LOGITS, "target": q, "weight": WEIGHT}
    np.testing.assert_allclose(value("cross_entropy", inputs), terms.sum() / 6, rtol=1e-13)


def test_cross_entropy_is_the_negative_log_likelihood_of_the_log_softmax() -> None:
    log_p = np.array([log_softmax(row) for row in LOGITS[:, :, 0].tolist()])
    target = np.array([3, 1])
    expected = value("nll_loss", {"input": log_p, "target": target, "weight": WEIGHT})
    got = value("cross_entropy", {"input": LOGITS[:, :, 0], "target": target, "weight": WEIGHT})
    np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_one_sample_without_a_batch_dimension() -> None:
    got = value("nll_loss", {"input": [-1.0, -2.0, -4.0], "target": 2}, reduction="none")
    assert (got.shape, float(got)) == ((), 4.0)


@pytest.mark.parametrize("operator", ["nll_loss", "cross_entropy"])
def test_the_mean_of_nothing_left(operator: str) -> None:
    inputs = {"input": [[-1.0, -2.0]], "target": [-100]}
    assert np.isnan(value(operator, inputs))
    assert value(operator, inputs, conventions={"empty_mean": "zero"}) == 0
    assert value(operator, inputs, reduction="sum") == 0


@pytest.mark.parametrize("target", [[2], [-1], [0, 0]])
@pytest.mark.parametrize("operator", ["nll_loss", "cross_entropy"])
def test_there_is_no_answer_for_an_index_that_is_no_class(operator: str, target: list[int]) -> None:
    with pytest.raises(ValueError, match="class ind"):
        value(operator, {"input": [[-1.0, -2.0]], "target": target})


def test_excluded_classes() -> None:
    logits = [[-math.inf, 1.0, 1.0]]
    none = {"reduction": "none"}
    assert value("cross_entropy", {"input": logits, "target": [1]}, **none) == pytest.approx(math.log(2))
    assert value("cross_entropy", {"input": logits, "target": [0]}, **none) == math.inf
    probabilities = {"input": logits, "target": [[0.0, 0.5, 0.5]]}
    assert value("cross_entropy", probabilities, **none) == pytest.approx(math.log(2))
    assert np.isnan(value("cross_entropy", probabilities, conventions={"zero_target": "nan"}, **none))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_logits_far_apart_can_still_be_judged(dtype: str) -> None:
    """The loss is their distance; exponentials far below any dtype say nothing against that."""
    far = {"float16": 3e4, "bfloat16": 1e38, "float32": 1e38, "float64": 1e300}[dtype]
    inputs = {"input": np.array([[far, -far]]), "target": np.array([1])}
    reference = evaluate(load("cross_entropy"), inputs, {"reduction": "none"}, dtype)
    assert reference.value == 2 * far
    assert 2 * reference.bound < 0.05 * 2 * far


@pytest.mark.parametrize(
    ("operator", "inputs"),
    [
        *(
            (name, {"input": X, "target": Y})
            for name in ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss")
        ),
        ("nll_loss", {"input": LOGITS, "target": TARGET, "weight": WEIGHT}),
        ("cross_entropy", {"input": LOGITS, "target": TARGET, "weight": WEIGHT}),
        ("cross_entropy", {"input": LOGITS, "target": np.abs(LOGITS), "weight": WEIGHT}),
    ],
)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_certificates(operator: str, inputs: dict[str, Any], reduction: str) -> None:
    certificate = certify(load(operator), inputs, {"reduction": reduction})
    assert (certificate.certified, certificate.unknown, certificate.undecided) == (True, 0, None)


SMOOTHED = {"label_smoothing": 0.25}
CLASSES = {"input": LOGITS, "target": TARGET}
PROBABILITIES = {"input": LOGITS, "target": np.abs(LOGITS)}


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes"),
    [
        *((name, {"input": X, "target": Y[:1]}, {}) for name in ("l1_loss", "mse_loss", "huber_loss")),
        *(
            (name, {"input": X, "target": Y, "weight": X * X}, {})
            for name in ("l1_loss", "mse_loss", "huber_loss")
        ),
        *(("smooth_l1_loss", {"input": X, "target": Y}, {"beta": beta}) for beta in (0, 0.5, 3)),
        *(("nll_loss", CLASSES | extra, {}) for extra in ({}, {"weight": WEIGHT})),
        *(("cross_entropy", CLASSES | extra, {}) for extra in ({}, {"weight": WEIGHT})),
        *(("cross_entropy", PROBABILITIES | extra, SMOOTHED) for extra in ({}, {"weight": WEIGHT})),
        ("cross_entropy", CLASSES | {"weight": WEIGHT}, SMOOTHED),
    ],
)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_gradients_are_those_of_the_formula(
    operator: str, inputs: dict[str, Any], attributes: dict[str, Any], reduction: str
) -> None:
    options = {**attributes, "reduction": reduction}
    shape = value(operator, inputs, **options).shape
    upstream = np.asarray(np.random.default_rng(3).uniform(0.5, 2, size=shape))
    proofs = certify_gradients(load(operator), inputs, options, upstream)
    assert "input" in proofs
    assert all(proof.certified for proof in proofs.values())
