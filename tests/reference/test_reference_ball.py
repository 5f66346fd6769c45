"""Balls enclose, decide or say that they cannot, and follow NumPy's special values."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.reference import enclosure
from conformance.reference.ball import Ball, UndecidedError
from conformance.reference.ball_array import BallArray, balls
from conformance.reference.enclosure import enclose
from conformance.reference.stream import Stream


@pytest.fixture(autouse=True)
def _bits() -> Any:
    before = flint.ctx.prec
    flint.ctx.prec = 200
    yield
    flint.ctx.prec = before


SPECIAL = (-math.inf, -2.5, 0.0, 1.0, 3.0, math.inf, math.nan)
MIDDLE = arb(0, 1e-3)  # a ball around zero


def same(a: Ball, b: float) -> bool:
    head = a.parts()[0]
    return (math.isnan(head) and math.isnan(b)) or math.isclose(head, b, rel_tol=1e-12)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "lt", "le", "gt", "ge", "eq", "ne"])
@pytest.mark.parametrize("a", SPECIAL)
@pytest.mark.parametrize("b", SPECIAL)
def test_special_values_are_numpys(name: str, a: float, b: float) -> None:
    function = getattr(operator, name)
    with np.errstate(all="ignore"):
        expected = function(np.float64(a), np.float64(b))
    for x, y in ((Ball(a), Ball(b)), (a, Ball(b)), (Ball(a), b)):
        got = function(x, y)
        assert got == bool(expected) if isinstance(got, bool) else same(got, float(expected))


@pytest.mark.parametrize(
    "name", ["exp", "expm1", "log", "log1p", "sqrt", "tanh", "abs", "negative", "isnan", "isinf"]
)
@pytest.mark.parametrize("a", [*SPECIAL, -1.0, -0.5])
def test_special_values_of_functions_are_numpys(name: str, a: float) -> None:
    function = getattr(np, name)
    with np.errstate(all="ignore"):
        expected = function(np.float64(a))
        got = function(balls([a]))
    assert got[0] == expected if got.dtype == bool else same(got[0], float(expected))


@pytest.mark.parametrize("exponent", [0.5, 1 / 3, 2.0, 3.0])
@pytest.mark.parametrize("a", [0.0, 1.0, 2.5, math.inf, math.nan])
def test_positive_powers_are_numpys(exponent: float, a: float) -> None:
    with np.errstate(invalid="ignore"):
        assert same((balls([a]) ** exponent)[0], float(np.float64(a) ** exponent))
        assert np.isnan(balls([-2.5, -math.inf]) ** exponent).all()


def test_logarithms_of_added_exponentials_are_numpys() -> None:
    a, b = np.meshgrid([*SPECIAL, 1000.0, -1e30], [*SPECIAL, 1000.0, -1e30])
    with np.errstate(all="ignore"):
        got, expected = np.logaddexp(balls(a), balls(b)), np.logaddexp(a, b)
    assert all(same(x, y) for x, y in zip(got.flat, expected.flat, strict=True))


@pytest.mark.parametrize("function", [np.maximum, np.minimum])
def test_extremes_let_nan_win(function: np.ufunc) -> None:
    a, b = np.meshgrid(SPECIAL, SPECIAL)
    got = function(balls(a), balls(b))
    assert all(same(x, y) for x, y in zip(got.flat, function(a, b).flat, strict=True))


@pytest.mark.parametrize(
    "question",
    [
        lambda ball: ball > 0,
        lambda ball: ball == 0,
        lambda ball: ball != 0,
        lambda ball: ball.log(),
        lambda ball: ball.sqrt(),
        lambda ball: 1 / ball,
        lambda ball: Ball(math.inf) * ball,
        lambda ball: ball.sign(),
        lambda ball: (ball - 1).log1p(),
    ],
)
def test_what_a_ball_cannot_decide_raises(question: Any) -> None:
    with pytest.raises(UndecidedError):
        question(Ball(MIDDLE))


def test_an_extreme_needs_no_decision() -> None:
    head, _, radius = Ball(MIDDLE).maximum(0.0).parts()
    assert head - radius <= 0 < head + radius
    assert radius <= 1e-3


@given(st.integers(-(2**90), 2**90), st.integers(-1130, 980))
@settings(max_examples=300, deadline=None)
def test_parts_lose_nothing(mantissa: int, exponent: int) -> None:
    """Head, tail and radius of a number of 90 bits, subnormals and overflow included."""
    exact = Fraction(mantissa) * Fraction(2) ** exponent
    head, tail, radius = Ball(arb(mantissa) * arb(2) ** exponent).parts()
    if math.isinf(head):
        assert abs(exact) > 2 * Fraction(math.nextafter(math.inf, 0))
        return
    assert abs(exact - Fraction(head) - Fraction(tail)) <= Fraction(radius)
    assert radius <= max(abs(head) * 2.0**-100, 5e-324)


def test_array_keeps_balls_where_formulas_mix_in_numbers() -> None:
    x = balls([[0.0, 2.0]])
    mixed = np.where(x > 0, x, 1.0)
    assert isinstance(mixed, BallArray)
    assert isinstance(np.log(mixed)[0, 0], Ball)
    assert isinstance(np.sum(mixed), BallArray)
    assert np.sum(mixed).shape == ()
    assert np.max(x, axis=1, keepdims=True).shape == (1, 1)
    assert same(np.mean(mixed, axis=1)[0], 1.5)
    assert same(np.clip(x, 0.5, 1.5)[0, 1], 1.5)
    assert same(np.take_along_axis(x, np.array([[1]]), axis=1)[0, 0], 2.0)
    assert np.isnan(balls([np.nan, 1.0])).tolist() == [True, False]


def test_more_bits_are_tried_until_a_comparison_is_decided() -> None:
    def formula(x: Any) -> Any:
        tiny = np.log(np.exp(x)) - x  # zero, to within the radius
        return np.where(np.abs(tiny) < 1e-300, 1.0, 0.0)

    (result,) = enclose(formula, {"x": np.array([0.3])}, {})
    assert result.head.tolist() == [1.0]
    assert result.bits > 200
    assert flint.ctx.prec == 200

    def hopeless(x: Any) -> Any:
        return np.where(np.log(np.exp(x)) - x > 0, 1.0, 0.0)

    with pytest.raises(UndecidedError, match="6400 bits"):
        enclose(hopeless, {"x": np.array([0.3])}, {})
    assert flint.ctx.prec == 200


def test_chunks_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    def formula(x: Any, y: Any, summed: bool) -> Any:
        z = np.where(x > 0.5, np.log(y) - x, 2.0) * y
        return np.sum(z - np.max(z)) / np.size(z) if summed else z

    rng = np.random.default_rng(0)
    inputs = {"x": rng.random((7, 1, 5)), "y": rng.random((3, 5))}
    for summed in (False, True):
        (whole,) = enclose(formula, inputs, {"summed": summed})
        with monkeypatch.context() as patch:
            patch.setattr("conformance.reference.stream.CHUNK", 8)
            patch.setattr(enclosure, "FEW", 8)
            assert isinstance(enclosure._leaves(inputs)["x"], Stream)
            (pieces,) = enclose(formula, inputs, {"summed": summed})
        assert pieces.head.shape == whole.head.shape
        apart = np.abs((pieces.head - whole.head) + (pieces.tail - whole.tail))
        assert (apart <= (pieces.radius + whole.radius) * (1 + 1e-9)).all()
        assert (pieces.radius <= 1e-25).all()


@pytest.mark.parametrize("shape", [(40, 1, 9), (1, 360), (360, 1), (360,)])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_chunks_add_up_along_an_axis(shape: tuple[int, ...], axis: int | None) -> None:
    def formula(x: Any) -> Any:
        return np.sum(np.exp(x), axis=axis) / 3

    inputs = {"x": np.random.default_rng(0).random(shape)}
    assert isinstance(enclosure._leaves(inputs)["x"], Stream)
    (result,) = enclose(formula, inputs, {})
    expected = np.sum(np.exp(inputs["x"]), axis=axis) / 3
    assert result.head.shape == expected.shape
    np.testing.assert_allclose(result.head, expected, rtol=1e-14)
    assert (result.radius <= 1e-25 * np.abs(expected)).all()
