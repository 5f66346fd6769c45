"""Truth values that may be unsure: comparisons between numbers that carry errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Mask(NDArrayOperatorsMixin):
    """A boolean array `value`, and where it is `unsure` (both of one shape).

    `&`, `|`, `^` and `~` combine masks and boolean arrays. `np.where(mask, x, y)` calls `where`, which
    takes the union of both branches where the mask is unsure. An `if` on a mask is refused.
    """

    __slots__ = ("unsure", "value", "where")

    def __init__(self, value: Any, unsure: Any, where: Callable[[Any, Any, Any], Any]) -> None:
        """Pair the truth values with where they could come out the other way."""
        self.value = value
        self.unsure = unsure
        self.where = where

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return np.shape(self.value)

    def __bool__(self) -> bool:
        """Refuse: a formula selects with `np.where`."""
        raise TypeError("a mask that may be unsure has no single truth value; use np.where")

    def __repr__(self) -> str:
        """Show both arrays."""
        return f"Mask({self.value!r}, unsure={self.unsure!r})"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a logical function; any other is not implemented."""
        combine = _UNSURE.get(ufunc)
        if combine is None or method != "__call__" or kwargs:
            return NotImplemented
        values = [part.value if isinstance(part, Mask) else part for part in inputs]
        doubts = [part.unsure if isinstance(part, Mask) else np.False_ for part in inputs]
        return Mask(ufunc(*values), combine(values, doubts), self.where)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Select with `np.where`; any other function is not implemented."""
        return self.where(*args) if func is np.where and not kwargs else NotImplemented


def _unsure_and(values: list[Any], doubts: list[Any]) -> Any:
    (a, b), (da, db) = values, doubts
    return (da & (b | db)) | (db & (a | da))


def _unsure_or(values: list[Any], doubts: list[Any]) -> Any:
    (a, b), (da, db) = values, doubts
    return (da & (np.logical_not(b) | db)) | (db & (np.logical_not(a) | da))


def _unsure_xor(values: list[Any], doubts: list[Any]) -> Any:
    return doubts[0] | doubts[1]


def _unsure_not(values: list[Any], doubts: list[Any]) -> Any:
    return doubts[0]


_UNSURE: dict[np.ufunc, Callable[[list[Any], list[Any]], Any]] = {
    np.bitwise_and: _unsure_and,
    np.logical_and: _unsure_and,
    np.bitwise_or: _unsure_or,
    np.logical_or: _unsure_or,
    np.bitwise_xor: _unsure_xor,
    np.logical_xor: _unsure_xor,
    np.invert: _unsure_not,
    np.logical_not: _unsure_not,
}
