"""Arrays that carry a running error bound through an unchanged NumPy formula.

`Bounded` takes part in NumPy's ufuncs and functions (NEP 13 and NEP 18): a formula written for
float64 arrays runs on it as it stands, and each result is a float64 value with the absolute error
that a sensible implementation in the check's dtype may have made up to there. `rules.py` holds the
mathematics; this module only dispatches to it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from conformance.reference import composite_rules, rules
from conformance.reference.arithmetic import Arithmetic
from conformance.reference.mask import Mask


class Bounded(NDArrayOperatorsMixin):
    """A float64 array `value`, its absolute `error` (of that shape, or None: exact), and the
    `arithmetic` that both are computed for.

    An infinite error means that nothing is known. A NaN or an infinity under a finite error is exact.
    Operations expect to run inside `np.errstate(all="ignore")`; opening one each would cost more
    than they do.
    """

    __slots__ = ("arithmetic", "error", "value")

    def __init__(self, value: Any, error: Any, arithmetic: Arithmetic) -> None:
        """Pair a value with its error."""
        self.value = value
        self.error = error
        self.arithmetic = arithmetic

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        """The number of elements."""
        return np.size(self.value)

    @property
    def T(self) -> Bounded:  # noqa: N802 - NumPy's name
        """The transpose."""
        return self._each(np.transpose)

    def __len__(self) -> int:
        """Return the length of the first axis."""
        return len(self.value)

    def __getitem__(self, key: Any) -> Bounded:
        """Index value and error alike."""
        return self._each(lambda array: array[key])

    def __bool__(self) -> bool:
        """Refuse: a formula selects with `np.where`."""
        raise TypeError("a number that carries an error has no truth value; use np.where")

    def __repr__(self) -> str:
        """Show value and error."""
        return f"Bounded({self.value!r}, error={self.error!r}, dtype={self.arithmetic.dtype})"

    def reshape(self, *shape: Any) -> Bounded:
        """Reshape like an array."""
        return self._each(lambda array: np.asarray(array).reshape(*shape))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Bounded:
        """Sum like an array."""
        return _sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Bounded:
        """Average like an array."""
        return _mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Bounded:
        """Return the largest element like an array."""
        return _max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Bounded:
        """Return the smallest element like an array."""
        return _min(self, axis=axis, keepdims=keepdims)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Run a ufunc under the error bound; unknown ones raise TypeError through NumPy."""
        if method != "__call__" or kwargs:
            return NotImplemented
        rule, arithmetic = _RULES.get(ufunc), self.arithmetic
        if rule is not None:
            operands = [
                (part.value, part.error) if type(part) is Bounded else _operand(part, arithmetic)
                for part in inputs
            ]
            value, error = rule(arithmetic, *operands)
            return Bounded(value, error, arithmetic)
        if ufunc in _ORDERS:
            a, b = (_operand(part, self.arithmetic) for part in inputs)
            # A number equals itself, however unsure it is: `x != x` is a test for NaN.
            unsure = None if inputs[0] is inputs[1] else rules.unsure_order(a, b)
            return self._mask(ufunc(a[0], b[0]), unsure)
        if ufunc in _CLASSES:
            return self._mask(ufunc(self.value), rules.unsure_class((self.value, self.error)))
        return NotImplemented

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run a NumPy function under the error bound; unknown ones raise TypeError through NumPy."""
        if func in _ON_VALUE:
            return func(*(part.value if isinstance(part, Bounded) else part for part in args), **kwargs)
        if func in _ON_EACH:
            return args[0]._each(lambda array: func(array, *args[1:], **kwargs))
        handler = _FUNCTIONS.get(func)
        return NotImplemented if handler is None else handler(*args, **kwargs)

    def _mask(self, value: Any, unsure: Any) -> Any:
        """Return a plain boolean array where all is sure, which is the usual and the fast case."""
        if unsure is None or not np.any(unsure):
            return value
        return Mask(value, np.broadcast_to(unsure, np.shape(value)), partial(_select, self.arithmetic))

    def _each(self, function: Callable[[Any], Any]) -> Bounded:
        """Apply a function that only moves elements, to value and error alike."""
        error = self.error
        if error is not None:
            error = function(rules.spread(error, np.shape(self.value)))
        return Bounded(function(self.value), error, self.arithmetic)


def _operand(part: Any, arithmetic: Arithmetic) -> rules.Operand:
    """Value and error; those of a constant, such as an attribute, are what the dtype makes of it."""
    if isinstance(part, Bounded):
        return part.value, part.error
    error = arithmetic.rounding(part) if isinstance(part, float) else 0.0
    return np.asarray(part, dtype=np.float64), error or None


def _arithmetic(*parts: Any) -> Arithmetic:
    return next(part.arithmetic for part in parts if isinstance(part, Bounded))


def _where(condition: Any, x: Any, y: Any) -> Bounded:
    return _select(_arithmetic(x, y), condition, x, y)


def _select(arithmetic: Arithmetic, condition: Any, x: Any, y: Any) -> Bounded:
    truth, unsure = (condition.value, condition.unsure) if isinstance(condition, Mask) else (condition, None)
    chosen = rules.select(truth, unsure, _operand(x, arithmetic), _operand(y, arithmetic))
    return Bounded(*chosen, arithmetic)


def _sum(a: Bounded, axis: Any = None, *, keepdims: bool = False) -> Bounded:
    return Bounded(*rules.total(a.arithmetic, (a.value, a.error), axis, keepdims), a.arithmetic)


def _mean(a: Bounded, axis: Any = None, *, keepdims: bool = False) -> Bounded:
    total = _sum(a, axis=axis, keepdims=keepdims)
    return total / (a.size / max(total.size, 1))  # type: ignore[no-any-return]  # operators of the mixin


def _max(a: Bounded, axis: Any = None, *, keepdims: bool = False) -> Bounded:
    return Bounded(*rules.largest(a.arithmetic, (a.value, a.error), axis, keepdims), a.arithmetic)


def _min(a: Bounded, axis: Any = None, *, keepdims: bool = False) -> Bounded:
    return -_max(-a, axis=axis, keepdims=keepdims)  # type: ignore[no-any-return]  # operators of the mixin


def _clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    if a_min is not None:
        a = np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


def _join(function: Any) -> Callable[..., Bounded]:
    def joined(arrays: Any, axis: int = 0) -> Bounded:
        arithmetic = _arithmetic(*arrays)
        operands = [_operand(part, arithmetic) for part in arrays]
        errors = [np.broadcast_to(0.0 if e is None else e, np.shape(v)) for v, e in operands]
        values = function([value for value, _ in operands], axis=axis)
        return Bounded(values, function(errors, axis=axis), arithmetic)

    return joined


_RULES: dict[np.ufunc, rules.Rule] = {
    np.add: rules.add,
    np.subtract: rules.subtract,
    np.multiply: rules.multiply,
    np.divide: rules.divide,
    np.square: rules.square,
    np.exp: rules.exp,
    np.expm1: rules.expm1,
    np.log: rules.log,
    np.log1p: rules.log1p,
    np.logaddexp: composite_rules.logaddexp,
    np.power: rules.power,
    np.sqrt: rules.sqrt,
    np.tanh: rules.tanh,
    np.negative: rules.negative,
    np.positive: rules.positive,
    np.absolute: rules.absolute,
    np.fabs: rules.absolute,
    np.maximum: rules.maximum,
    np.minimum: rules.minimum,
}
_ORDERS = frozenset((np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal))
_CLASSES = frozenset((np.isnan, np.isinf, np.isfinite))
_ON_VALUE = frozenset((np.shape, np.size, np.ndim, np.zeros_like, np.ones_like, np.full_like))
_ON_EACH = frozenset(
    (
        np.broadcast_to,
        np.expand_dims,
        np.flip,
        np.moveaxis,
        np.ravel,
        np.repeat,
        np.reshape,
        np.roll,
        np.squeeze,
        np.swapaxes,
        np.take,
        np.take_along_axis,
        np.transpose,
    )
)
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.sum: _sum,
    np.mean: _mean,
    np.max: _max,
    np.min: _min,
    np.amax: _max,
    np.amin: _min,
    np.clip: _clip,
    np.concatenate: _join(np.concatenate),
    np.stack: _join(np.stack),
}
