"""Double words enclose what balls compute, over the whole range of float64, or say that they know nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.reference.ball_array import balls
from conformance.reference.double_functions import absolute, apply, exp, log, log1p, maximum, minimum
from conformance.reference.double_word import (
    DoubleWord,
    add,
    divide,
    double_words,
    known,
    multiply,
    settled,
    subtract,
)

BITS = 2400  # more than the spread of two float64 exponents
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ORDINARY = st.floats(1e-30, 1e30) | st.floats(-1e30, -1e-30)


@st.composite
def enclosed(draw: st.DrawFn, heads: st.SearchStrategy[float] = FINITE) -> tuple[DoubleWord, float]:
    """A double word, and at which of the ends of its radius the number lies (-1 or 1)."""
    head = draw(heads)
    tail = draw(st.sampled_from((0.0, 0.25, -0.5))) * math.ulp(head) if abs(head) > 1e-290 else 0.0
    radius = abs(head) * draw(st.sampled_from((0.0, 2.0**-100, 2.0**-70)))
    word = DoubleWord(np.array([head]), np.array([tail]), np.array([radius]))
    if not (tail or radius) and draw(st.booleans()):
        word = DoubleWord(np.array([head]))
    return word, draw(st.sampled_from((-1.0, 1.0)))


def number(word: DoubleWord, end: float) -> arb:
    head, tail, radius = (float(part[0]) for part in word.parts())
    return arb(head) + arb(tail) + arb(end) * arb(radius)


def assert_holds(word: DoubleWord, exact: arb) -> None:
    parts = word.parts()
    if known(parts):
        head, tail, radius = (arb(float(part[0])) for part in parts)
        assert not abs(exact - head - tail) > radius


@pytest.mark.parametrize(
    ("rule", "on_balls"),
    [
        (add, lambda a, b: a + b),
        (subtract, lambda a, b: a - b),
        (multiply, lambda a, b: a * b),
        (divide, lambda a, b: a / b),
    ],
    ids=["add", "subtract", "multiply", "divide"],
)
@given(a=enclosed(), b=enclosed())
@example(a=(DoubleWord(np.array([5e-324])), 1.0), b=(DoubleWord(np.array([0.5])), 1.0))
@example(a=(DoubleWord(np.array([1e-300])), 1.0), b=(DoubleWord(np.array([1e17])), 1.0))
@example(a=(DoubleWord(np.array([1.7e308])), 1.0), b=(DoubleWord(np.array([1.7e308])), 1.0))
@example(a=(DoubleWord(np.array([1.0])), 1.0), b=(DoubleWord(np.array([3.0])), 1.0))
def test_arithmetic_encloses_the_exact_result(
    rule: Callable[[DoubleWord, DoubleWord], DoubleWord],
    on_balls: Callable[[arb, arb], arb],
    a: tuple[DoubleWord, float],
    b: tuple[DoubleWord, float],
) -> None:
    if rule is divide and b[0].head[0] == 0:
        return
    with flint.ctx.workprec(BITS), np.errstate(all="ignore"):
        assert_holds(rule(a[0], b[0]), on_balls(number(*a), number(*b)))


@given(a=enclosed(ORDINARY), b=enclosed(ORDINARY))
def test_ordinary_numbers_are_known_to_sixty_bits(
    a: tuple[DoubleWord, float], b: tuple[DoubleWord, float]
) -> None:
    assert settled(multiply(a[0], b[0]).parts(), bits=60)
    assert settled(divide(a[0], b[0]).parts(), bits=60)


@given(a=enclosed(st.floats(-720, 720)))
@example(a=(DoubleWord(np.array([600.0])), 1.0))
@example(a=(DoubleWord(np.array([-600.0])), 1.0))
@example(a=(DoubleWord(np.array([1e-300])), 1.0))
def test_exp_encloses_the_exact_result(a: tuple[DoubleWord, float]) -> None:
    with flint.ctx.workprec(300), np.errstate(all="ignore"):
        assert_holds(exp(a[0]), number(*a).exp())


@given(a=enclosed(st.floats(0, exclude_min=True, allow_infinity=False) | st.floats(0.99, 1.01)))
@example(a=(DoubleWord(np.array([math.nextafter(1.0, 0.0)])), 1.0))
def test_log_encloses_the_exact_result(a: tuple[DoubleWord, float]) -> None:
    with flint.ctx.workprec(300), np.errstate(all="ignore"):
        assert_holds(log(a[0]), number(*a).log())


@given(a=enclosed(st.floats(-1, 1e300, exclude_min=True) | st.floats(-1e-9, 1e-9)))
@example(a=(DoubleWord(np.array([-1 + 2.0**-53])), 1.0))
@example(a=(DoubleWord(np.array([5e-324])), 1.0))
def test_log1p_encloses_the_exact_result(a: tuple[DoubleWord, float]) -> None:
    with flint.ctx.workprec(2400), np.errstate(all="ignore"):
        assert_holds(log1p(a[0]), number(*a).log1p())


@given(a=enclosed(), b=enclosed() | enclosed(st.sampled_from((0.0, 1.0))))
@example(a=(DoubleWord(np.array([1.0]), 0.0, np.array([2.0])), -1.0), b=(DoubleWord(np.array([0.0])), 1.0))
def test_extremes_enclose_the_exact_result(a: tuple[DoubleWord, float], b: tuple[DoubleWord, float]) -> None:
    with flint.ctx.workprec(BITS), np.errstate(all="ignore"):
        x, y = number(*a), number(*b)
        assert_holds(maximum(a[0], b[0]), x.max(y))
        assert_holds(minimum(a[0], b[0]), x.min(y))
        assert_holds(absolute(a[0]), abs(x))


def test_extremes_of_ordinary_numbers_are_known() -> None:
    a, b = DoubleWord(np.array([1.0, -3.0, 2.0])), DoubleWord(np.array([0.5, -1.0, 2.0]))
    assert maximum(a, b).parts()[0].tolist() == [1.0, -1.0, 2.0]
    assert minimum(a, b).parts()[0].tolist() == [0.5, -3.0, 2.0]
    assert known(maximum(a, b).parts())
    assert settled(log1p(DoubleWord(np.exp(-np.linspace(0, 20, 99)))).parts())


def test_exp_and_log_are_known_to_more_than_ninety_bits_where_they_are_used() -> None:
    with np.errstate(all="ignore"):
        numbers = np.linspace(-590, 590, 999)
        assert settled(exp(DoubleWord(numbers)).parts(), bits=100)
        assert settled(log(DoubleWord(np.exp(numbers))).parts(), bits=90)


def test_log_of_one_and_exp_of_zero_are_exact() -> None:
    assert [float(part[0]) for part in log(DoubleWord(np.ones(1))).parts()] == [0.0, 0.0, 0.0]
    assert [float(part[0]) for part in exp(DoubleWord(np.zeros(1))).parts()] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("function", "operands"),
    [
        (np.log, (np.array([0.0]),)),
        (np.log, (np.array([-1.0]),)),
        (np.exp, (np.array([800.0]),)),
        (np.exp, (np.array([np.nan]),)),
        (np.divide, (np.array([1.0]), np.array([0.0]))),
        (np.multiply, (np.array([1e-200]), np.array([1e-200]))),
        (np.multiply, (np.array([np.inf]), np.array([2.0]))),
        (np.add, (np.array([1.7e308]), np.array([1.7e308]))),
        (np.tanh, (np.array([1.0]),)),
        (np.add, (np.array([2**60 + 1]), np.array([1.0]))),
    ],
)
def test_nothing_is_known_beyond_the_range_and_of_other_functions(
    function: Callable[..., Any], operands: tuple[Any, ...]
) -> None:
    with np.errstate(all="ignore"):
        assert not known(apply(function, *operands).parts())


def test_only_what_is_selected_has_to_be_known() -> None:
    with np.errstate(all="ignore"):
        loss = apply(np.log, np.array([0.0, 2.0]))
        chosen = apply(np.where, np.array([True, False]), 0.0, loss)
    assert known(chosen.parts())


def test_balls_become_double_words() -> None:
    with flint.ctx.workprec(200):
        third = balls(np.ones(1)) / 3
        assert_holds(double_words(third), arb(1) / 3)
