"""Balls in chunks: an expression over large arrays, of which only one chunk exists at a time.

A million balls are half a gigabyte, and a formula holds several arrays of them. A `Stream` records
the elementwise part of a formula and evaluates it a chunk at a time, where a sum or the end asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from conformance.reference.ball_array import TRUTHS, BallArray, balls

CHUNK = 1 << 14

Indices: TypeAlias = "NDArray[np.intp]"


class Stream(NDArrayOperatorsMixin):
    """An array of balls of a `shape`, made on demand: `at(flat indices)` gives them 1-d.

    Comparisons are evaluated at once, into boolean arrays. A function that is not elementwise, sum
    apart, gets the whole array of balls.
    """

    __slots__ = ("_at", "_last", "shape")

    def __init__(self, shape: tuple[int, ...], at: Callable[[Indices], Any]) -> None:
        """Describe an array by its shape and its elements at flat indices."""
        self.shape = shape
        self._at = at
        self._last: tuple[Indices, Any] | None = None

    @staticmethod
    def of(array: NDArray[np.float64]) -> Stream:
        """Return the exact balls of a float64 array."""
        flat = array.reshape(-1)
        return Stream(array.shape, lambda indices: balls(flat[indices]))

    def at(self, indices: Indices) -> Any:
        """Return the elements at flat indices, 1-d; the last answer is kept for shared subexpressions."""
        if self._last is None or self._last[0] is not indices:
            self._last = (indices, self._at(indices))
        return self._last[1]

    def pieces(self) -> Iterator[Any]:
        """Yield all elements in C order, a chunk at a time, 1-d."""
        size = int(np.prod(self.shape))
        for start in range(0, size, CHUNK):
            yield self.at(np.arange(start, min(start + CHUNK, size)))

    def whole(self) -> BallArray:
        """Return all elements at once."""
        everything: NDArray[Any] = np.concatenate([np.asarray(piece) for piece in self.pieces()])
        return balls(everything.reshape(self.shape))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Record an elementwise function, or compare at once."""
        if method != "__call__" or kwargs:
            return NotImplemented
        result = _elementwise(ufunc, inputs)
        if ufunc in TRUTHS:
            return np.concatenate(list(result.pieces())).reshape(result.shape)
        return result

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Record np.where, add up in chunks, or run any other function on the whole array."""
        if func is np.where:
            return _elementwise(np.where, args)
        if func in (np.shape, np.size, np.ndim):
            return func(np.broadcast_to(0, self.shape), *args[1:], **kwargs)
        if func is np.sum and len(args) == 1 and not kwargs:
            return balls(sum(piece.sum() for piece in self.pieces()))
        return func(*(part.whole() if isinstance(part, Stream) else part for part in args), **kwargs)


def _elementwise(function: Callable[..., Any], parts: Any) -> Stream:
    operands = [part if isinstance(part, Stream) else np.asarray(part) for part in parts]
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    readers = [_reader(operand, shape) for operand in operands]
    return Stream(shape, lambda indices: function(*(read(indices) for read in readers)))


def _reader(operand: Any, shape: tuple[int, ...]) -> Callable[[Indices], Any]:
    """How to read an operand, broadcast to `shape`, at flat indices of that shape."""
    read = operand.at if isinstance(operand, Stream) else operand.reshape(-1).__getitem__
    if operand.shape == shape:
        return read
    places = np.broadcast_to(np.arange(int(np.prod(operand.shape))).reshape(operand.shape), shape)
    return lambda indices: read(places.flat[indices])
