"""What a formula's elementwise functions are on double words.

exp and log are a table and short series, with the radius of what those leave out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import flint
import numpy as np
from flint import arb

from conformance.reference.ball_array import balls, parts
from conformance.reference.double_word import (
    DoubleWord,
    add,
    divide,
    double_words,
    multiply,
    negative,
    subtract,
    unknown,
)

_STEPS = 256  # powers of two in the table, between 1 and 2
_REACH = 600.0  # arguments of exp, whose powers and their tails then are normal numbers
_LOG_ERROR = 2.0**-40  # of NumPy's log, which is off by at most 2**-42 in this range; looked at, not trusted


@cache
def _powers() -> DoubleWord:
    """2**(j / 256), for each j."""
    with flint.ctx.workprec(200):
        return DoubleWord(*parts(balls([arb(2) ** (arb(j) / _STEPS) for j in range(_STEPS)])))


@cache
def _step() -> tuple[float, float, float, float]:
    """Three numbers that add up to ln 2 / 256, and how far off they may be.

    The first two have 34 bits, so that their products with any number of steps are exact.
    """
    with flint.ctx.workprec(200):
        left, pieces = arb(2).log() / _STEPS, []
        for scale in (2.0**42, 2.0**76):
            pieces.append(math.floor(float(left) * scale) / scale)
            left -= pieces[-1]
        pieces.append(float(left))
        return pieces[0], pieces[1], pieces[2], math.nextafter(float(abs(left - pieces[2]).upper()), 1.0)


def exp(a: DoubleWord) -> DoubleWord:
    """exp a = 2**(n / 256) exp r, with |r| < 2**-9 (Tang, ACM TOMS 15 (1989), pages 144-157)."""
    inside = np.abs(a.head) <= _REACH
    head = np.where(inside, a.head, 0.0)
    first, second, third, off = _step()
    steps = np.rint(head / first)
    rest = steps * third
    reduced = subtract(DoubleWord(head, a.tail, a.radius), DoubleWord(steps * first))
    reduced = subtract(reduced, DoubleWord(steps * second))
    reduced = subtract(reduced, DoubleWord(rest, 0.0, 2.0**-52 * np.abs(rest) + off * np.abs(steps)))
    grown = _expm1(reduced)
    power, places = np.divmod(steps, _STEPS)
    table, chosen = _powers(), places.astype(np.intp)
    base = DoubleWord(table.head[chosen], table.tail[chosen], table.radius[chosen])
    result = add(base, multiply(base, grown))
    scale = np.ldexp(1.0, power.astype(np.intp))
    radius = np.where(inside, result.radius * scale, np.inf)
    return DoubleWord(result.head * scale, result.tail * scale, radius)


def _expm1(r: DoubleWord) -> DoubleWord:
    """Taylor's series: r + r**2 (1/2 + r (1/6 + r (1/24 + r q))), where |r| < 2**-9."""
    x = r.head
    q = (1 + x / 6 * (1 + x / 7 * (1 + x / 8 * (1 + x / 9 * (1 + x / 10))))) / 120
    # A few roundings of 2**-53, the tail of r, and the next term of the series, x**6 / 332640.
    near = (np.abs(x) < 2.0**-9) & (np.abs(r.tail) + r.radius < 2.0**-58)
    series = DoubleWord(q, 0.0, np.where(near, 2.0**-49 * np.abs(q), np.inf))
    for divisor in (24.0, 6.0, 2.0):
        series = add(_reciprocal(divisor), multiply(r, series))
    return add(r, multiply(multiply(r, r), series))


@cache
def _reciprocal(number: float) -> DoubleWord:
    return divide(DoubleWord(np.float64(1.0)), DoubleWord(np.float64(number)))


def log(a: DoubleWord) -> DoubleWord:
    """log a = l + log(1 + z) with z = a exp(-l) - 1: whatever float64 l, if z is small."""
    with np.errstate(all="ignore"):
        guess: Any = np.log(a.head)
    guess = np.where(np.abs(guess) <= _REACH, guess, np.nan)  # NaN where a is not positive
    z = subtract(multiply(a, exp(DoubleWord(-guess))), DoubleWord(np.float64(1.0)))
    square = z.head * z.head
    size = np.abs(z.head) + np.abs(z.tail) + z.radius
    # What is left out of z - z**2 / 2: the third term, 2 z times the tail, and the rounding of the square.
    left_out = size * size * (size + 2.0**-50)
    radius = z.radius * (1 + 2.0**-38) + left_out
    series = subtract(DoubleWord(z.head, z.tail, radius), DoubleWord(square / 2))
    result = add(DoubleWord(guess), series)
    radius = np.where(size < _LOG_ERROR, result.radius, np.inf)
    one = (a.head == 1) & (a.tail == 0) & (a.radius == 0)  # log 1 is no number that a radius could surround
    return DoubleWord(result.head, np.where(one, 0.0, result.tail), np.where(one, 0.0, radius))


def log1p(a: DoubleWord) -> DoubleWord:
    """log(1 + a): to fewer bits where a is small, since 1 + a holds no more of it."""
    return log(add(DoubleWord(np.float64(1.0)), a))


def absolute(a: DoubleWord) -> DoubleWord:
    """|a|, of which no radius grows."""
    return _where(a.head < 0, negative(a), a)


def maximum(a: DoubleWord, b: DoubleWord) -> DoubleWord:
    """The larger one, where that is certain or they are equal."""
    apart = subtract(a, b)
    certain = (np.abs(apart.head) > np.abs(apart.tail) + apart.radius) | apart.zero
    larger = _where(apart.head > 0, a, b)
    return DoubleWord(larger.head, larger.tail, np.where(certain, larger.radius, np.inf))


def minimum(a: DoubleWord, b: DoubleWord) -> DoubleWord:
    """The smaller one, where that is certain or they are equal."""
    return negative(maximum(negative(a), negative(b)))


def apply(function: Callable[..., Any], *operands: Any) -> DoubleWord:
    """What a ufunc, or np.where, makes of double words, numbers or balls; nothing is known for most."""
    if function is np.where:
        return _where(operands[0], double_words(operands[1]), double_words(operands[2]))
    words = [double_words(part) for part in operands]
    rule = _RULES.get(function)
    return (
        unknown(np.broadcast_shapes(*(np.shape(part.head) for part in words)))
        if rule is None
        else rule(*words)
    )


def _where(condition: Any, x: DoubleWord, y: DoubleWord) -> DoubleWord:
    return DoubleWord(*(np.where(condition, *pair) for pair in zip(_fields(x), _fields(y), strict=True)))


def _fields(a: DoubleWord) -> tuple[Any, Any, Any]:
    return a.head, a.tail, a.radius


_RULES: dict[Callable[..., Any], Callable[..., DoubleWord]] = {
    np.add: add,
    np.subtract: subtract,
    np.multiply: multiply,
    np.divide: divide,
    np.negative: negative,
    np.exp: exp,
    np.log: log,
    np.log1p: log1p,
    np.absolute: absolute,
    np.maximum: maximum,
    np.minimum: minimum,
}
