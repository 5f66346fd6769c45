"""The rules of the running bound, against balls and against what an interval can do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.reference.arithmetic import Arithmetic
from conformance.reference.bound import Bounded
from conformance.reference.mask import Mask

EXACT = Arithmetic.perfect()
HALF = Arithmetic.of("float16")


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with np.errstate(all="ignore"):
        yield


def carried(value: Any, error: Any, arithmetic: Arithmetic = EXACT) -> Bounded:
    value = np.asarray(value, dtype=np.float64)
    return Bounded(value, np.broadcast_to(np.asarray(error, dtype=np.float64), value.shape), arithmetic)


@pytest.mark.parametrize(
    ("dtype", "u", "eta", "accumulator"),
    [
        ("float16", 2.0**-11, 2.0**-24, 2.0**-24),
        ("bfloat16", 2.0**-8, 2.0**-133, 2.0**-24),
        ("float32", 2.0**-24, 2.0**-149, 2.0**-24),
        ("float64", 2.0**-53, 2.0**-1074, 2.0**-53),
    ],
)
def test_constants(dtype: str, u: float, eta: float, accumulator: float) -> None:
    arithmetic = Arithmetic.of(dtype)
    assert (arithmetic.u, arithmetic.eta, arithmetic.u_accumulator) == (u, eta, accumulator)
    assert Arithmetic.of(dtype, accumulator="narrow").u_accumulator == u


@pytest.mark.parametrize("wrong", [("int32",), ("float16", 1.0, "kahan"), ("float16", 1.0, "naive", "wide")])
def test_unknown_arithmetic_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=repr(wrong[-1])):
        Arithmetic.of(*wrong)


@pytest.mark.parametrize(("count", "pairwise"), [(0, 0), (1, 0), (2, 9), (8, 11), (9, 12), (1 << 20, 28)])
def test_summation_units(count: int, pairwise: float) -> None:
    assert HALF.summation_units(count) == pairwise
    assert Arithmetic.of("float16", 1.0, "naive").summation_units(1 << 20) == 1 << 20
    assert Arithmetic.of("float16", 1.0, "exact").summation_units(1 << 20) == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("constant", [0.0, 0.1, -0.1, 1.0, 1000, 1e-6, -1e-8, 1e-30, 6e4, math.inf, math.nan])
def test_a_constant_is_off_by_its_rounding(dtype: str, constant: float) -> None:
    nearest = float(np.asarray(constant, dtype=dtype))
    off = abs(constant - nearest) if math.isfinite(constant) else 0.0
    assert Arithmetic.of(dtype).rounding(constant) == off
    assert EXACT.rounding(constant) == 0.0


def test_a_constant_takes_part_in_an_operation_as_the_dtype_holds_it() -> None:
    """0.1 is 0.0999755859375 in float16: nothing is left of a difference where its reference is 2.4e-5."""
    x = Bounded(np.float64(0.0999755859375), None, HALF)
    for difference in (0.1 - x, x - 0.1, np.maximum(0.1 - x, 0.0)):
        assert difference.error >= abs(difference.value)
    assert np.where(np.array([True]), 0.1, x).error >= 0.1 - 0.0999755859375
    assert (0.125 - x).error <= 2 * HALF.u * 0.125


def cube(x: Any) -> Any:
    return x**3.0


def cubed_root(x: Any) -> Any:
    return x**1.5


UNARY = {
    np.exp: (-20, 20),
    np.expm1: (-20, 20),
    np.log: (0.01, 100),
    np.log1p: (-0.9, 100),
    np.sqrt: (0, 100),
    np.tanh: (-5, 5),
    np.square: (-50, 50),
    cube: (0, 50),
    cubed_root: (0, 50),
    np.negative: (-50, 50),
    np.absolute: (-50, 50),
}
BINARY = [np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.logaddexp]
share = st.floats(-1, 1)
error = st.one_of(st.just(0.0), st.floats(1e-9, 3))


@pytest.mark.parametrize("function", UNARY, ids=lambda function: function.__name__)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_unary_propagation_encloses_every_point(function: np.ufunc, data: st.DataObject) -> None:
    """Whatever point of the operand's interval is taken, the function of it lies in the result's."""
    value = data.draw(st.floats(*UNARY[function]))
    spread = data.draw(error)
    result = function(carried(value, spread))
    got = function(np.float64(value + data.draw(share) * spread))
    if np.isfinite(result.error) and np.isfinite(got):
        assert abs(got - result.value) <= result.error * (1 + 1e-9) + 1e-9 * abs(result.value)
    else:
        assert result.error == math.inf or function in (np.sqrt, cube, cubed_root)


@pytest.mark.parametrize("function", BINARY, ids=lambda function: function.__name__)
@settings(max_examples=150, deadline=None)
@given(
    values=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    errors=st.tuples(error, error),
    shares=st.tuples(share, share),
)
def test_binary_propagation_encloses_every_point(
    function: np.ufunc, values: Any, errors: Any, shares: Any
) -> None:
    result = function(carried(values[0], errors[0]), carried(values[1], errors[1]))
    points = [np.float64(v + s * e) for v, s, e in zip(values, shares, errors, strict=True)]
    got = function(*points)
    if np.isfinite(result.error) and np.isfinite(got):
        assert abs(got - result.value) <= result.error * (1 + 1e-9) + 1e-9 * (1 + abs(result.value))
    else:
        assert function is np.divide
        assert result.error == math.inf or abs(values[1]) < 1e-300


@pytest.mark.parametrize("function", [np.log, np.log1p])
def test_log_of_an_interval_that_reaches_zero_is_unknown(function: Any) -> None:
    shift = 1.0 if function is np.log1p else 0.0
    at = np.array([1e-3, 1e-3, 0.0, -1e-3, -1.0]) - shift
    result = function(carried(at, [1e-4, 1.01e-3, 1e-3, 2e-3, 1e-3]))
    assert np.isfinite(result.error[[0, 4]]).all()
    assert np.isinf(result.error[1:4]).all()
    assert np.isnan(result.value[4])
    assert result.error[4] == 0


def test_exact_infinities_carry_no_error() -> None:
    inf = carried([math.inf, -math.inf], 0.0, HALF)
    near = carried([2.0, 3.0], 0.5, HALF)
    for result in (inf + near, near - inf, inf * near, inf / near, near / inf, np.exp(inf), -inf):
        assert (result.error == 0).all() or np.isfinite(result.value).all()
    assert np.isnan((inf - inf).value).all()
    assert ((inf - inf).error == 0).all()
    assert ((near / inf).error < 1e-7).all()
    around_zero = carried([0.1, 0.0], 0.5, HALF)
    assert np.isinf((inf * around_zero).error).all()


def test_what_is_unknown_stays_unknown() -> None:
    unknown = carried([1.0], np.inf, HALF)
    for result in (unknown + 1, unknown * 0.0, np.exp(unknown), np.maximum(unknown, 0), np.tanh(unknown)):
        assert np.isinf(result.error).all()
    assert np.isinf(np.sum(carried([1.0, 2.0], [0, np.inf], HALF)).error)


def test_rounding_of_one_operation() -> None:
    a, b = Bounded(np.array([3.0, 0.0, 1e-4, 1e-4]), None, HALF), np.array([5.0, 7.0, 1e-3, 0.0])
    assert ((a * b).error == [15 * 2.0**-11, 0, 2.0**-24, 0]).all()
    assert ((a + b).error == np.abs((a + b).value) * 2.0**-11).all()
    assert ((a / 2).error == [1.5 * 2.0**-11, 0, 2.0**-24, 2.0**-24]).all()
    assert math.isclose(np.log(a).error[0], 2 * 2.0**-11 * math.log(3), rel_tol=1e-14)
    three_ulps = np.log(Bounded(np.array(3.0), None, Arithmetic.of("float16", 3.0))).error
    assert math.isclose(three_ulps, 6 * 2.0**-11 * math.log(3), rel_tol=1e-14)
    assert np.log(Bounded(np.array(1.0), None, HALF)).error == 0


@pytest.mark.parametrize("low", [-20.0, -math.inf])
def test_exp_underflows_but_not_of_minus_infinity(low: float) -> None:
    result = np.exp(Bounded(np.array([low]), None, HALF))
    assert result.error[0] == (0 if math.isinf(low) else 2.0**-24)


def test_error_lost_below_the_normal_range_is_multiplied_on() -> None:
    """Without it, exp(-11) * 1000 in float16 would be a false alarm."""
    result = np.exp(Bounded(np.array(-11.0), None, HALF)) * 1000.0
    kernel = np.float64(np.exp(np.float16(-11)) * np.float16(1000))
    assert abs(kernel - math.exp(-11) * 1000) <= result.error
    assert result.error > 900 * 2.0**-24


def test_where_takes_both_branches_where_a_comparison_is_unsure() -> None:
    x = carried([-1.0, -0.01, 0.02, 1.0], 0.1)
    mask = x > 0
    assert isinstance(mask, Mask)
    result = np.where(mask, x * 0 + 5.0, 2.0)
    assert (result.value == [2, 2, 5, 5]).all()
    assert (result.error == [0, 3, 3, 0]).all()
    plain = np.where(mask, 5.0, 2.0)
    assert (plain.error == [0, 3, 3, 0]).all()
    assert (np.where(~mask, 5.0, 2.0).value == [5, 5, 2, 2]).all()


def test_masks_combine_and_keep_their_doubt_only_where_it_matters() -> None:
    x = carried([0.01, 0.01, 1.0], 0.1)
    mask = x > 0
    assert (np.array((mask & np.array([True, False, True])).unsure) == [True, False, False]).all()
    assert (np.array((mask | np.array([True, False, True])).unsure) == [False, True, False]).all()
    assert (np.array((mask ^ mask).unsure) == [True, True, False]).all()
    with pytest.raises(TypeError, match=r"np\.where"):
        bool(mask)
    with pytest.raises(TypeError):
        np.sum(mask)


def test_sure_comparisons_are_plain_arrays() -> None:
    x = carried([1.0, np.nan], [0.1, 0.0])
    for mask in (x > 0, x == 5, np.isnan(x), x != x):
        assert isinstance(mask, np.ndarray)
    with pytest.raises(TypeError, match=r"np\.where"):
        bool(x)


def test_sums_count_their_terms() -> None:
    x = Bounded(np.full((4, 8), 0.5), None, HALF)
    units = 3 + 8
    assert (np.sum(x, axis=1).error == units * 2.0**-24 * 4 + 2.0**-11 * 4).all()
    assert x.sum(axis=1, keepdims=True).shape == (4, 1)
    assert x[:, :1].sum(axis=1).error is None
    mean = np.mean(x)
    assert mean.value == 0.5
    assert np.isclose(mean.error, (13 * 2.0**-24 * 16 + 2.0**-11 * 16) / 32 + 2.0**-12)


def test_largest_along_an_axis_is_as_unsure_as_its_rivals() -> None:
    x = carried([[1.0, 0.95, 0.0], [1.0, 0.2, 0.0]], [[0.01, 0.2, 5.0], [0.01, 0.2, 0.3]])
    result = np.max(x, axis=1)
    assert (result.value == [1, 1]).all()
    assert (result.error == [5.0, 0.01]).all()
    assert (np.min(-x, axis=1).error == result.error).all()
    assert x.max().error == 5.0
    assert np.isnan(np.max(carried([1.0, np.nan], 0.0)).value)


def test_structure_moves_values_with_their_errors() -> None:
    x = carried([[1.0, 2.0], [3.0, 4.0]], [[0.1, 0.2], [0.3, 0.4]])
    for result in (x.T, np.transpose(x), np.swapaxes(x, 0, 1)):
        assert (result.value / result.error).round(6).tolist() == [[10, 10], [10, 10]]
        assert result.value.tolist() == [[1, 3], [2, 4]]
    picked = np.take_along_axis(x, np.array([[1], [0]]), axis=1)
    assert (picked.value.ravel().tolist(), picked.error.ravel().tolist()) == ([2, 3], [0.2, 0.3])
    joined = np.concatenate([x, x[:1]], axis=0)
    assert (joined.shape, joined.error[2, 1], len(joined)) == ((3, 2), 0.2, 3)
    assert np.stack([x, np.zeros((2, 2))]).error[1].tolist() == [[0, 0], [0, 0]]
    assert x.reshape(4).error.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert (np.size(x), np.shape(x), np.ndim(x), x.size, x.ndim) == (4, (2, 2), 2, 4, 2)
    assert np.clip(x, 1.5, 3.5).value.tolist() == [[1.5, 2], [3, 3.5]]


def test_unsupported_functions_are_refused_not_silently_wrong() -> None:
    x = carried([1.0, 2.0], 0.1)
    for call in (lambda: np.sin(x), lambda: np.cumsum(x), lambda: np.add.reduce(x), lambda: np.sort(x)):
        with pytest.raises(TypeError):
            call()
