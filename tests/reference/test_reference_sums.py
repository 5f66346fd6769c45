"""Sums of enclosed terms enclose the exact sum, however its terms cancel or overflow on the way."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.reference.ball_array import sum_of_parts
from conformance.reference.enclosure import with_enough_bits

TERMS = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20)


def enclosed(head: list[float], tail: list[float], radius: list[float]) -> tuple[Fraction, Fraction]:
    """Centre and radius of the enclosure of a sum."""

    def run() -> tuple[float, float, float]:
        return sum_of_parts((np.array(head), np.array(tail), np.array(radius))).parts()

    (first, second, off), _ = with_enough_bits(run)
    return Fraction(first) + Fraction(second), Fraction(off)


@given(head=TERMS)
def test_sums_enclose_the_exact_sum(head: list[float]) -> None:
    exact = sum(map(Fraction, head), Fraction(0))
    if abs(exact) >= Fraction(2) ** 1023:
        return
    centre, radius = enclosed(head, [0.0] * len(head), [0.0] * len(head))
    assert abs(centre - exact) <= radius
    assert radius <= abs(exact) / 2**90


@pytest.mark.parametrize(
    ("head", "tail", "exact"),
    [
        ([1e308, 1e308, -1e308, -1.5e308], [0.0] * 4, Fraction(1e308) - Fraction(1.5e308)),
        ([1.0, 2.0**-60, -1.0], [0.0, 2.0**-130, 0.0], Fraction(1, 2**60) + Fraction(1, 2**130)),
        ([0.1, -0.1], [0.0, 0.0], Fraction(0)),
    ],
    ids=["overflow-on-the-way", "cancellation", "nothing-left"],
)
def test_sums_that_are_hard(head: list[float], tail: list[float], exact: Fraction) -> None:
    centre, radius = enclosed(head, tail, [0.0] * len(head))
    assert abs(centre - exact) <= radius <= abs(exact) / 2**90


def test_radii_add_up() -> None:
    _, radius = enclosed([1.0, 2.0], [0.0, 0.0], [0.25, 0.5])
    assert Fraction(3, 4) <= radius <= Fraction(3, 4) * Fraction(1001, 1000)
