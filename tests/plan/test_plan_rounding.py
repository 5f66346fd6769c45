"""Rounding, against exact rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.plan import round_to
from conformance.plan.rounding import bfloat16_bits, round_to_numpy

# precision in bits, exponent of the smallest normal number, exponent of the largest binade
FORMATS = {"float16": (11, -14, 15), "bfloat16": (8, -126, 127), "float32": (24, -126, 127)}
DTYPES = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
}


def nearest(x: float, dtype: str) -> float:
    """The number of `dtype` nearest to `x`, ties to even, overflow as IEEE 754 has it; exactly."""
    if x == 0 or not math.isfinite(x):
        return x
    precision, smallest, largest = FORMATS[dtype]
    exponent = max(math.frexp(x)[1] - 1, smallest)
    ulp = Fraction(2) ** (exponent - precision + 1)
    rounded = round(Fraction(x) / ulp) * ulp  # Python rounds a Fraction half to even
    if abs(rounded) >= Fraction(2) ** (largest + 1):
        return math.copysign(math.inf, x)
    return math.copysign(float(rounded), x)


def assert_rounds(x: float, dtype: str) -> None:
    actual = round_to(np.array(x), dtype)
    expected = nearest(x, dtype)
    assert actual.dtype == DTYPES[dtype]
    value = float(actual)
    assert value == expected
    assert math.copysign(1.0, value) == math.copysign(1.0, expected)


def interesting(dtype: str) -> list[float]:
    """Around every kind of boundary: ties, double rounding, subnormals, overflow."""
    precision, smallest, largest = FORMATS[dtype]
    ulp = 2.0 ** (1 - precision)
    ties = [1 + (k + 0.5) * ulp for k in range(8)] + [
        (k + 0.5) * 2.0 ** (smallest - precision + 1) for k in range(8)
    ]
    maximum = (2 - ulp) * 2.0**largest
    threshold = (2 - ulp / 2) * 2.0**largest
    edges = [
        maximum,
        threshold,
        2.0**smallest,
        2.0 ** (smallest - precision + 1),
        2.0 ** (smallest - precision),
    ]
    around = [
        x * (1 + sign * 2.0**-step) for x in ties + edges for step in (52, 40, 26, 24) for sign in (1, -1)
    ]
    # A sum of three powers of two that rounds to a tie in the next wider format, and is none.
    traps = [1 + ulp / 2 + sign * 2.0**-step for step in range(precision, 53) for sign in (1, -1)]
    tiny = [5e-324, 1e-310, 2.0**-1022, 2.0**-150, 2.0**-149, 1.5 * 2.0**-150, 1e-46, 1e308]
    return [*ties, *edges, *around, *traps, *tiny]


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_boundaries(dtype: str, sign: float) -> None:
    for x in interesting(dtype):
        assert_rounds(sign * x, dtype)


@pytest.mark.parametrize("dtype", FORMATS)
@given(x=st.floats(allow_nan=False))
@example(x=0.0)
@example(x=-0.0)
def test_any_number(dtype: str, x: float) -> None:
    assert_rounds(x, dtype)


@pytest.mark.parametrize("dtype", FORMATS)
@given(
    sign=st.sampled_from([1, -1]),
    mantissa=st.integers(2**52, 2**53 - 1),
    kept=st.integers(0, 53),
    offset=st.integers(-152, 130),
)
def test_numbers_of_its_own_range(dtype: str, sign: int, mantissa: int, kept: int, offset: int) -> None:
    """Mantissas with long runs of zeros, which is where ties are, near the range of the dtype."""
    mantissa = mantissa >> kept << kept
    exponent = max(min(offset, FORMATS[dtype][2] + 1), FORMATS[dtype][1] - FORMATS[dtype][0] - 3)
    assert_rounds(sign * math.ldexp(mantissa, exponent - 52), dtype)


def test_once_and_not_through_float32() -> None:
    # 1 + 2^-8 is halfway between two bfloat16 numbers; 2^-40 above it must round up, and float32 loses it.
    x = np.array([1 + 2.0**-8 + 2.0**-40, 1 + 3 * 2.0**-8 - 2.0**-40])
    assert round_to(x, "bfloat16").astype(float).tolist() == [1 + 2.0**-7, 1 + 2.0**-7]
    twice = x.astype(np.float32).astype(ml_dtypes.bfloat16).astype(float)
    assert twice.tolist() == [1.0, 1 + 2.0**-6], "the trap is none"
    half = np.array([1 + 2.0**-11 + 2.0**-40, 1 + 3 * 2.0**-11 - 2.0**-40])
    assert round_to(half, "float16").astype(float).tolist() == [1 + 2.0**-10, 1 + 2.0**-10]
    assert half.astype(np.float32).astype(np.float16).astype(float).tolist() == [1.0, 1 + 2.0**-9], "no trap"


@pytest.mark.parametrize(
    ("dtype", "largest", "threshold"),
    [
        ("float16", 65504.0, 65520.0),
        ("bfloat16", float.fromhex("0x1.fep+127"), float.fromhex("0x1.ffp+127")),
        ("float32", float.fromhex("0x1.fffffep+127"), float.fromhex("0x1.ffffffp+127")),
    ],
)
def test_overflow_begins_at_half_a_unit_beyond_the_largest_number(
    dtype: str, largest: float, threshold: float
) -> None:
    below = np.nextafter(threshold, 0)
    values = np.array([largest, below, threshold, -below, -threshold, 1e300])
    assert round_to(values, dtype).astype(float).tolist() == [
        largest, largest, math.inf, -largest, -math.inf, math.inf,
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", [*FORMATS, "float64"])
def test_special_values(dtype: str) -> None:
    rounded = round_to(np.array([math.nan, math.inf, -math.inf, 0.0, -0.0]), dtype).astype(float)
    assert math.isnan(rounded[0])
    assert rounded[1:].tolist() == [math.inf, -math.inf, 0.0, 0.0]
    assert np.signbit(rounded[3:]).tolist() == [False, True]


def test_bfloat16_nan_is_the_quiet_one_whatever_its_payload() -> None:
    payloads = np.array([0x7FF0000000000001, 0x7FFFFFFFFFFFFFFF, 0xFFF8000000000000], dtype=np.uint64)
    assert bfloat16_bits(payloads.view(np.float64)).tolist() == [0x7FC0] * 3


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 0), (2, 3)])
@pytest.mark.parametrize("dtype", [*FORMATS, "float64"])
def test_shapes(dtype: str, shape: tuple[int, ...]) -> None:
    assert round_to(np.ones(shape), dtype).shape == shape
    assert round_to_numpy(np.ones(shape), dtype).shape == shape


def test_float64_is_left_alone() -> None:
    values = np.array([0.1, 5e-324, 1.7976931348623157e308])
    assert round_to(values, "float64").tobytes() == values.tobytes()


def test_memory_order_does_not_matter() -> None:
    values = np.arange(12.0).reshape(3, 4) / 7
    for view in (values.T, values[:, ::2], values[::-1]):
        expected = round_to(np.ascontiguousarray(view), "bfloat16").astype(float)
        assert np.array_equal(round_to(view, "bfloat16").astype(float), expected)
