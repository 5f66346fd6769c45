"""How each elementary operation propagates absolute errors, and what it adds by rounding.

Every rule takes the arithmetic and operands `(value, error)`, and returns one. Values and errors are
float64 arrays or scalars that broadcast against each other; the error None means exact. An error of
infinity means that nothing is known. A value that is NaN or infinite under a finite error is exactly
that: the formula, not rounding, made it so.

Running error analysis: Wilkinson, Rounding Errors in Algebraic Processes (1963); Higham, Accuracy
and Stability of Numerical Algorithms (2002), section 3.3. First order in the errors of sums, products
and differences; enclosures where first order breaks down (exp, log, sqrt, division).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from conformance.reference.arithmetic import Arithmetic

Floats: TypeAlias = Any  # a float64 array, or a scalar of one; NumPy turns 0-d results into scalars
Operand: TypeAlias = "tuple[Floats, Floats | None]"
Rule: TypeAlias = Callable[..., Operand]

_add_up: Callable[..., Any] = np.add.reduce  # np.sum without its dispatch, which costs as much again
_highest: Callable[..., Any] = np.maximum.reduce


def add(arithmetic: Arithmetic, a: Operand, b: Operand) -> Operand:
    """a + b. A sum that falls below the normal range is exact, so no `eta`."""
    return _sum_of_two(arithmetic, a[0] + b[0], a, b)


def subtract(arithmetic: Arithmetic, a: Operand, b: Operand) -> Operand:
    """a - b, like a + b."""
    return _sum_of_two(arithmetic, a[0] - b[0], a, b)


def multiply(arithmetic: Arithmetic, a: Operand, b: Operand) -> Operand:
    """a b: |a| eb + |b| ea + ea eb, and a rounding (none where a factor is exactly zero)."""
    value = a[0] * b[0]
    error = _rounding(arithmetic, value) * (_not_exact_zero(a) & _not_exact_zero(b))
    if a[1] is not None:
        error = error + a[1] * (np.abs(b[0]) if b[1] is None else np.abs(b[0]) + b[1])
    if b[1] is not None:
        error = error + np.abs(a[0]) * b[1]
    return _settle(
        value, error, (a, b), lambda: (np.isinf(a[0]) & _crosses(b)) | (np.isinf(b[0]) & _crosses(a))
    )


def divide(arithmetic: Arithmetic, a: Operand, b: Operand) -> Operand:
    """a / b: the enclosure (ea + |a/b| eb) / (|b| - eb), unknown where b's interval holds zero."""
    value = a[0] / b[0]
    error = _rounding(arithmetic, value) * _not_exact_zero(a)
    if b[1] is not None:
        room = np.abs(b[0]) - b[1]
        numerator = np.abs(value) * b[1] if a[1] is None else a[1] + np.abs(value) * b[1]
        error = error + np.where(room > 0, numerator / room, np.inf)
    elif a[1] is not None:
        error = error + a[1] / np.abs(b[0])
    return _settle(value, error, (a, b), lambda: _crosses(b) | ((b[0] == 0) & _crosses(a)))


def square(arithmetic: Arithmetic, a: Operand) -> Operand:
    """A product of a with itself."""
    return multiply(arithmetic, a, a)


def exp(arithmetic: Arithmetic, a: Operand) -> Operand:
    """exp a: exp(a) expm1(ea). Zero only where a is exactly minus infinity, else it underflows."""
    value = np.exp(a[0])
    error = _elementary(arithmetic, value, a[0] != -np.inf)
    if a[1] is not None:
        # Where the error is large, one factor may be 0 and the other infinite.
        error = error + np.where(a[1] > 1, np.exp(a[0] + a[1]), value * np.expm1(a[1]))
    return _settle(value, error, (a,))


def expm1(arithmetic: Arithmetic, a: Operand) -> Operand:
    """exp(a) - 1."""
    value = np.expm1(a[0])
    error = _elementary(arithmetic, value, _not_exact_zero(a))
    if a[1] is not None:
        error = error + np.exp(a[0]) * np.expm1(a[1])
    return _settle(value, error, (a,))


def log(arithmetic: Arithmetic, a: Operand) -> Operand:
    """Log a: -log(1 - ea/a), unknown where the interval of a reaches zero. log 1 is exactly 0."""
    value = np.log(a[0])
    error = 2 * arithmetic.u * arithmetic.log_ulps * np.abs(value)
    if a[1] is not None:
        error = error - np.log1p(-a[1] / a[0])
    return _settle(value, error, (a,), lambda: _crosses(a))


def log1p(arithmetic: Arithmetic, a: Operand) -> Operand:
    """log(1 + a), unknown where the interval of 1 + a reaches zero."""
    value = np.log1p(a[0])
    error = _elementary(arithmetic, value, _not_exact_zero(a))
    if a[1] is not None:
        error = error - np.log1p(-a[1] / (1 + a[0]))
    return _settle(value, error, (a,), lambda: (np.abs(1 + a[0]) <= _error(a)) & (_error(a) > 0))


def sqrt(arithmetic: Arithmetic, a: Operand) -> Operand:
    """Square root, of the part of the interval that is not below zero."""
    value = np.sqrt(a[0])
    error = arithmetic.u * value
    if a[1] is not None:
        lowest = np.sqrt(np.maximum(a[0] - a[1], 0.0))
        below = a[1] / (value + lowest)
        above = np.maximum(np.sqrt(np.abs(a[0]) + a[1]) - value, value)
        spread = np.where(lowest > 0, below, np.where(_crosses(a), above, 0.0))
        error = error + spread
    return _settle(value, error, (a,), lambda: (a[0] < 0) & _crosses(a))


def power(arithmetic: Arithmetic, a: Operand, exponent: Operand) -> Operand:
    """a to an exact positive `exponent`: a^p |expm1(p log1p(+-ea/a))|, (a + ea)^p where 0 may be in reach."""
    p = exponent[0]
    value = a[0] ** p
    error = _elementary(arithmetic, value, _not_exact_zero(a))
    if a[1] is not None:
        share = a[1] / a[0]
        ends = (np.abs(np.expm1(p * np.log1p(end))) for end in (share, -np.minimum(share, 1.0)))
        reaching = np.maximum(np.maximum(a[0] + a[1], 0.0) ** p - value, value)
        error = error + np.where(a[0] > a[1], value * np.maximum(*ends), np.where(_crosses(a), reaching, 0.0))
    return _settle(value, error, (a,), lambda: (a[0] < 0) & _crosses(a))


def tanh(arithmetic: Arithmetic, a: Operand) -> Operand:
    """Hyperbolic tangent: its largest slope over the interval times the error."""
    value = np.tanh(a[0])
    error = _elementary(arithmetic, value, _not_exact_zero(a))
    if a[1] is not None:
        nearest = np.maximum(np.abs(a[0]) - a[1], 0.0)
        error = error + a[1] / np.square(np.cosh(nearest))
    return _settle(value, error, (a,))


def negative(arithmetic: Arithmetic, a: Operand) -> Operand:
    """-a, exactly."""
    return -a[0], a[1]


def positive(arithmetic: Arithmetic, a: Operand) -> Operand:
    """A copy."""
    return a


def absolute(arithmetic: Arithmetic, a: Operand) -> Operand:
    """|a|: never farther apart than the operands."""
    return np.abs(a[0]), a[1]


def maximum(arithmetic: Arithmetic, a: Operand, b: Operand) -> Operand:
    """The larger one; where the intervals overlap, the larger of the two errors."""
    return _extreme(np.maximum(a[0], b[0]), a, b, a[0] - b[0])


def minimum(arithmetic: Arithmetic, a: Operand, b: Operand) -> Operand:
    """The smaller one; where the intervals overlap, the larger of the two errors."""
    return _extreme(np.minimum(a[0], b[0]), a, b, b[0] - a[0])


def total(arithmetic: Arithmetic, a: Operand, axis: Any, keepdims: bool) -> Operand:
    """The sum over `axis`: c u_a sum|a| + u |S|, and the sum of the errors. One term is exact."""
    value = _add_up(a[0], axis=axis, keepdims=keepdims)
    count = np.size(a[0]) // max(np.size(value), 1)
    carried = None if a[1] is None else _add_up(_like(a), axis=axis, keepdims=keepdims)
    units = arithmetic.summation_units(count)
    if units == 0.0:
        return value, carried
    size = _add_up(np.abs(a[0]), axis=axis, keepdims=keepdims)
    error = units * arithmetic.u_accumulator * size + arithmetic.u * np.abs(value)
    if carried is not None:
        error = error + carried
    return _settle(value, error, ((value, carried),))


def largest(arithmetic: Arithmetic, a: Operand, axis: Any, keepdims: bool) -> Operand:
    """The largest element over `axis`; any element whose interval reaches it may have been it."""
    value = _highest(a[0], axis=axis, keepdims=True)
    if a[1] is None:
        return _without(value, axis, keepdims), None
    error = _like(a)
    at_top = _highest(np.where(a[0] == value, error, 0.0), axis=axis, keepdims=True)
    rivals = np.where(~(value - a[0] > error + at_top), error, 0.0)
    spread = _highest(rivals, axis=axis, keepdims=True)
    return _without(value, axis, keepdims), _without(spread, axis, keepdims)


def select(condition: Floats, unsure: Floats | None, a: Operand, b: Operand) -> Operand:
    """`np.where(condition, a, b)`; where the condition is unsure, the union of both branches."""
    value = np.where(condition, a[0], b[0])
    if unsure is None and a[1] is None and b[1] is None:
        return value, None
    error: Floats = np.where(condition, _error(a), _error(b))
    if unsure is not None:
        apart = np.where(a[0] == b[0], 0.0, np.abs(a[0] - b[0]))
        both = np.maximum(error, np.where(condition, _error(b), _error(a)) + apart)
        error = np.where(unsure, np.where(np.isnan(both), np.inf, both), error)
    return value, error


def unsure_order(a: Operand, b: Operand) -> Floats | None:
    """Return where a comparison of a with b could come out either way, or None for nowhere."""
    if a[1] is None and b[1] is None:
        return None
    reach = _error(a) + _error(b)
    return (reach > 0) & ((np.abs(a[0] - b[0]) <= reach) | (reach == np.inf))


def unsure_class(a: Operand) -> Floats | None:
    """Return where it is unknown whether a is finite, infinite or NaN, or None for nowhere."""
    return None if a[1] is None else _error(a) == np.inf


def _sum_of_two(arithmetic: Arithmetic, value: Floats, a: Operand, b: Operand) -> Operand:
    error = arithmetic.u * np.abs(value)
    if a[1] is not None:
        error = error + a[1]
    if b[1] is not None:
        error = error + b[1]
    return _settle(value, error, (a, b))


def _extreme(value: Floats, a: Operand, b: Operand, lead: Floats) -> Operand:
    if a[1] is None and b[1] is None:
        return value, None
    error_a, error_b = _error(a), _error(b)
    reach = error_a + error_b
    overlap = np.maximum(error_a, error_b)
    return value, np.where(lead > reach, error_a, np.where(-lead > reach, error_b, overlap))


def _rounding(arithmetic: Arithmetic, value: Floats) -> Floats:
    """u |value|, and `eta` where that is less: below the normal range."""
    return np.maximum(arithmetic.u * np.abs(value), arithmetic.eta)


def _elementary(arithmetic: Arithmetic, value: Floats, inexact: Floats) -> Floats:
    """E ulp of a function that is not correctly rounded, exact where `inexact` is false."""
    ulps = 2 * arithmetic.u * arithmetic.log_ulps
    return np.maximum(ulps * np.abs(value), arithmetic.eta) * inexact


def _settle(
    value: Floats,
    error: Floats,
    operands: tuple[Operand, ...],
    undecided: Callable[[], Floats] | None = None,
) -> Operand:
    """Mend the error where it is not finite: exact infinities and NaNs carry none.

    The common case, all finite, costs one look. `undecided` says where intervals of the operands
    leave open what the non-finite result is.
    """
    if np.logical_and.reduce(np.isfinite(error), axis=None):
        return value, error
    exact = ~np.isfinite(value)
    for operand in operands:
        if operand[1] is not None:
            exact = exact & np.isfinite(operand[1])
    if undecided is not None:
        exact = exact & np.logical_not(undecided())  # a plain bool for plain numbers
    return value, np.where(exact, 0.0, np.where(np.isfinite(error), error, np.inf))


def _not_exact_zero(a: Operand) -> Floats:
    return (a[0] != 0) if a[1] is None else (a[0] != 0) | (a[1] != 0)


def _crosses(a: Operand) -> Floats:
    """Where the interval of a holds zero and more than zero."""
    return False if a[1] is None else (np.abs(a[0]) <= a[1]) & (a[1] > 0)


def _error(a: Operand) -> Floats:
    return 0.0 if a[1] is None else a[1]


def _like(a: Operand) -> Floats:
    """The error in the shape of the value."""
    return spread(_error(a), np.shape(a[0]))


def spread(error: Floats, shape: tuple[int, ...]) -> Floats:
    """`error` broadcast to `shape`; most often it is of that shape, and NumPy takes long to find that out."""
    return error if np.shape(error) == shape else np.broadcast_to(error, shape)


def _without(values: Floats, axis: Any, keepdims: bool) -> Floats:
    if keepdims:
        return values
    return values.reshape(()) if axis is None else np.squeeze(values, axis=axis)
