"""The bound and the certificate of KL divergence, and what they say of its other forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from conformance.reference import (
    Formula,
    components,
    condition,
    evaluate,
    load,
)
from conformance.reference.arithmetic import Arithmetic
from conformance.reference.certificate import certify
from conformance.reference.kl_div import kl_div

INF, NAN = math.inf, math.nan


@pytest.fixture(name="formula")
def _formula() -> Formula:
    return load("kl_div")


def test_value_under_the_bound_is_the_plain_float64_value(formula: Formula) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(20, 30)), rng.random((20, 30))
    for reduction in ("none", "mean", "batchmean", "sum"):
        inputs, attributes = {"input": x, "target": y}, {"reduction": reduction}
        assert np.array_equal(evaluate(formula, inputs, attributes, "float32").value, kl_div(x, y, reduction))


def test_bound_agrees_with_the_one_derived_by_hand(formula: Formula) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=500), rng.uniform(0.01, 5, size=500)
    bound = evaluate(formula, {"input": x, "target": y}, {"reduction": "none"}, "float32").bound
    u, log_y = 2.0**-24, np.abs(np.log(y))
    assert np.allclose(bound, 2 * u * y * (log_y + np.abs(np.log(y) - x)), rtol=1e-12)
    assert (2 * bound <= 4 * u * y * (2 * log_y + np.abs(x)) * (1 + 1e-12)).all()


positive = st.floats(0, 1e6, width=32)
arrays = hnp.arrays(np.float32, st.just((8,)), elements=positive)


@settings(max_examples=200, deadline=None)
@given(
    y=arrays,
    x=hnp.arrays(np.float32, st.just((8,)), elements=st.floats(-1e6, 1e6, width=32)),
    dtype=st.sampled_from(["float16", "bfloat16", "float32", "float64"]),
)
def test_expanded_forms_bound_never_exceeds_the_allowance(y: Any, x: Any, dtype: str) -> None:
    """For probabilities: both algebraic forms are legitimate under one allowance."""
    formula, inputs = load("kl_div"), {"input": x, "target": y}
    primary = evaluate(formula, inputs, {"reduction": "none"}, dtype).bound
    expanded = evaluate(formula, inputs, {"reduction": "none"}, dtype, function="expanded").bound
    allowance = 2 * primary + 2 * Arithmetic.of(dtype).eta
    assert (expanded <= allowance * (1 + 1e-12)).all()


any_float = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=300, deadline=None)
@given(
    pairs=st.lists(st.tuples(any_float, st.one_of(any_float, st.floats(0, 1))), min_size=1, max_size=6),
    log_target=st.booleans(),
    reduction=st.sampled_from(["none", "mean", "sum"]),
    function=st.sampled_from([None, "printed", "expanded"]),
)
def test_any_float64_is_certified_or_said_to_be_unknown(
    pairs: Any, log_target: bool, reduction: str, function: str | None
) -> None:
    x, y = np.array(pairs).T
    inputs, attributes = {"input": x, "target": y}, {"log_target": log_target, "reduction": reduction}
    certificate = certify(load("kl_div"), inputs, attributes, function=function)
    assert certificate.certified or certificate.undecided


@settings(max_examples=200, deadline=None)
@given(
    y=hnp.arrays(np.float64, st.just((4, 4)), elements=st.floats(5e-324, 1)),
    nudge=hnp.arrays(np.float64, st.just((4, 4)), elements=st.floats(-4, 4)),
    reduction=st.sampled_from(["none", "mean", "batchmean", "sum"]),
)
def test_cancellation_and_subnormals_are_certified(y: Any, nudge: Any, reduction: str) -> None:
    x = np.log(y) + nudge * np.spacing(np.log(y))
    certificate = certify(load("kl_div"), {"input": x, "target": y}, {"reduction": reduction})
    assert certificate.certified
    assert certificate.unknown == 0


def test_a_wrong_value_is_not_certified(formula: Formula) -> None:
    broken = Formula(
        "kl_div",
        lambda input, target, reduction: (
            kl_div(input, target, reduction) * (1 + 1e-13 if type(input).__name__ == "Bounded" else 1)
        ),
        {},
        {},
        {},
    )
    rng = np.random.default_rng(5)
    inputs = {"input": rng.normal(size=(3, 5)), "target": rng.random((3, 5))}
    certificate = certify(broken, inputs, {"reduction": "none"})
    assert not certificate.certified
    assert 10 < certificate.max_ratio < 1e4
    assert certify(formula, inputs, {"reduction": "none"}).certified


def test_float64_value_is_the_ball(formula: Formula) -> None:
    y = np.array([0.1, 0.7])
    reference = evaluate(formula, {"input": np.log(y), "target": y}, {"reduction": "none"}, "float64")
    assert reference.tail is not None
    plain = kl_div(np.log(y), y, "none")
    assert (np.abs(reference.value - plain) <= reference.bound).all()
    assert (reference.value != plain).any()
    assert (reference.value != 0).all()
    narrow = evaluate(formula, {"input": np.log(y), "target": y}, {"reduction": "none"}, "float32")
    assert narrow.tail is None
    certified = evaluate(
        formula, {"input": np.log(y), "target": y}, {"reduction": "none"}, "float32", certified=True
    )
    assert np.array_equal(certified.value, reference.value)


def test_overflow_of_float64_itself_is_repaired_by_balls(formula: Formula) -> None:
    """exp(1000) is beyond float64; times exactly zero it is zero, and beyond all dtypes otherwise."""
    inputs = {"input": np.array([1000.0, 1000.0]), "target": np.array([1000.0, 999.0])}
    reference = evaluate(formula, inputs, {"reduction": "none", "log_target": True}, "float32")
    assert reference.value.tolist() == [0, -INF]
    assert reference.bound.tolist() == [INF, 0]  # the first says nothing, the second is certain


def test_condition(formula: Formula) -> None:
    y = np.array([0.25, 0.25, 0.0])
    x = np.array([math.log(0.25) + 1e-6, 3.0, 1.0])
    got = condition(formula, {"input": x, "target": y}, {"reduction": "none"})
    difference = np.log(y[:2]) - x[:2]
    expected = 1 + (np.abs(x[:2]) + 1) / np.abs(difference)
    assert np.allclose(got[:2], expected, rtol=1e-6)
    assert got[2] == 0
    assert condition(formula, {"input": np.array(0.0), "target": np.array(1.0)}, {}) == INF


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_components_add_up(formula: Formula, dtype: str) -> None:
    rng = np.random.default_rng(3)
    inputs = {"input": rng.normal(size=(30, 40)), "target": rng.random((30, 40))}
    for reduction in ("none", "mean", "sum"):
        bound = evaluate(formula, inputs, {"reduction": reduction}, dtype).bound
        parts = components(formula, inputs, {"reduction": reduction}, dtype)
        assert np.allclose(parts.elementwise + parts.accumulation + parts.output, bound, rtol=1e-6)
        assert (parts.elementwise > 0).all()
        assert (parts.output > 0).all()
        assert (parts.accumulation > 0).all() == (reduction != "none")


def test_other_arithmetics_only_widen(formula: Formula) -> None:
    rng = np.random.default_rng(4)
    inputs = {"input": rng.normal(size=(30, 40)), "target": rng.random((30, 40))}

    def bound(**options: Any) -> float:
        return float(evaluate(formula, inputs, {"reduction": "sum"}, "float16", **options).bound)

    usual = bound()
    assert usual < bound(summation="naive")
    assert usual < bound(log_ulps=3.0)
    assert bound(summation="naive") < bound(summation="naive", accumulator="narrow")
    assert bound(accumulator="narrow") < bound(summation="naive", accumulator="narrow")
