"""Derivatives of a formula itself, rigorously: balls that carry their partial derivatives.

Independent of any gradient derived by hand: a formula runs on dual numbers as it stands, and the rules
of differentiation are applied operation by operation (Griewank and Walther, Evaluating Derivatives
(2008), section 3.1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.reference.ball import Ball, Number, as_ball
from conformance.reference.ball_array import BallArray, balls
from conformance.reference.enclosure import with_enough_bits


class Dual(Ball):
    """A ball with its `partials`: its derivative by each input element, by number; absent ones are zero.

    `ties`, shared by all numbers of one evaluation, collects the input elements at which a comparison
    came out equal: there a formula changes its branch, and its branches alone do not say what its
    derivative is.
    """

    __slots__ = ("partials", "ties")

    def __init__(self, number: Number, partials: dict[int, Ball], ties: set[int]) -> None:
        """Give a number its partial derivatives."""
        super().__init__(number)
        self.partials = partials
        self.ties = ties

    def __add__(self, other: Number) -> Dual:
        """Add."""
        return self._joined(super().__add__(other), Ball(1), other, Ball(1))

    def __sub__(self, other: Number) -> Dual:
        """Subtract."""
        return self._joined(super().__sub__(other), Ball(1), other, Ball(-1))

    def __mul__(self, other: Number) -> Dual:
        """Multiply."""
        return self._joined(super().__mul__(other), Ball(other), other, Ball(self))

    def __truediv__(self, other: Number) -> Dual:
        """Divide."""
        quotient, divisor = super().__truediv__(other), Ball(other)
        return self._joined(quotient, 1 / divisor, other, -quotient / divisor)

    def __radd__(self, other: Number) -> Dual:
        """Add."""
        return self._constant(other) + self

    def __rsub__(self, other: Number) -> Dual:
        """Subtract."""
        return self._constant(other) - self

    def __rmul__(self, other: Number) -> Dual:
        """Multiply."""
        return self._constant(other) * self

    def __rtruediv__(self, other: Number) -> Dual:
        """Divide."""
        return self._constant(other) / self

    def __neg__(self) -> Dual:
        """Negate."""
        return self._chained(super().__neg__(), Ball(-1))

    def __abs__(self) -> Dual:
        """Take the absolute value."""
        sign = self._order(0)
        return self._chained(super().__abs__(), Ball(math.nan if sign is None else sign))

    def exp(self) -> Dual:
        """Exponentiate."""
        power = super().exp()
        return self._chained(power, power)

    def expm1(self) -> Dual:
        """exp(x) - 1."""
        return self._chained(super().expm1(), super().exp())

    def log(self) -> Dual:
        """Natural logarithm."""
        return self._applied(super().log(), 1 / Ball(self))

    def log1p(self) -> Dual:
        """log(1 + x)."""
        return self._applied(super().log1p(), 1 / (1 + Ball(self)))

    def sqrt(self) -> Dual:
        """Square root."""
        root = super().sqrt()
        return self._applied(root, 0.5 / root)

    def __pow__(self, exponent: Number) -> Dual:
        """Raise to a positive power, a constant."""
        value, power = super().__pow__(exponent), Ball(exponent)
        return self._applied(value, power * value / Ball(self))

    def tanh(self) -> Dual:
        """Hyperbolic tangent."""
        value = super().tanh()
        return self._chained(value, 1 - value * value)

    def logaddexp(self, other: Number) -> Ball:
        """log(exp x + exp y); of two logarithms of 0 the derivatives are 0 / 0."""
        nothing = -math.inf
        if self.special == nothing and as_ball(other).special == nothing:
            return self._joined(Ball(nothing), Ball(math.nan), other, Ball(math.nan))
        return super().logaddexp(other)

    def maximum(self, other: Number) -> Ball:
        """Return the larger one; NaN wins."""
        rival = as_ball(other)
        if self.isnan() or rival.isnan():
            return self._joined(Ball(math.nan), Ball(math.nan), rival, Ball(math.nan))
        return self if self >= rival else rival

    def _constant(self, number: Number) -> Dual:
        return Dual(number, {}, self.ties)

    def _applied(self, value: Ball, slope: Ball) -> Dual:
        """A function of limited domain: where it has no value, it has no derivative."""
        return self._chained(value, value if value.isnan() else slope)

    def _chained(self, value: Ball, slope: Ball) -> Dual:
        partials = {place: partial * slope for place, partial in self.partials.items()}
        return Dual(value, partials, self.ties)

    def _joined(self, value: Ball, slope: Ball, other: Number, other_slope: Ball) -> Dual:
        partials = self._chained(value, slope).partials
        if isinstance(other, Dual):
            for place, partial in other._chained(value, other_slope).partials.items():
                partials[place] = partials[place] + partial if place in partials else partial
        return Dual(value, partials, self.ties)

    def _order(self, other: Number) -> int | None:
        order = super()._order(other)
        if order == 0 and self is not other:
            self.ties.update(self.partials)
            if isinstance(other, Dual):
                self.ties.update(other.partials)
        return order


@dataclass(frozen=True, slots=True, eq=False)
class Derivative:
    """A gradient as balls, of its input's shape, and where it is a `tie` (see `Dual`)."""

    balls: BallArray
    tie: NDArray[np.bool_]


def differentiate(
    function: Callable[..., Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
    upstream: NDArray[np.float64],
) -> dict[str, Derivative]:
    """Differentiate `upstream` times what `function` returns by each float64 input, by its name.

    Time and memory grow with the square of the number of elements, where the function sums. Raises
    UndecidedError like `enclose`.
    """
    return with_enough_bits(lambda: _differentiated(function, inputs, options, upstream))[0]


def _differentiated(
    function: Callable[..., Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
    upstream: NDArray[np.float64],
) -> dict[str, Derivative]:
    ties: set[int] = set()
    numbered, carried = {}, dict(inputs)
    count = 0
    for name, array in inputs.items():
        if array.dtype == np.float64:
            numbered[name] = places = np.arange(count, count + array.size).reshape(array.shape)
            count += array.size
            carried[name] = balls(_seed(array.astype(object), places, ties))
    result = balls(function(**carried, **options))
    totals = [Ball(0)] * count
    for part, weight in zip(result.flat, balls(upstream).flat, strict=True):
        for place, partial in getattr(part, "partials", {}).items():
            totals[place] = totals[place] + weight * partial
    everything: NDArray[Any] = np.empty(count, dtype=object)
    everything[:] = totals
    return {
        name: Derivative(balls(everything[places]), np.isin(places, list(ties)))
        for name, places in numbered.items()
    }


def _seed(array: NDArray[Any], places: NDArray[np.intp], ties: set[int]) -> NDArray[Any]:
    seeded: NDArray[Any] = np.frompyfunc(lambda number, place: Dual(number, {place: Ball(1)}, ties), 2, 1)(
        array, places
    )
    return seeded
