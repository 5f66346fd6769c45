"""Balls in chunks: an expression over large arrays, of which only one chunk exists at a time.

A million balls are half a gigabyte, and a formula holds several arrays of them. A `Stream` records
the elementwise part of a formula and evaluates it a chunk at a time, where a sum or the end asks: in
double words first, and in balls where those do not say enough.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import flint
import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from conformance.reference.ball import Ball
from conformance.reference.ball_array import TRUTHS, BallArray, Parts, balls, parts, sum_of_parts
from conformance.reference.double_functions import apply
from conformance.reference.double_word import double_words, known, settled

CHUNK = 1 << 12
_CLASSES = frozenset((np.isfinite, np.isnan, np.isinf))

Indices: TypeAlias = "NDArray[np.intp]"
Reader: TypeAlias = "Callable[[Indices, bool], Any]"


class Stream(NDArrayOperatorsMixin):
    """An array of balls of a `shape`, made on demand: `at(flat indices)` gives them 1-d.

    `at(flat indices, words=True)` gives double words in their place.

    Comparisons are evaluated at once, into boolean arrays. A function that is not elementwise, sum
    apart, gets the whole array of balls. `exact` are the numbers themselves where they are given, and
    `key` says what they are computed from (None: unknown).
    """

    __slots__ = ("_at", "_last", "exact", "key", "shape")

    def __init__(
        self,
        shape: tuple[int, ...],
        at: Reader,
        key: bytes | None = None,
        exact: NDArray[np.float64] | None = None,
    ) -> None:
        """Describe an array by its shape and its elements at flat indices."""
        self.shape = shape
        self.exact = exact
        self.key = key
        self._at = at
        self._last: tuple[Indices, bool, Any] | None = None

    @staticmethod
    def of(array: NDArray[np.float64]) -> Stream:
        """Return the exact balls of a float64 array."""
        flat = array.reshape(-1)
        return Stream(
            array.shape,
            lambda indices, words: (double_words if words else balls)(flat[indices]),
            _key(array),
            array,
        )

    def at(self, indices: Indices, words: bool = False) -> Any:
        """Return the elements at flat indices, 1-d; the last answer is kept for shared subexpressions."""
        if self._last is None or self._last[0] is not indices or self._last[1] is not words:
            self._last = (indices, words, self._at(indices, words))
        return self._last[2]

    def pieces(self) -> Iterator[Any]:
        """Yield all elements in C order, a chunk at a time, 1-d."""
        for indices in _chunks(self.shape):
            yield self.at(indices)

    def parts(self) -> Parts:
        """Head, tail and radius of all elements; those of the last few streams are remembered."""
        found = _MEMORY.get(self.key)
        if found is None:
            columns = zip(*map(self._parts_at, _chunks(self.shape)), strict=True)
            head, tail, radius = (np.concatenate(column).reshape(self.shape) for column in columns)
            found = head, tail, radius
            _MEMORY.keep(self.key, found)
        return found

    def _parts_at(self, indices: Indices) -> Parts:
        found = double_words(self.at(indices, words=True)).parts()
        return found if settled(found) else parts(self.at(indices))

    def _class_at(self, ufunc: np.ufunc, indices: Indices) -> Any:
        # What is known of double words is finite.
        if known(double_words(self.at(indices, words=True)).parts()):
            return np.full(indices.size, ufunc is np.isfinite)
        return ufunc(self.at(indices))

    def whole(self) -> BallArray:
        """Return all elements at once."""
        everything: NDArray[Any] = np.concatenate([np.asarray(piece) for piece in self.pieces()])
        return balls(everything.reshape(self.shape))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Record an elementwise function, or compare at once."""
        if method != "__call__" or kwargs:
            return NotImplemented
        if ufunc not in TRUTHS:
            return _elementwise(ufunc, inputs)
        given = [part.exact if isinstance(part, Stream) else part for part in inputs]
        if not any(part is None or isinstance(part, (Ball, BallArray)) for part in given):
            return ufunc(*given)  # exact numbers compare as they are
        if ufunc in _CLASSES:
            return np.concatenate([self._class_at(ufunc, at) for at in _chunks(self.shape)]).reshape(
                self.shape
            )
        result = _elementwise(ufunc, inputs)
        return np.concatenate(list(result.pieces())).reshape(result.shape)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Record np.where, add up in chunks, or run any other function on the whole array."""
        if func is np.where:
            return _elementwise(np.where, args)
        if func in (np.shape, np.size, np.ndim):
            return func(np.broadcast_to(0, self.shape), *args[1:], **kwargs)
        if func is np.sum and len(args) == 1 and kwargs.keys() <= {"axis"}:
            return _sum(self, **kwargs)
        if func is np.broadcast_to and len(args) == 2:
            return Stream(args[1], _reader(self, args[1]))
        if func is np.reshape and len(args) == 2:
            return Stream(args[1], self.at)
        return func(*(part.whole() if isinstance(part, Stream) else part for part in args), **kwargs)


class _Memory:
    """The parts of the last few streams: the sum, the mean and the terms themselves ask for the same."""

    def __init__(self, max_bytes: int) -> None:
        self._found: OrderedDict[tuple[bytes, int], Parts] = OrderedDict()
        self._max_bytes = max_bytes

    def get(self, key: bytes | None) -> Parts | None:
        return None if key is None else self._found.get((key, flint.ctx.prec))

    def keep(self, key: bytes | None, found: Parts) -> None:
        if key is not None:
            self._found[key, flint.ctx.prec] = found
            while sum(part.nbytes for kept in self._found.values() for part in kept) > self._max_bytes:
                self._found.popitem(last=False)


_MEMORY = _Memory(max_bytes=24 << 20)


def _chunks(shape: tuple[int, ...]) -> Iterator[Indices]:
    size = math.prod(shape)
    for start in range(0, size, CHUNK):
        yield np.arange(start, min(start + CHUNK, size))


def _sum(stream: Stream, axis: Any = None) -> BallArray | Stream:
    places = np.broadcast_to(0, stream.shape)
    shape, lengths = (np.sum(places, axis=axis, keepdims=kept).shape for kept in (False, True))
    if lengths == stream.shape:  # sums of one term each
        return Stream(shape, stream.at)
    if math.prod(lengths) == 1:  # one sum
        return balls(np.full(shape, sum_of_parts(stream.parts())))
    totals = np.full(math.prod(lengths), Ball(0), dtype=object)
    totalled = np.broadcast_to(np.arange(totals.size).reshape(lengths), stream.shape).flat
    for indices in _chunks(stream.shape):
        np.add.at(totals, totalled[indices], np.asarray(stream.at(indices)))
    return balls(totals.reshape(shape))


def _elementwise(function: Callable[..., Any], operands: Any) -> Stream:
    operands = [part if isinstance(part, Stream) else np.asanyarray(part) for part in operands]
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    readers = [_reader(operand, shape) for operand in operands]
    keys = [part.key if isinstance(part, Stream) else _key(part) for part in operands]
    name = f"{function.__name__}{shape}".encode()
    key = hashlib.blake2b(b"\0".join([name, *filter(None, keys)])).digest() if all(keys) else None

    def at(indices: Indices, words: bool) -> Any:
        chosen = [read(indices, words) for read in readers]
        return apply(function, *chosen) if words else function(*chosen)

    return Stream(shape, at, key)


def _key(array: NDArray[Any]) -> bytes | None:
    if array.dtype == object:
        return None
    digest = hashlib.blake2b(f"{array.dtype}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _reader(operand: Any, shape: tuple[int, ...]) -> Reader:
    """How to read an operand, broadcast to `shape`, at flat indices of that shape."""
    flat = None if isinstance(operand, Stream) else operand.reshape(-1)

    def read(indices: Indices, words: bool) -> Any:
        return operand.at(indices, words) if flat is None else flat[indices]

    if operand.shape == shape:
        return read
    places = np.broadcast_to(np.arange(math.prod(operand.shape)).reshape(operand.shape), shape)
    return lambda indices, words: read(places.flat[indices], words)
