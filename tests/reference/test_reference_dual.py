"""Dual numbers over balls against derivatives known in closed form, and the certificates they give."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.reference import Formula, load
from conformance.reference.certificate import certify_gradients
from conformance.reference.dual import differentiate
from conformance.reference.kl_div import kl_div_vjp

FORMULA = load("kl_div")
INF, NAN = math.inf, math.nan


def derivative(function: Callable[..., Any], upstream: Any = 1.0, **inputs: Any) -> dict[str, Any]:
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items()}
    found = differentiate(function, arrays, {}, np.asarray(upstream, dtype=np.float64))
    return {
        name: np.array([ball.parts()[0] for ball in part.balls.flat]).reshape(part.balls.shape)
        for name, part in found.items()
    }


UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[float], float], tuple[float, float]]] = {
    "exp": (np.exp, math.exp, (-5, 5)),
    "expm1": (np.expm1, math.exp, (-5, 5)),
    "log": (np.log, lambda x: 1 / x, (0.01, 50)),
    "log1p": (np.log1p, lambda x: 1 / (1 + x), (-0.9, 50)),
    "sqrt": (np.sqrt, lambda x: 0.5 / math.sqrt(x), (0.01, 50)),
    "cube": (lambda x: x**3.0, lambda x: 3 * x * x, (0.01, 5)),
    "square root of the cube": (lambda x: x**1.5, lambda x: 1.5 * math.sqrt(x), (0.01, 5)),
    "tanh": (np.tanh, lambda x: 1 / math.cosh(x) ** 2, (-5, 5)),
    "abs": (np.abs, lambda x: math.copysign(1, x), (0.01, 5)),
    "negative": (np.negative, lambda x: -1.0, (-5, 5)),
    "maximum": (lambda x: np.maximum(x, 0.0), lambda x: float(x > 0), (-5, 5)),
    "minimum": (lambda x: np.minimum(1.0, x), lambda x: float(x < 1), (-5, 5)),
    "logaddexp": (lambda x: np.logaddexp(x, 1.0), lambda x: 1 / (1 + math.exp(1 - x)), (-5, 5)),
    "clip": (lambda x: np.clip(x, -1, 1), lambda x: float(-1 < x < 1), (-5, 5)),
    "where": (lambda x: np.where(x > 0.5, x * x, 3.0), lambda x: 2 * x * (x > 0.5), (-5, 5)),
    "constants": (lambda x: 2 / (3 - (1 + 4 * x)), lambda x: 8 / (2 - 4 * x) ** 2, (1, 5)),
}


@pytest.mark.parametrize("name", UNARY)
@settings(max_examples=40, deadline=None)
@given(share=st.floats(0.001, 0.999))
def test_elementary_functions(name: str, share: float) -> None:
    function, slope, (low, high) = UNARY[name]
    x = low + share * (high - low)
    if x in (-1.0, 0.0, 0.5, 1.0):
        return
    assert math.isclose(derivative(lambda x: function(x), x=x)["x"], slope(x), rel_tol=1e-12)


def test_operations_between_arrays_that_broadcast_and_sum() -> None:
    a, b = np.array([[1.0], [2.0]]), np.array([3.0, 5.0, 7.0])

    def formula(a: Any, b: Any) -> Any:
        return np.sum((a * b - a) / b, axis=1)

    found = derivative(formula, [10.0, 100.0], a=a, b=b)
    assert np.allclose(found["a"], np.array([[10.0], [100.0]]) * np.sum(1 - 1 / b))
    assert np.allclose(found["b"], (10 * 1 + 100 * 2) / b**2)


def test_mean_and_reshaping_move_derivatives_along() -> None:
    found = derivative(lambda x: np.mean(np.reshape(x, (2, 2)), axis=0)[::-1], [1.0, 10.0], x=[1, 2, 3, 4.0])
    assert found["x"].tolist() == [5, 0.5, 5, 0.5]


def test_a_composed_loss_has_the_gradient_of_the_book() -> None:
    """Cross entropy by a stable log-sum-exp and gathered classes: softmax less one at the class."""
    x = np.array([[1.0, 2.0, 4.0], [0.5, -1.0, 0.0]])
    classes = np.array([[2], [0]])

    def cross_entropy(x: Any) -> Any:
        top = np.max(x, axis=1, keepdims=True)
        log_sum = top + np.log(np.sum(np.exp(x - top), axis=1, keepdims=True))
        return np.concatenate([log_sum - np.take_along_axis(x, classes, axis=1), np.square(x)], axis=1)

    weights = np.hstack([[[1.0], [10.0]], np.zeros((2, 3))])
    softmax = np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
    softmax[[0, 1], [2, 0]] -= 1
    assert np.allclose(derivative(cross_entropy, weights, x=x)["x"], softmax * [[1], [10]], rtol=1e-14)
    assert np.allclose(derivative(cross_entropy, np.eye(2, 4, k=1), x=x)["x"], [[2, 0, 0], [0, -2, 0]])


@pytest.mark.parametrize(
    ("a", "b", "slopes"),
    [
        (-INF, -INF, (NAN, NAN)),
        (-INF, 0.5, (0.0, 1.0)),
        (0.5, -INF, (1.0, 0.0)),
        (0.5, 0.5, (0.5, 0.5)),
    ],
)
def test_of_two_logarithms_of_0_a_sum_has_no_derivative(
    a: float, b: float, slopes: tuple[float, float]
) -> None:
    found = derivative(lambda a, b: np.logaddexp(a, b), a=a, b=b)
    np.testing.assert_array_equal([found["a"], found["b"]], slopes)


def test_what_a_result_does_not_depend_on_has_derivative_zero_even_beside_nan() -> None:
    found = derivative(lambda x, y: x * np.log(y), np.ones(3), x=[1, 2, 3.0], y=[-1, 0, 1.0])
    assert np.array_equal(found["x"], [NAN, -INF, 0], equal_nan=True)
    assert np.array_equal(found["y"], [NAN, INF, 3], equal_nan=True)


@pytest.mark.parametrize(
    ("function", "ties"),
    [
        (lambda x: np.where(x == 1.0, 0.0, x), [False, True, False]),
        (lambda x: np.where(x < 1.0, 0.0, x), [False, True, False]),
        (lambda x: np.maximum(x, 2.0), [False, False, True]),
        (lambda x: np.maximum(x, x[::-1] * x[::-1]), [False, True, False]),
        (lambda x: np.abs(x - 1.0), [False, True, False]),
        (lambda x: np.where(np.isnan(x), 0.0, x), [False, False, False]),
    ],
)
def test_a_comparison_that_comes_out_equal_is_a_tie(function: Any, ties: list[bool]) -> None:
    found = differentiate(function, {"x": np.array([0.0, 1.0, 2.0])}, {}, np.ones(3))
    assert found["x"].tie.tolist() == ties


numbers = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=150, deadline=None)
@given(
    triples=st.lists(
        st.tuples(numbers, st.one_of(numbers, st.floats(0, 1)), st.floats(-2, 2)), min_size=1, max_size=5
    ),
    log_target=st.booleans(),
    reduction=st.sampled_from(["none", "mean", "batchmean", "sum"]),
)
def test_any_float64_is_certified_or_said_to_be_unknown(
    triples: Any, log_target: bool, reduction: str
) -> None:
    x, y, g = np.array(triples).T
    attributes = {"log_target": log_target, "reduction": reduction}
    upstream = g if reduction == "none" else g[0]
    for proof in certify_gradients(FORMULA, {"input": x, "target": y}, attributes, upstream).values():
        assert proof.certified or proof.undecided


@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("reduction", ["none", "mean", "batchmean", "sum"])
@pytest.mark.parametrize("seed", range(3))
def test_every_element_of_ordinary_inputs_is_derived(reduction: str, log_target: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(4, 1, 3)), np.exp(rng.uniform(-700, 1, size=(5, 1)))
    y[0] = 5e-324
    inputs = {"input": x, "target": np.log(y) if log_target else y}
    upstream = rng.uniform(-2, 2, (4, 5, 3)) if reduction == "none" else rng.uniform(0.5, 2)
    proofs = certify_gradients(FORMULA, inputs, {"reduction": reduction, "log_target": log_target}, upstream)
    for name, proof in proofs.items():
        assert proof.certified
        assert proof.derived == proof.judged == inputs[name].size
        assert proof.unknown == 0


@pytest.mark.parametrize(
    ("conventions", "derived"),
    [({}, {"input": 7, "target": 1}), ({"negative_target": "linear"}, {"input": 7, "target": 3})],
)
def test_special_values_agree_with_the_derivative_where_it_has_a_say(
    conventions: dict[str, str], derived: dict[str, int]
) -> None:
    x = np.array([0.5, -INF, INF, NAN, 0.5, INF, 0.5])
    y = np.array([0.0, 0.0, 0.0, 0.0, -0.5, -0.5, 0.5])
    proofs = certify_gradients(
        FORMULA, {"input": x, "target": y}, {"reduction": "none"}, np.full(7, 1.5), conventions=conventions
    )
    assert {name: (proof.certified, proof.derived) for name, proof in proofs.items()} == {
        name: (True, count) for name, count in derived.items()
    }


def broken(change: Callable[[Any, Any], tuple[Any, Any]]) -> Formula:
    def vjp(input: Any, target: Any, upstream: Any, reduction: str = "mean") -> tuple[Any, Any]:
        return change(*kl_div_vjp(input, target, upstream, reduction))

    return replace(FORMULA, vjp=vjp)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda a, b: (a * (1 + 2.0**-45), b), "input"),
        (lambda a, b: (a, -b), "target"),
        (lambda a, b: (a, b - 1e-12), "target"),
        (lambda a, b: (a, np.where(a < -0.3, np.inf, b)), "target"),
    ],
)
def test_wrong_gradients_are_not_certified_by_the_formulas_derivative(change: Any, wrong: str) -> None:
    """Float64 and ball of the wrong gradient agree with each other, so it is the derivative that tells."""
    rng = np.random.default_rng(5)
    inputs = {"input": rng.normal(size=(3, 5)), "target": rng.random((3, 5))}
    upstream = rng.uniform(0.5, 2, (3, 5))
    proofs = certify_gradients(broken(change), inputs, {"reduction": "none"}, upstream)
    assert {name: proof.certified for name, proof in proofs.items()} == {
        name: name != wrong for name in inputs
    }
    assert proofs[wrong].max_ratio < 1


def test_an_inaccurate_float64_gradient_is_not_certified() -> None:
    def sloppy(a: Any, b: Any) -> tuple[Any, Any]:
        return a, b * (1 + 1e-13 if type(b).__name__ == "Bounded" else 1)

    rng = np.random.default_rng(6)
    inputs = {"input": rng.normal(size=(3, 5)), "target": rng.random((3, 5))}
    proofs = certify_gradients(broken(sloppy), inputs, {"reduction": "none"}, rng.uniform(0.5, 2, (3, 5)))
    assert proofs["input"].certified
    assert not proofs["target"].certified
    assert proofs["target"].max_ratio > 10


def test_of_large_gradients_a_sample_is_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.reference.stream.CHUNK", 64)
    monkeypatch.setattr("conformance.reference.enclosure.FEW", 64)
    monkeypatch.setattr("conformance.reference.certificate.SAMPLE", 50)
    rng = np.random.default_rng(7)
    inputs = {"input": rng.normal(size=(40, 25)), "target": rng.random((1, 25))}
    proofs = certify_gradients(FORMULA, inputs, {"reduction": "mean"}, np.array(1.5))
    assert {name: (proof.certified, proof.judged) for name, proof in proofs.items()} == {
        "input": (True, 50),
        "target": (True, 25),
    }

    def late(a: Any, b: Any) -> tuple[Any, Any]:
        return (np.where(np.arange(1000).reshape(40, 25) == 999, a * 2, a) if np.ndim(a) == 2 else a), b

    broken_last = replace(
        FORMULA,
        vjp=lambda input, target, upstream, reduction: (
            late(*kl_div_vjp(input, target, upstream, reduction))
            if type(input).__name__ == "Bounded"
            else kl_div_vjp(input, target, upstream, reduction)
        ),
    )
    proof = certify_gradients(broken_last, inputs, {"reduction": "mean"}, np.array(1.5))["input"]
    assert (proof.certified, proof.worst_index) == (False, (39, 24))
