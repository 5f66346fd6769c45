"""Object arrays of balls on which a NumPy formula runs unchanged."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from math import fsum, isfinite
from typing import Any, TypeAlias

import numpy as np
from flint import arb
from numpy.typing import NDArray

from conformance.reference.ball import Ball, as_ball

Parts: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]"

_OBJECT = np.dtype(object)
_ZERO = arb(0)
_to_balls = np.frompyfunc(as_ball, 1, 1)
_new_balls = np.frompyfunc(Ball, 1, 1)


class BallArray(np.ndarray):
    """An object array that holds nothing but `Ball`; made by `balls`.

    A subclass, since plain object arrays collect the Python numbers that a formula mixes in (a fill
    value of `np.where`), which have no `.log()`, and lose their shape to bare objects when 0-d.
    """

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Run a ufunc on balls. Comparisons and `np.isnan` and the like give boolean arrays."""
        if not all(isinstance(part, (np.ndarray, np.generic, Ball, int, float)) for part in inputs):
            return NotImplemented
        if kwargs.get("out") is not None:
            return NotImplemented
        operands = [balls(part).view(np.ndarray) for part in inputs]
        if method != "__call__":
            return balls(getattr(ufunc, method)(operands[0], *inputs[1:], **kwargs))
        by_name = _BY_NAME.get(ufunc)
        result = ufunc(*operands, **kwargs) if by_name is None else by_name(*operands)
        if ufunc in TRUTHS:
            return np.asarray(result, dtype=bool)
        return np.asarray(result).view(BallArray)  # balls of balls are balls: no look at each

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run any other NumPy function; what comes out as objects is balls again."""
        if not all(issubclass(kind, np.ndarray) for kind in types):
            return NotImplemented
        if func is np.clip:
            return _clip(*args, **kwargs)
        if func is np.where:
            return _where(*args, **kwargs)
        result = super().__array_function__(func, types, args, kwargs)
        objects = isinstance(result, Ball) or getattr(result, "dtype", None) == _OBJECT
        return balls(result) if objects else result

    def mean(  # type: ignore[override]  # of balls, where NumPy types numbers
        self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> BallArray:
        """Average; NumPy's own writes into its sum, which objects of this kind do not allow."""
        total = np.sum(self, axis=axis, keepdims=keepdims)
        return balls(total / (self.size // max(np.size(total), 1)))


def balls(numbers: Any) -> BallArray:
    """Return an array of balls of numbers, balls, or arrays of either; numbers are taken exactly."""
    if isinstance(numbers, BallArray):
        return numbers
    array = np.asarray(numbers)
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
    wrapped: NDArray[Any] = np.empty(array.shape, dtype=object)
    wrapped[...] = (_to_balls if array.dtype == _OBJECT else _new_balls)(array.astype(object))
    return wrapped.view(BallArray)


def parts(array: BallArray) -> Parts:
    """Head, tail and radius of each ball (see `Ball.parts`), each in the array's shape."""
    numbers: list[Ball] = np.asarray(array).reshape(-1).tolist()
    head = np.array(
        [float(ball.real) if ball.special is None else ball.special for ball in numbers], dtype=np.float64
    )
    rest = [
        ball.real - middle if ball.special is None and isfinite(middle) else _ZERO
        for ball, middle in zip(numbers, head.tolist(), strict=True)
    ]
    tail = np.array([float(part) for part in rest], dtype=np.float64)
    # What is left of the rest is its own radius and the rounding of the tail.
    radius = np.array([float(part.rad()) for part in rest], dtype=np.float64)
    exact = np.array([part.is_zero() for part in rest], dtype=bool)
    radius = np.where(exact, 0.0, radius * (1 + 2.0**-50) + np.spacing(np.abs(tail)))
    for place in np.flatnonzero(np.isinf(head)):
        head[place], tail[place], radius[place] = numbers[place].parts()
    return head.reshape(array.shape), tail.reshape(array.shape), radius.reshape(array.shape)


def sum_of_parts(terms: Parts) -> Ball:
    """Add up balls of which only the parts are known."""
    head, tail, radius = (np.ascontiguousarray(part).reshape(-1) for part in terms)
    special = head[~np.isfinite(head)]
    if special.size:
        return Ball(float(special.sum()))
    # The rounding of a sum of positive numbers is far below one part in 2**20 of it.
    return Ball(_added(head, tail) + arb(0, float(radius.sum()) * (1 + 2.0**-20)))


def _added(head: NDArray[np.float64], tail: NDArray[np.float64]) -> arb:
    """Enclose the sum of all numbers in both: `fsum` rounds the exact sum, so twice gives 106 bits of it."""
    try:
        first = fsum(head.data)
        second = fsum(chain(head.data, tail.data, (-first,)))
    except OverflowError:  # of a part of the sum
        return sum(map(arb, chain(head.tolist(), tail.tolist())), arb(0))
    return arb(first) + arb(second, 2.0**-53 * abs(second))


def _where(condition: Any, x: Any, y: Any) -> BallArray:
    """Select; only the numbers that are chosen become balls."""
    condition, x, y = np.broadcast_arrays(condition, x, y)
    chosen: NDArray[Any] = np.empty(condition.shape, dtype=object)
    for place, source in ((condition, x), (~condition, y)):
        chosen[place] = balls(source[place])
    return chosen.view(BallArray)


def _clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    if a_min is not None:
        a = np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


_BY_NAME: dict[np.ufunc, Callable[..., Any]] = {
    np.logaddexp: np.frompyfunc(lambda a, b: a.logaddexp(b), 2, 1),
    np.maximum: np.frompyfunc(lambda a, b: a.maximum(b), 2, 1),
    np.minimum: np.frompyfunc(lambda a, b: a.minimum(b), 2, 1),
    np.isnan: np.frompyfunc(Ball.isnan, 1, 1),
    np.isinf: np.frompyfunc(Ball.isinf, 1, 1),
    np.isfinite: np.frompyfunc(Ball.isfinite, 1, 1),
}
TRUTHS = frozenset(
    (
        np.isnan,
        np.isinf,
        np.isfinite,
        np.less,
        np.less_equal,
        np.greater,
        np.greater_equal,
        np.equal,
        np.not_equal,
    )
)
