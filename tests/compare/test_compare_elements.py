"""The verdict of single elements, against the definition evaluated by brute force and in fractions."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_left, bisect_right
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.compare import Comparison, compare, format_of
from conformance.model import DTYPES, Outcome, Subtype

INF, NAN = math.inf, math.nan


def numbers_of(dtype: str) -> np.ndarray[Any, Any]:
    """All numbers of a half type, infinities included, in order, each zero once."""
    patterns = np.arange(1 << 16, dtype=np.uint16).view(format_of(dtype).dtype)
    with np.errstate(all="ignore"):
        wide = patterns.astype(np.float64)
    return np.unique(wide[~np.isnan(wide)])


TABLES = {dtype: numbers_of(dtype) for dtype in ("float16", "bfloat16")}
FRACTIONS = {dtype: [Fraction(number) for number in table[1:-1]] for dtype, table in TABLES.items()}


def judged(actual: Any, value: Any, bound: Any, dtype: str, tail: Any = None, **options: Any) -> Comparison:
    shape = np.shape(actual)
    with np.errstate(all="ignore"):
        result = np.asarray(actual, dtype=np.float64).astype(format_of(dtype).dtype)
    arrays = [np.array(np.broadcast_to(np.asarray(part, np.float64), shape)) for part in (value, bound)]
    tails = None if tail is None else np.array(np.broadcast_to(np.asarray(tail, np.float64), shape))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return compare(result, arrays[0], tails, arrays[1], dtype, **options)


def acceptable(value: float, allowance: float, dtype: str) -> np.ndarray[Any, Any]:
    """The definition: all numbers of the table within the set, rounded outward, with IEEE overflow."""
    finite, form = FRACTIONS[dtype], format_of(dtype)
    low, high = Fraction(value) - Fraction(allowance), Fraction(value) + Fraction(allowance)
    threshold = Fraction(form.largest) + Fraction(form.half_gap)
    right = np.zeros(len(finite) + 2, bool)
    if low < threshold and high > -threshold:
        first = max(bisect_right(finite, low) - 1, 0)
        last = min(bisect_left(finite, high), len(finite) - 1)
        right[1 + first : 2 + last] = True
    right[0], right[-1] = low <= -threshold, high >= threshold
    return right


@settings(max_examples=300, deadline=None)
@given(
    dtype=st.sampled_from(["float16", "bfloat16"]),
    place=st.integers(0, 1 << 16),
    offset=st.sampled_from([0.0, 0.2, 0.5, 1.0, 3.0]),
    units=st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0, 2.5, 40.0]),
    beyond=st.sampled_from([0, 0, 1, -1]),
)
def test_half_types_by_brute_force(dtype: str, place: int, offset: float, units: float, beyond: int) -> None:
    """Every number of the dtype is judged as the definition says, near overflow and underflow too."""
    table, form = TABLES[dtype], format_of(dtype)
    value = float(table[1:-1][place % (len(table) - 2)])
    if beyond:
        value = beyond * (form.largest + offset * form.half_gap)
    gap = float(form.ulp(np.array(value)))
    value += offset * gap / 2
    bound = units * gap / 2
    expected = acceptable(value, 2 * bound + 2 * form.smallest_subnormal, dtype)
    verdict = judged(table, value, bound, dtype)
    wrong = np.zeros(table.shape, bool) if verdict.mismatches is None else verdict.mismatches
    assert table[wrong == expected].tolist() == []
    assert verdict.mismatched == np.count_nonzero(~expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_overflow_threshold(dtype: str) -> None:
    """Just below, at and beyond the real number from which rounding to nearest gives infinity."""
    form = format_of(dtype)
    largest, half = form.largest, form.half_gap
    for sign in (1, -1):

        def right(actual: float, gaps: float, share: float = 0.0, sign: int = sign) -> bool:
            # The reference lies `gaps` half gaps beyond the largest number, held in the tail.
            value, tail = sign * largest, sign * gaps * half
            return not judged(sign * actual, value, share * half, dtype, tail).mismatched

        assert right(largest, 0.9)
        assert not right(INF, 0.9)
        assert not right(largest, 1.1)
        assert right(INF, 1.1)
        assert right(INF, 0.9, 0.1)
        assert right(largest, 1.1, 0.1)
        assert not right(INF, 0.9, 0.04)
        assert not right(largest, 1.2, 0.05)
        assert not right(-INF, 1.1)
        assert not right(NAN, 1.1)


def test_overflow_has_its_own_subtypes() -> None:
    assert judged(INF, 60000.0, 10.0, "float16").subtype is Subtype.INTERMEDIATE_OVERFLOW
    assert judged(-INF, 60000.0, 10.0, "float16").subtype is Subtype.INTERMEDIATE_OVERFLOW
    assert judged(65504.0, 1e6, 10.0, "float16").subtype is Subtype.NONFINITE
    assert judged(INF, 1e6, 10.0, "float16").passed
    assert judged(-INF, -1e300, 10.0, "float16").passed


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [NAN, INF, -INF, 1.0])
@pytest.mark.parametrize("actual", [NAN, INF, -INF, 1.0])
def test_kinds_must_agree(actual: float, value: float, dtype: str) -> None:
    verdict = judged([actual, 2.0], [value, 2.0], 0.0, dtype)
    same = actual == value or (math.isnan(actual) and math.isnan(value))
    assert verdict.passed == same
    if not same:
        overflow = math.isinf(actual) and value == 1.0
        expected = Subtype.INTERMEDIATE_OVERFLOW if overflow else Subtype.NONFINITE
        assert (verdict.subtype, verdict.worst_index, verdict.pattern) == (expected, (0,), "single")
        assert verdict.max_abs == 0


def test_the_gravest_subtype_names_the_check() -> None:
    assert judged([1.5, INF, NAN], 1.0, 0.0, "float32").subtype is Subtype.NONFINITE
    verdict = judged([1.5, INF, 1.0], 1.0, 0.0, "float32")
    assert (verdict.subtype, verdict.worst_index) == (Subtype.INTERMEDIATE_OVERFLOW, (1,))
    assert judged([1.5, 1.0, 1.0], 1.0, 0.0, "float32").subtype is Subtype.VALUE


def test_float64_is_compared_beyond_float64() -> None:
    """The tail tells results apart that lie on either side of the bound by less than an ulp."""
    ulp = 2.0**-52
    for tail, right in ((0.0, True), (-0.4 * ulp, False), (0.4 * ulp, True)):
        # 1 + 2 ulp is one number beyond the end of the set unless its inner neighbour is inside it.
        verdict = judged(1 + 2 * ulp, 1.0, 0.49 * ulp + 0.02 * ulp, "float64", tail)
        assert verdict.mismatched == (not right)


def test_signed_zeros_are_equal_and_counted() -> None:
    verdict = judged([0.0, -0.0, 0.0, -0.0, 1.0], [0.0, 0.0, -0.0, -0.0, 1.0], 0.0, "float16")
    assert verdict.passed
    assert verdict.zero_signs == 2
    wrong = judged([-0.0, 5.0], [0.0, 1.0], 0.0, "float16")
    assert (wrong.mismatched, wrong.zero_signs) == (1, 1)


def test_vacuous_elements_are_counted_not_passed() -> None:
    # An allowance as large as the value; none known; and a zero, which no allowance makes vacuous.
    verdict = judged([1.0, 7.0, 0.0, 3.0], [1.0, 5.0, 0.0, 3.0], [0.6, INF, 0.6, 0.1], "float32")
    assert (verdict.mismatched, verdict.vacuous, verdict.outcome) == (0, 2, Outcome.PASS)
    assert verdict.max_bound_ratio == 0
    for actual, value, bound in ((1.0, 1.0, 0.6), (NAN, 1.0, INF), (INF, NAN, INF), (2.0, INF, INF)):
        alone = judged(actual, value, bound, "float32")
        assert (alone.outcome, alone.passed) == (Outcome.VACUOUS, False)
    # Too far off, or of the wrong kind: a mismatch all the same.
    for actual in (5.0, NAN, INF):
        assert judged(actual, 1.0, 0.6, "float32").outcome is Outcome.MISMATCH


def test_a_subnormal_reference_is_not_vacuous() -> None:
    verdict = judged(3e-8, 2e-8, 1e-8, "float16")
    assert (verdict.vacuous, verdict.passed) == (0, True)


def test_flush_to_zero_must_be_declared() -> None:
    for value, least in ((1e-39, True), (-1e-39, True), (1.2e-38, False)):
        assert judged(0.0, value, 1e-44, "float32").mismatched
        assert judged(0.0, value, 1e-44, "float32", flush_to_zero=True).passed == least
    assert judged(0.0, 1.2e-38, 2e-40, "float32", flush_to_zero=True).passed
    assert judged(1e-39, 2e-39, 1e-44, "float32", flush_to_zero=True).mismatched


def test_statistics_of_a_mismatch() -> None:
    value = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 0.0]])
    actual = np.array([[1.0, 2.5, 4.0], [8.0, 15.0, 0.5]])
    verdict = judged(actual, value, 0.125, "float32")
    assert (verdict.total, verdict.mismatched, verdict.vacuous) == (6, 3, 0)
    assert verdict.max_abs == 1.0
    assert verdict.max_rel == INF
    assert math.isclose(verdict.max_ulp, 0.5 / 2.0**-149)
    assert math.isclose(verdict.max_bound_ratio, 4.0)
    assert verdict.worst_index == (1, 1)
    assert verdict.sign_bias == pytest.approx(1 / 3)
    assert verdict.mismatches is not None
    assert verdict.mismatches.tolist() == [[False, True, False], [False, True, True]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_statistics_of_a_pass(dtype: str) -> None:
    form = format_of(dtype)
    gap = 2.0 ** (1 - form.digits)
    verdict = judged([1.0, 1 + gap], [1.0, 1.0], gap, dtype)
    assert verdict.passed
    assert math.isclose(verdict.max_ulp, 1.0)
    assert math.isclose(verdict.max_rel, gap)
    assert verdict.max_bound_ratio == pytest.approx(0.5, rel=1e-3)
    assert verdict.worst_index == (1,)
    assert (verdict.subtype, verdict.pattern, verdict.mismatches) == (None, None, None)


def test_nothing_passes() -> None:
    verdict = judged(np.zeros((0, 3)), 0.0, 0.0, "float16")
    assert (verdict.total, verdict.passed, verdict.worst_index) == (0, True, None)


def test_scalars() -> None:
    assert judged(1.0, 1.0, 0.0, "bfloat16").worst_index == ()
    assert judged(2.0, 1.0, 0.0, "bfloat16").pattern == "all"


def test_wrong_shapes_and_dtypes_are_refused() -> None:
    one = np.ones(1)
    for actual, dtype in (
        (np.ones(1, np.float32), "float64"),
        (np.ones(2), "float64"),
        (np.ones(1), "int32"),
    ):
        with pytest.raises(ValueError, match="float64"):
            compare(actual, one, None, one, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_formats(dtype: str) -> None:
    form, info = format_of(dtype), ml_dtypes.finfo(dtype)
    assert form.largest == float(info.max)
    assert form.ulp(np.array([1.0])) == 2.0 ** (1 - form.digits) == float(info.eps)
    assert form.ulp(np.array([0.0])) == form.smallest_subnormal
    assert form.ulp(np.array([1e300])) == 2 * form.half_gap or dtype == "float64"
    assert np.isnan(form.ulp(np.array([NAN, INF]))).all()
    subnormal = np.array([1], np.uint16 if form.dtype.itemsize == 2 else f"u{form.dtype.itemsize}")
    assert form.smallest_subnormal == float(subnormal.view(form.dtype)[0])


@pytest.mark.parametrize("seed", range(12))
def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    rng = np.random.default_rng(seed)
    value = rng.normal(size=(11, 13))
    bound = 2.0**-25 * np.abs(value)
    bound.flat[rng.integers(143, size=seed % 3)] = np.inf
    actual = (value * (1 + 2.0**-26 * rng.normal(size=value.shape))).astype(np.float32)
    actual.flat[rng.integers(143, size=seed % 4)] *= 1.01
    actual.flat[rng.integers(143, size=seed // 3)] = (np.inf, np.nan, 1e30)[seed % 3]
    value.flat[7], actual.flat[7] = 0.0, -0.0
    whole = judged(actual, value, bound, "float32")
    monkeypatch.setattr("conformance.compare.comparison.PIECE", 10)
    pieces = judged(actual, value, bound, "float32")
    for field in Comparison.__struct_fields__:
        assert np.array_equal(getattr(pieces, field), getattr(whole, field)), field
