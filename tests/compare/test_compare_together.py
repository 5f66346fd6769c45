"""Many small results at once: each comparison is exactly what it is by itself, or is left to that."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.compare import compare, compare_together, format_of
from conformance.model import DTYPES, Outcome

INF, NAN = math.inf, math.nan

VALUES = st.sampled_from([0.0, -0.0, 1.0, -1.5, 1e-7, 3e38, 1e-40, 65504.0, INF, -INF, NAN]) | st.floats(
    width=32
)
OFFSETS = st.sampled_from([0.0, 0.25, -0.75, 1.0, -1.0, 1.5, 1e6])
BOUNDS = st.sampled_from([0.0, 1e-9, 1e-3, 2.0, INF])
SHAPES = st.sampled_from([(), (1,), (3,), (2, 2), (1, 3, 1)])


@st.composite
def results(draw: Any, dtype: str) -> tuple[Any, Any, Any]:
    """A result near its value, or not, with a bound."""
    shape = draw(SHAPES)
    size = math.prod(shape)
    value, offset, bound = (
        np.array(draw(st.lists(kind, min_size=size, max_size=size))).reshape(shape)
        for kind in (VALUES, OFFSETS, BOUNDS)
    )
    with np.errstate(all="ignore"):
        actual = np.asarray(value + offset * np.where(np.isinf(bound), 1.0, bound)).astype(
            format_of(dtype).dtype
        )
    return actual, value, bound


@settings(max_examples=300, deadline=None)
@given(data=st.data(), dtype=st.sampled_from(sorted(DTYPES)))
def test_each_is_what_it_is_alone(data: st.DataObject, dtype: str) -> None:
    given_results = data.draw(st.lists(results(dtype), max_size=6))
    together = compare_together(given_results, dtype)
    assert len(together) == len(given_results)
    for (actual, value, bound), found in zip(given_results, together, strict=True):
        alone = compare(actual, value, None, bound, dtype)
        if found is None:
            # Only what the first look of `compare` does not settle is left to it.
            wide = actual.astype(np.float64)
            allowance = 2 * bound + 2 * format_of(dtype).smallest_subnormal
            with np.errstate(all="ignore"):
                inside = np.abs(wide - value) / allowance <= 1
            assert not (inside & (allowance < INF)).all()
        else:
            assert repr(found) == repr(alone)


def test_a_pass_is_found_beside_a_mismatch_and_a_nan() -> None:
    one, right = np.float32([1.0]), (np.float64([1.0]), np.float64([1e-6]))
    found = compare_together(
        [(one, *right), (np.float32([2.0]), *right), (np.float32([NAN]), *right), (one, *right)], "float32"
    )
    assert [item and item.outcome for item in found] == [Outcome.PASS, None, None, Outcome.PASS]


def test_what_is_empty_or_of_another_shape_or_dtype_is_left_alone() -> None:
    zeros = np.zeros(2)
    found = compare_together(
        [
            (np.zeros(2, np.float32), np.zeros(3), np.zeros(3)),
            (np.zeros(2, np.float64), zeros, zeros),
            (np.zeros(0, np.float32), np.zeros(0), np.zeros(0)),
            (np.zeros(2, np.float32), zeros, zeros),
        ],
        "float32",
    )
    assert [item is None for item in found] == [True, True, True, False]


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="int8"):
        compare_together([], "int8")
