"""The default tolerances of others are theirs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from conformance.power.tolerances import NUMPY, TORCH

NUMBERS = arrays.arrays(
    np.float64, (3,), elements=st.floats(-1e300, 1e300) | st.sampled_from([np.nan, np.inf, -np.inf])
)


@given(NUMBERS, NUMBERS | st.none())
def test_numpy_is_judged_as_its_own_function_judges(expected: np.ndarray, other: np.ndarray | None) -> None:
    actual = expected * (1 + 0.9e-7) if other is None else other
    try:
        np.testing.assert_allclose(actual, expected)
        accepted = True
    except AssertionError:
        accepted = False
    assert NUMPY.accepts(actual, expected, "float64") == accepted


@pytest.mark.parametrize(
    ("dtype", "error", "accepted"),
    [("float32", 9e-6, True), ("float32", 1.2e-5, False), ("float64", 9e-8, True), ("float64", 1e-6, False)],
)
def test_torch_has_an_absolute_tolerance(dtype: str, error: float, accepted: bool) -> None:
    actual = np.array([error], dtype)
    assert TORCH.accepts(actual, np.zeros(1), dtype) is accepted


def test_the_expected_number_is_rounded_to_the_dtype_first() -> None:
    third = np.array([1 / 3])
    assert NUMPY.accepts(third.astype(np.float16), third, "float16")
    assert not NUMPY.accepts(np.nextafter(third.astype(np.float16), np.float16(1)), third, "float16")


def test_another_shape_is_accepted_by_neither() -> None:
    assert not TORCH.accepts(np.zeros((1, 1)), np.zeros(1), "float64")
