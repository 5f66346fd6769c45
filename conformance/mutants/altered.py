"""Arrays on which chosen NumPy operations do something else: formulas with one thing changed.

The reference's formula runs on them as it stands, so that "the same formula with its logarithm in
float32" needs no second formula. On float64 arrays that gives the exact value of a changed formula; on
arrays of another dtype, with the operations of a kernel beneath the change, what such a kernel returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial, reduce
from typing import Any

import ml_dtypes
import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

Array = np.ndarray[Any, Any]
Operation = Callable[..., Any]

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
# What only selects or moves elements: nothing is computed that could be rounded afterwards.
_MOVES = frozenset(
    (
        np.broadcast_to,
        np.concatenate,
        np.expand_dims,
        np.flip,
        np.full_like,
        np.moveaxis,
        np.ones_like,
        np.ravel,
        np.repeat,
        np.reshape,
        np.roll,
        np.squeeze,
        np.stack,
        np.swapaxes,
        np.take,
        np.take_along_axis,
        np.transpose,
        np.where,
        np.zeros_like,
    )
)


@dataclass(frozen=True, slots=True)
class Alteration:
    """What changes: `operations` maps a ufunc (or a function such as `np.sum`) to its replacement.

    `numbers`, where given, is applied to the constants of the formula: plain fractions among the operands.
    `told`, where given, is called with every operation.

    A replacement is called with the operation that it replaces, then with the operation's own
    arguments, as plain arrays. `after`, where given, is applied to the result of every operation that
    computes something (not of those that only select or move elements).
    """

    operations: Mapping[Any, Operation] = field(default_factory=dict)
    after: Callable[[Array], Any] | None = None
    numbers: Callable[[float], float] | None = None
    told: Callable[[Any], None] | None = None


class Altered(NDArrayOperatorsMixin):
    """An array of floating numbers whose operations obey `alterations`, the first beneath the others.

    Plain operands are weak, as Python's numbers are to NumPy: they take the dtype of the altered ones.
    """

    __slots__ = ("alterations", "value")

    def __init__(self, value: Any, *alterations: Alteration) -> None:
        self.value = np.asarray(value)
        self.alterations = alterations

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.value.size

    def __getitem__(self, key: Any) -> Altered:
        """Select elements."""
        return Altered(self.value[key], *self.alterations)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a ufunc or its replacement."""
        if method != "__call__" or kwargs:
            return NotImplemented
        home = _home(inputs)
        return self._apply(ufunc, [_operand(self._number(part), home) for part in inputs], {})

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Apply a NumPy function or its replacement; a mean is a sum and a quotient."""
        if func is np.mean:
            total = np.sum(*args, **kwargs)
            return total / (np.size(args[0]) // max(np.size(total), 1))
        if func is np.where:
            condition, *choices = args
            home = _home(args)
            return self._apply(func, [_plain(condition), *(_operand(part, home) for part in choices)], kwargs)
        return self._apply(func, [_plain(part) for part in args], kwargs)

    def _number(self, part: Any) -> Any:
        if type(part) is float:
            for alteration in self.alterations:
                if alteration.numbers is not None:
                    part = alteration.numbers(part)
        return part

    def _apply(self, original: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        operation: Operation = original
        for alteration in self.alterations:
            if alteration.told is not None:
                alteration.told(original)
            replacement = alteration.operations.get(original)
            if replacement is not None:
                operation = partial(replacement, operation)
        result = operation(*args, **kwargs)
        if not is_floating(result):
            return result
        for alteration in self.alterations:
            if alteration.after is not None and original not in _MOVES:
                result = alteration.after(result)
        return Altered(result, *self.alterations)


def is_floating(value: Any) -> bool:
    """Whether `value` is an array or a NumPy scalar of floating numbers, bfloat16 included."""
    if not isinstance(value, (np.ndarray, np.generic)):
        return False
    return value.dtype.kind == "f" or value.dtype == _BFLOAT16


def plain(value: Any) -> Any:
    """The array beneath an `Altered`; any other value as it is."""
    return value.value if isinstance(value, Altered) else value


def _plain(part: Any) -> Any:
    """The arrays beneath an argument, which may be a list of arrays."""
    if isinstance(part, (list, tuple)):
        return type(part)(_plain(member) for member in part)
    return plain(part)


def _home(operands: Sequence[Any]) -> np.dtype[Any]:
    """The dtype of the altered operands."""
    return reduce(np.promote_types, {part.value.dtype for part in operands if isinstance(part, Altered)})


def _operand(part: Any, home: np.dtype[Any]) -> Any:
    """A number or an array in the dtype of the altered operands; truth values as they are.

    A number too large for that dtype keeps its own: kernels do not count in a half type.
    """
    if isinstance(part, Altered):
        return part.value
    if type(part) in (float, int):  # a cache would take the two zeros for each other
        return _constant(part, home) if part else np.asarray(part, home)
    return _rounded(part, home)


@lru_cache
def _constant(number: float, home: np.dtype[Any]) -> Any:
    return _rounded(number, home)


def _rounded(part: Any, home: np.dtype[Any]) -> Any:
    array = np.asarray(part)
    if array.dtype.kind == "b":
        return part
    with np.errstate(over="ignore"):
        own = array.astype(home)
    return array if array.ndim == 0 and np.isfinite(array) and not np.isfinite(own) else own
