"""Numbers enclosed rigorously: a thin wrapper of python-flint's `arb` balls.

A `Ball` is either an `arb` (a finite midpoint with a radius) or exactly NaN or infinite. NumPy finds
its methods by name in object arrays (`np.log(array)` calls `.log()`), so the same formula runs on
them. Where a ball is too wide to say which side of a branch or a pole it lies on, operations raise
`UndecidedError` rather than pick one; the caller then repeats everything with more bits.

The precision is python-flint's own, `flint.ctx.prec`; `enclose` sets it.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from flint import arb

Number: TypeAlias = "Ball | int | float"


class UndecidedError(ArithmeticError):
    """A ball is too wide to decide a comparison, a sign or a domain; more bits may."""


class Ball:
    """One enclosed real number, or exactly NaN or an infinity (`special`, else None)."""

    __slots__ = ("real", "special")

    real: arb
    special: float | None

    def __init__(self, number: Number | arb) -> None:
        """Enclose a number exactly, or wrap an `arb`; raise UndecidedError for an unbounded one."""
        self.special = None
        if isinstance(number, arb):
            if not number.is_finite():
                raise UndecidedError("the enclosure is unbounded")
            self.real = number
        elif isinstance(number, Ball):
            self.real, self.special = number.real, number.special
        elif math.isfinite(number):
            self.real = arb(number)
        else:
            self.real, self.special = arb(0), float(number)

    def __repr__(self) -> str:
        """Show the enclosure."""
        return f"Ball({self.real if self.special is None else self.special})"

    def sign(self) -> int:
        """Return -1, 0 or 1; raise UndecidedError where the ball holds zero and more. NaN has sign 0."""
        if self.special is not None:
            return (self.special > 0) - (self.special < 0)
        if self.real > 0:
            return 1
        if self.real < 0:
            return -1
        if self.real.is_zero():
            return 0
        raise UndecidedError(f"the sign of {self.real}")

    def __add__(self, other: Number) -> Ball:
        """Add."""
        a, b = self, as_ball(other)
        if a.special is None and b.special is None:
            return Ball(a.real + b.real)
        return Ball((a.special or 0.0) + (b.special or 0.0))

    def __sub__(self, other: Number) -> Ball:
        """Subtract."""
        a, b = self, as_ball(other)
        if a.special is None and b.special is None:
            return Ball(a.real - b.real)
        return Ball((a.special or 0.0) - (b.special or 0.0))

    def __mul__(self, other: Number) -> Ball:
        """Multiply."""
        a, b = self, as_ball(other)
        if a.special is None and b.special is None:
            return Ball(a.real * b.real)
        return Ball(a._stand_in() * b._stand_in())

    def __truediv__(self, other: Number) -> Ball:
        """Divide; a divisor of exactly zero, which has no sign here, counts as +0."""
        a, b = self, as_ball(other)
        if a.special is None and b.special is None and b.sign() != 0:
            return Ball(a.real / b.real)
        divisor = b._stand_in()
        if divisor == 0:
            sign = a._stand_in()
            return Ball(sign * math.inf if sign else math.nan)
        return Ball(a._stand_in() / divisor)

    def __radd__(self, other: Number) -> Ball:
        """Add."""
        return as_ball(other) + self

    def __rsub__(self, other: Number) -> Ball:
        """Subtract."""
        return as_ball(other) - self

    def __rmul__(self, other: Number) -> Ball:
        """Multiply."""
        return as_ball(other) * self

    def __rtruediv__(self, other: Number) -> Ball:
        """Divide."""
        return as_ball(other) / self

    def __neg__(self) -> Ball:
        """Negate."""
        return Ball(-self.real if self.special is None else -self.special)

    def __pos__(self) -> Ball:
        """Return self."""
        return self

    def __abs__(self) -> Ball:
        """Take the absolute value."""
        return Ball(abs(self.real) if self.special is None else abs(self.special))

    def __lt__(self, other: Number) -> bool:
        """Compare; raise UndecidedError where the enclosures overlap. NaN compares false."""
        return self._order(other) == -1

    def __le__(self, other: Number) -> bool:
        """Compare; raise UndecidedError where the enclosures overlap. NaN compares false."""
        return self._order(other) in (-1, 0)

    def __gt__(self, other: Number) -> bool:
        """Compare; raise UndecidedError where the enclosures overlap. NaN compares false."""
        return self._order(other) == 1

    def __ge__(self, other: Number) -> bool:
        """Compare; raise UndecidedError where the enclosures overlap. NaN compares false."""
        return self._order(other) in (1, 0)

    def __eq__(self, other: object) -> bool:
        """Compare; raise UndecidedError where the enclosures overlap. NaN compares false."""
        if not isinstance(other, (Ball, int, float)):
            return NotImplemented
        return self._order(other) == 0

    __hash__ = None  # type: ignore[assignment]  # Python's word for unhashable

    def exp(self) -> Ball:
        """Exponentiate."""
        if self.special is not None:
            return Ball(math.exp(self.special))
        return Ball(self.real.exp())

    def expm1(self) -> Ball:
        """exp(x) - 1."""
        if self.special is not None:
            return Ball(math.expm1(self.special))
        return Ball(self.real.expm1())

    def log(self) -> Ball:
        """Natural logarithm: minus infinity of exactly 0, NaN below."""
        sign = self.sign()
        if self.special is not None:
            return Ball(math.nan if self.special != math.inf else math.inf)
        if sign <= 0:
            return Ball(math.nan if sign else -math.inf)
        return Ball(self.real.log())

    def log1p(self) -> Ball:
        """log(1 + x): minus infinity at exactly -1, NaN below."""
        sign = (self + 1).sign()
        if self.special is not None:
            return Ball(math.nan if self.special != math.inf else math.inf)
        if sign <= 0:
            return Ball(math.nan if sign else -math.inf)
        return Ball(self.real.log1p())

    def sqrt(self) -> Ball:
        """Square root: NaN below zero."""
        if self.sign() < 0:
            return Ball(math.nan)
        return Ball(self.real.sqrt() if self.special is None else self.special)

    def __pow__(self, exponent: Number) -> Ball:
        """Raise to a positive power: NaN of what is below zero."""
        sign = self.sign()
        if self.special is not None:
            return Ball(math.nan if sign < 0 else self.special)
        if sign <= 0:
            return Ball(math.nan if sign else 0.0)
        return Ball(self.real ** as_ball(exponent).real)

    def tanh(self) -> Ball:
        """Hyperbolic tangent."""
        return Ball(self.real.tanh() if self.special is None else math.tanh(self.special))

    def logaddexp(self, other: Number) -> Ball:
        """log(exp x + exp y)."""
        a, b = self, as_ball(other)
        if type(a) is Ball is not type(b):  # a subclass knows more of two logarithms of 0
            return b.logaddexp(a)
        if a.special == -math.inf or b.special == -math.inf:
            return b if a.special == -math.inf else a
        if a.special is not None or b.special is not None:
            return a + b
        small, large = (a, b) if float(a.real.mid()) < float(b.real.mid()) else (b, a)
        return large + (small - large).exp().log1p()

    def maximum(self, other: Number) -> Ball:
        """Return an enclosure of the larger one, without deciding which; NaN wins."""
        a, b = self, as_ball(other)
        if type(a) is Ball is not type(b):  # a subclass knows more of what is the larger
            return b.maximum(a)
        if a.special is None and b.special is None:
            return Ball(a.real.max(b.real))
        if a.isnan() or b.isnan():
            return Ball(math.nan)
        return a if a > b else b

    def minimum(self, other: Number) -> Ball:
        """Return an enclosure of the smaller one, without deciding which; NaN wins."""
        return -((-self).maximum(-as_ball(other)))

    def isnan(self) -> bool:
        """Tell NaN."""
        return self.special is not None and math.isnan(self.special)

    def isinf(self) -> bool:
        """Tell an infinity."""
        return self.special is not None and math.isinf(self.special)

    def isfinite(self) -> bool:
        """Tell a real number."""
        return self.special is None

    def parts(self) -> tuple[float, float, float]:
        """Return head, tail and radius: the number lies within radius of head + tail.

        The head is the nearest float64 (infinite beyond the range), the tail the float64 nearest to
        what it leaves. Beyond the range by less than another range, the head is the largest float64.
        """
        if self.special is not None:
            return self.special, 0.0, 0.0
        head = float(self.real)
        if math.isinf(head):
            head = math.copysign(_LARGEST, head)
            if math.isinf(float(self.real - head)):
                return math.copysign(math.inf, head), 0.0, 0.0
        rest = self.real - head
        tail = float(rest)
        return head, tail, _above(abs(rest - tail))

    def _stand_in(self) -> float:
        """A float of the same sign and kind, for the arithmetic of special values."""
        return float(self.sign()) if self.special is None else self.special

    def _order(self, other: Number) -> int | None:
        """-1, 0, 1, or None where either is NaN."""
        a, b = self, as_ball(other)
        if a.isnan() or b.isnan():
            return None
        if a is b:
            return 0
        if a.special is not None or b.special is not None:
            x, y = a.special or 0.0, b.special or 0.0
            return (x > y) - (x < y)
        return (a - b).sign()


_LARGEST = float.fromhex("0x1.fffffffffffffp+1023")


def as_ball(number: Number) -> Ball:
    """Return a ball as it is, and a number as an exact one."""
    return number if isinstance(number, Ball) else Ball(number)


def _above(size: arb) -> float:
    """A float64 not below any number in the ball."""
    if size.is_zero():
        return 0.0
    return math.nextafter(float(size.abs_upper()), math.inf)
