"""The divergence against documents, conventions, balls and plain loops."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from conformance.compare import compare_documented
from conformance.reference import (
    Formula,
    UnknownOperatorError,
    condition,
    evaluate,
    known,
    load,
)
from conformance.reference.certificate import certify
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
    assert {"size_average", "reduce"} <= {*inspect.signature(kl_div).parameters}


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
