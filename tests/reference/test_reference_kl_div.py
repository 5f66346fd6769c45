"""The divergence against documents, conventions, balls and plain loops."""

from __future__ import annotations

import math
import warnings
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from conformance.compare import compare_documented
from conformance.reference import (
    Formula,
    UnknownOperatorError,
    certify,
    components,
    condition,
    evaluate,
    known,
    load,
)
from conformance.reference.arithmetic import Arithmetic
from conformance.reference.kl_div import kl_div
from conformance.reference.legacy import legacy_reduction

INF, NAN = math.inf, math.nan
MINT_INPUT, MINT_TARGET = np.array([[0.5, 0.5], [0.4, 0.6]]), np.array([[0.0, 1.0], [1.0, 0.0]])
FLOW_INPUT = np.array([-0.9021705, 0.08798598, 1.04686249])
FLOW_TARGET = np.array([1.22386942, -0.89729659, 0.01615712])


@pytest.fixture(name="formula")
def _formula() -> Formula:
    return load("kl_div")


def value(
    formula: Formula, x: Any, y: Any, conventions: Any = None, **attributes: Any
) -> np.ndarray[Any, Any]:
    inputs = {"input": np.asarray(x), "target": np.asarray(y)}
    return evaluate(formula, inputs, attributes, "float64", conventions=conventions).value


def test_known_and_load() -> None:
    assert "kl_div" in known()
    assert "legacy" not in known()
    formula = load("kl_div")
    assert formula.function is kl_div
    assert "printed" in formula.formulas
    assert "expanded" in formula.alternatives
    assert formula.conventions["negative_target"] == ("nan", "zero", "linear")
    with pytest.raises(UnknownOperatorError, match="kl_div"):
        load("kl_dvi")
    with pytest.raises(UnknownOperatorError):
        load("../evil")


def test_wrong_names_are_refused(formula: Formula) -> None:
    for conventions in ({"zero": "nan"}, {"zero_target": "one"}):
        with pytest.raises(ValueError, match="kl_div"):
            value(formula, 0.5, 0.5, conventions)
    with pytest.raises(KeyError, match="printed"):
        evaluate(formula, {"input": MINT_INPUT, "target": MINT_TARGET}, {}, "float32", function="none")
    with pytest.raises(ValueError, match="batchmean"):
        value(formula, 0.5, 0.5, reduction="average")


def test_documented_examples(formula: Formula) -> None:
    assert compare_documented("-0.225", value(formula, MINT_INPUT, MINT_TARGET)).passed
    zero = {"negative_target": "zero"}
    for printed, attributes in (
        ("tensor([ 1.3514,  0.0000, -0.0836], dtype=oneflow.float32)", {"reduction": "none"}),
        ("tensor(0.4226, dtype=oneflow.float32)", {"reduction": "mean"}),
        ("tensor(5.7801, dtype=oneflow.float32)", {"reduction": "sum", "log_target": True}),
    ):
        assert compare_documented(printed, value(formula, FLOW_INPUT, FLOW_TARGET, zero, **attributes)).passed
    assert np.isnan(value(formula, FLOW_INPUT, FLOW_TARGET, reduction="none")).tolist() == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("reduction", ["none", "mean", "batchmean", "sum"])
def test_against_a_plain_loop_with_broadcasting(formula: Formula, reduction: str, log_target: bool) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 1, 3)), rng.uniform(0.1, 2, size=(5, 1))
    losses = []
    for i in range(4):
        for j in range(5):
            for k in range(3):
                t = y[j, 0]
                p, log_p = (math.exp(t), t) if log_target else (t, math.log(t))
                losses.append(p * (log_p - x[i, 0, k]))
    expected = {
        "none": np.reshape(losses, (4, 5, 3)),
        "mean": sum(losses) / 60,
        "batchmean": sum(losses) / 4,
        "sum": sum(losses),
    }[reduction]
    got = value(formula, x, y, reduction=reduction, log_target=log_target)
    assert got.shape == np.shape(expected)
    assert np.allclose(got, expected, rtol=1e-13)


def test_batchmean_divides_by_the_inputs_first_length_even_where_it_broadcasts(formula: Formula) -> None:
    x, y = np.zeros(5), np.full((3, 5), 0.5)
    assert math.isclose(value(formula, x, y, reduction="batchmean"), 15 * 0.5 * math.log(0.5) / 5)


@pytest.mark.parametrize(
    ("size_average", "reduce", "expected"),
    [
        (None, None, "batchmean"),
        (True, None, "mean"),
        (False, None, "sum"),
        (None, True, "mean"),
        (None, False, "none"),
        (True, True, "mean"),
        (False, True, "sum"),
        (True, False, "none"),
        (False, False, "none"),
    ],
)
def test_legacy_attributes_override_reduction(size_average: Any, reduce: Any, expected: str) -> None:
    assert legacy_reduction("batchmean", size_average, reduce) == expected
    x, y = np.array([0.5, 0.25]), np.array([0.1, 0.9])
    legacy = kl_div(x, y, "batchmean", size_average=size_average, reduce=reduce)
    assert np.array_equal(legacy, kl_div(x, y, expected))


# Zero targets with finite, infinite and NaN inputs, then negative ones.
EDGE_INPUT = np.array([0.5, -INF, INF, NAN, 0.5, -INF, NAN])
EDGE_TARGET = np.array([0.0, 0.0, -0.0, 0.0, -0.5, -0.5, -0.5])
LINEAR = [0.25, -INF, NAN]


@pytest.mark.parametrize(
    ("conventions", "expected"),
    [
        ({}, [0, 0, 0, NAN, NAN, NAN, NAN]),
        ({"zero_target": "nan"}, [NAN] * 7),
        ({"zero_target_infinite_input": "nan"}, [0, NAN, NAN, NAN, NAN, NAN, NAN]),
        ({"zero_target_nan_input": "zero"}, [0, 0, 0, 0, NAN, NAN, NAN]),
        ({"negative_target": "zero"}, [0, 0, 0, NAN, 0, 0, NAN]),
        ({"negative_target": "zero", "zero_target_nan_input": "zero"}, [0] * 7),
        ({"negative_target": "linear"}, [0, 0, 0, NAN, *LINEAR]),
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_conventions_of_zero_and_negative_targets(
    formula: Formula, conventions: dict[str, str], expected: list[float], dtype: str
) -> None:
    inputs = {"input": EDGE_INPUT, "target": EDGE_TARGET}
    reference = evaluate(formula, inputs, {"reduction": "none"}, dtype, conventions=conventions)
    assert np.array_equal(reference.value, expected, equal_nan=True)
    assert np.isfinite(reference.bound).all()
    assert certify(formula, inputs, {"reduction": "none"}, conventions=conventions).certified


@pytest.mark.parametrize(
    ("conventions", "expected"),
    [
        ({}, [0, 0, 0, NAN]),
        ({"zero_target": "nan"}, [NAN] * 4),
        ({"zero_target_infinite_input": "nan"}, [0, NAN, NAN, NAN]),
        ({"zero_target_nan_input": "zero", "negative_target": "zero"}, [0] * 4),
    ],
)
def test_conventions_of_log_targets_of_minus_infinity(
    formula: Formula, conventions: dict[str, str], expected: list[float]
) -> None:
    got = value(formula, EDGE_INPUT[:4], np.full(4, -INF), conventions, reduction="none", log_target=True)
    assert np.array_equal(got, expected, equal_nan=True)


def test_infinite_results_are_exact(formula: Formula) -> None:
    inputs = {"input": np.array([-INF, INF, 0.5, NAN]), "target": np.array([0.5, 0.5, INF, 0.5])}
    reference = evaluate(formula, inputs, {"reduction": "none"}, "float32")
    assert np.array_equal(reference.value, [INF, -INF, INF, NAN], equal_nan=True)
    assert (reference.bound == 0).all()


@pytest.mark.parametrize(
    ("shape", "reduction", "conventions", "expected"),
    [
        ((0, 3), "mean", {}, NAN),
        ((0, 3), "mean", {"empty_mean": "zero"}, 0),
        ((3, 0), "mean", {}, NAN),
        ((0, 3), "sum", {}, 0),
        ((3, 0), "batchmean", {}, 0),
        ((0, 3), "batchmean", {}, NAN),
        ((0, 3), "batchmean", {"empty_batch": "zero", "empty_mean": "nan"}, 0),
        ((), "batchmean", {}, 0.5 * (math.log(0.5) - 0.25)),
        ((), "mean", {}, 0.5 * (math.log(0.5) - 0.25)),
    ],
)
def test_nothing_and_scalars(
    formula: Formula, shape: Any, reduction: str, conventions: Any, expected: float
) -> None:
    got = value(formula, np.full(shape, 0.25), np.full(shape, 0.5), conventions, reduction=reduction)
    assert got.shape == ()
    assert np.isclose(got, expected, rtol=1e-15, atol=0, equal_nan=True)


def test_batchmean_of_a_scalar_may_be_refused(formula: Formula) -> None:
    with pytest.raises(ValueError, match="batch dimension"):
        value(formula, 0.25, 0.5, {"scalar_batch": "refused"}, reduction="batchmean")
    assert np.isfinite(value(formula, [0.25], [0.5], {"scalar_batch": "refused"}, reduction="batchmean"))


def test_printed_formula_is_evaluated_as_written(formula: Formula) -> None:
    inputs = {"input": MINT_INPUT, "target": MINT_TARGET}
    as_printed = evaluate(formula, inputs, {"reduction": "none"}, "float32", function="printed")
    assert np.isnan(as_printed.value).tolist() == [[True, False], [False, True]]
    with pytest.raises(TypeError):
        evaluate(formula, inputs, {}, "float32", function="printed", conventions={"zero_target": "zero"})
    positive = {"input": MINT_INPUT, "target": MINT_TARGET + 0.5}
    for reduction in ("none", "mean", "batchmean", "sum"):
        for name in ("printed", "expanded"):
            got = evaluate(formula, positive, {"reduction": reduction}, "float32", function=name)
            assert np.allclose(
                got.value, kl_div(positive["input"], positive["target"], reduction), rtol=1e-14
            )


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
def test_inputs_of_every_dtype_are_taken_exactly_and_without_warnings(formula: Formula, dtype: Any) -> None:
    x = np.array([0.1, NAN, INF, -1e-7]).astype(dtype)
    y = np.array([0.3, 0.3, 0.3, 0.7]).astype(dtype)
    if dtype is ml_dtypes.bfloat16:
        x[1] = np.array([0x7F81], np.uint16).view(dtype)[0]  # a signalling NaN
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        name = np.dtype(dtype).name
        reference = evaluate(formula, {"input": x, "target": y}, {"reduction": "none"}, name)
        certify(formula, {"input": x, "target": y}, {"reduction": "none"})
        condition(formula, {"input": x, "target": y}, {})
    with np.errstate(all="ignore"):
        wide_x, wide_y = x.astype(np.float64), y.astype(np.float64)
        plain = kl_div(wide_x, wide_y, "none")
    assert np.allclose(reference.value, plain, rtol=1e-13, atol=0, equal_nan=True)


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
