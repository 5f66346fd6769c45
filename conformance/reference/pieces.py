"""A formula under its running bound, a piece of large arrays at a time where it is elementwise.

The bound of a million elements takes a dozen arrays of a million, most of them for a moment only. A
`Deferred` records what is elementwise, and evaluates it piece by piece into one value and one error
where a sum or the end asks for them. The numbers are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from conformance.reference.arithmetic import Arithmetic
from conformance.reference.bound import Bounded

PIECE = 1 << 16  # elements: half a megabyte, which a processor's cache holds


class NotElementwiseError(Exception):
    """A formula does what pieces do not allow: run it on whole arrays."""


class Deferred(NDArrayOperatorsMixin):
    """A `Bounded` array of a `shape`, or a condition on such, made on demand.

    `at(piece)` gives the elements in a slice of the flat array, 1-d, or one element that stands for all.
    """

    __slots__ = ("_at", "_last", "shape")

    def __init__(self, shape: tuple[int, ...], at: Callable[[slice], Any]) -> None:
        """Describe an array by its shape and its elements in a flat slice."""
        self.shape = shape
        self._at = at
        self._last: tuple[slice, Any] | None = None

    @staticmethod
    def of(array: NDArray[np.float64], relative_error: float, arithmetic: Arithmetic) -> Deferred:
        """Return a float64 array whose elements are off by `relative_error`."""
        read = _reader(array)

        def at(piece: slice) -> Bounded:
            chosen = read(piece)
            return Bounded(chosen, relative_error * np.abs(chosen) if relative_error else None, arithmetic)

        return Deferred(array.shape, at)

    def at(self, piece: slice) -> Any:
        """Return the elements in a flat slice; the last answer is kept for shared subexpressions."""
        if self._last is None or self._last[0] is not piece:
            self._last = (piece, self._at(piece))
        return self._last[1]

    def whole(self) -> Bounded:
        """Return everything at once; raise NotElementwiseError for a condition, and for nothing."""
        size = math.prod(self.shape)
        if not size:
            raise NotElementwiseError
        value, error = np.empty(size), np.empty(size)
        for start in range(0, size, PIECE):
            piece = slice(start, min(start + PIECE, size))
            part = self.at(piece)
            if not isinstance(part, Bounded):
                raise NotElementwiseError
            value[piece] = part.value
            error[piece] = 0.0 if part.error is None else part.error
        return Bounded(value.reshape(self.shape), error.reshape(self.shape), part.arithmetic)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Record an elementwise function."""
        if method != "__call__" or kwargs:
            raise NotElementwiseError
        return _elementwise(ufunc, inputs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Record np.where and the broadcasting of one number; add up all; tell the shape."""
        if func is np.where and len(args) == 3:
            return _elementwise(np.where, args)
        if func in (np.shape, np.size, np.ndim):
            return func(np.broadcast_to(0, self.shape), *args[1:], **kwargs)
        if func is np.broadcast_to and (args[1] == self.shape or math.prod(self.shape) == 1):
            return Deferred(args[1], self.at)
        if func is np.sum and len(args) == 1 and not kwargs:
            total = np.sum(self.whole())
            return Deferred((), lambda piece: total)
        raise NotElementwiseError


def _elementwise(function: Callable[..., Any], operands: Any) -> Deferred:
    """Record a function of arrays of one shape and of single numbers."""
    shape = np.broadcast_shapes(*map(np.shape, operands))
    if any(np.shape(part) != shape and np.size(part) != 1 for part in operands):
        raise NotElementwiseError
    readers = [part.at if isinstance(part, Deferred) else _reader(part) for part in operands]
    return Deferred(shape, lambda piece: function(*(read(piece) for read in readers)))


def _reader(operand: Any) -> Callable[[slice], Any]:
    if np.ndim(operand) == 0:
        return lambda piece: operand
    flat = np.asarray(operand).reshape(-1)
    return lambda piece: flat[piece] if flat.size > 1 else flat
