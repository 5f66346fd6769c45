"""Numbers enclosed by pairs of float64 arrays: some fifty times as fast as balls, for large arrays.

A number lies within `radius` of `head + tail`, which hold about 106 bits. Each operation is made of
error-free transformations (Dekker 1971; Knuth, The Art of Computer Programming, volume 2, section 4.2.2)
and adds to the radius whatever it rounds away. A radius that is not finite says that nothing is known: of
a number that is not finite or beyond the range in which the transformations are free of errors, and
of every function that has no rule here. Whoever uses these falls back to balls there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.reference.ball_array import BallArray, Parts, parts

_SPLITTER = 2.0**27 + 1
_SMALLEST, _LARGEST = 2.0**-800, 2.0**900  # sizes between which nothing below overflows or underflows
_FLOOR = 2.0**-200  # of a result: more than what parts of a radius lose where they themselves underflow
# What a handful of roundings, each of at most 2**-53 of a positive sum, take away from it, and more.
_UP = 1 + 2.0**-48


@dataclass(frozen=True, slots=True, eq=False)
class DoubleWord:
    """An array of such numbers, `head` the float64 numbers nearest to them.

    `tail` and `radius` may be plain zeros for exact float64 numbers.
    """

    head: Any
    tail: Any = 0.0
    radius: Any = 0.0

    @property
    def exact(self) -> bool:
        """Whether all are known to be float64 numbers, from the way they were made."""
        return isinstance(self.tail, float) and isinstance(self.radius, float)

    @property
    def zero(self) -> Any:
        """Where the number is exactly zero."""
        return (self.head == 0) & (self.tail == 0) & (self.radius == 0)

    def parts(self) -> Parts:
        """Head, tail and radius as arrays of one shape."""
        head = np.asarray(self.head)
        tail, radius = (np.array(np.broadcast_to(part, head.shape)) for part in (self.tail, self.radius))
        return head, tail, radius


def double_words(numbers: Any) -> DoubleWord:
    """Enclose numbers, taken exactly, or arrays of balls; integers beyond float64 are unknown."""
    if isinstance(numbers, DoubleWord):
        return numbers
    if isinstance(numbers, BallArray):
        return DoubleWord(*parts(numbers))
    array = np.asarray(numbers)
    head = array.astype(np.float64)
    exact = array.dtype.kind in "bf" or bool(np.all(np.abs(head) <= 2.0**53))
    return DoubleWord(head) if exact else unknown(head.shape)


def unknown(shape: tuple[int, ...]) -> DoubleWord:
    """Return an array of which nothing is known."""
    return DoubleWord(np.zeros(shape), 0.0, np.full(shape, np.inf))


def known(found: Parts) -> bool:
    """Whether something is known of all: they are finite then."""
    return bool(np.all(np.isfinite(found[0] + found[1]) & np.isfinite(found[2])))


def settled(found: Parts, bits: int = 64) -> bool:
    """Whether all are known, to `bits` bits."""
    return known(found) and bool(np.all(found[2] <= 2.0**-bits * np.abs(found[0])))


def add(a: DoubleWord, b: DoubleWord) -> DoubleWord:
    """a + b."""
    total, error = two_sum(a.head, b.head)
    rest = error + (a.tail + b.tail)
    rounded = 2.0**-51 * (np.abs(error) + np.abs(a.tail) + np.abs(b.tail))
    return DoubleWord(*two_sum(total, rest), (a.radius + b.radius + rounded) * _UP)


def subtract(a: DoubleWord, b: DoubleWord) -> DoubleWord:
    """a - b."""
    return add(a, negative(b))


def negative(a: DoubleWord) -> DoubleWord:
    """-a, exactly."""
    return DoubleWord(-a.head, -a.tail, a.radius)


def multiply(a: DoubleWord, b: DoubleWord) -> DoubleWord:
    """a b."""
    product, error = two_product(a.head, b.head)
    left, right = a.head * b.tail, a.tail * b.head
    rest = error + (left + right)
    radius = _unsafe(product, a, b)
    if not (a.exact and b.exact):
        size_a, size_b = np.abs(a.head) + np.abs(a.tail), np.abs(b.head) + np.abs(b.tail)
        rounded = 2.0**-50 * (np.abs(error) + np.abs(left) + np.abs(right)) + np.abs(a.tail * b.tail)
        carried = size_a * b.radius + a.radius * (size_b + b.radius)
        radius = radius + (carried + rounded) * _UP + _FLOOR * np.abs(product)
    return DoubleWord(*two_sum(product, rest), radius)


def divide(a: DoubleWord, b: DoubleWord) -> DoubleWord:
    """a / b: a quotient, corrected by what it leaves; the radius follows from what is left then."""
    first = a.head / b.head
    left = subtract(a, multiply(DoubleWord(first), b))
    second = left.head / b.head
    left = subtract(left, multiply(DoubleWord(second), b))
    # a / b - (first + second) = left / b, whatever the two are.
    least = np.abs(b.head) - np.abs(b.tail) - b.radius
    least = np.where(least > 0, least * (1 - 2.0**-50), np.nan)
    size = np.abs(left.head) + np.abs(left.tail) + left.radius
    radius = np.where(size == 0, 0.0, size / least * _UP + _FLOOR * np.abs(first))
    return DoubleWord(*two_sum(first, second), radius + _unsafe(first, a, b))


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the rounded sum and its error, exactly."""
    total = a + b
    virtual = total - a
    return total, (a - (total - virtual)) + (b - virtual)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the rounded product and its error, exactly where neither is tiny or huge (see `_unsafe`)."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _unsafe(result: Any, a: DoubleWord, b: DoubleWord) -> Any:
    """Infinity where numbers are beyond the range in which products have exact errors; 0 elsewhere.

    A zero result is fine where an operand is exactly zero: nothing has fallen below the range there.
    """
    sizes = np.abs(result), np.abs(a.head), np.abs(b.head)
    if all(np.all(size <= _LARGEST) for size in sizes) and np.all(sizes[0] >= _SMALLEST):
        return 0.0
    safe = (sizes[0] >= _SMALLEST) | a.zero | (b.zero & (sizes[0] == 0))
    for size in sizes:
        safe = safe & (size <= _LARGEST)
    return np.where(safe, 0.0, np.inf)


def _split(a: NDArray[np.float64]) -> tuple[Any, Any]:
    """Split in two of 26 bits."""
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high
