"""Object arrays of balls on which a NumPy formula runs unchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.reference.ball import Ball, as_ball

_OBJECT = np.dtype(object)
_to_balls = np.frompyfunc(as_ball, 1, 1)


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
        return balls(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run any other NumPy function; what comes out as objects is balls again."""
        if func is np.clip:
            return _clip(*args, **kwargs)
        result = super().__array_function__(func, types, args, kwargs)
        objects = isinstance(result, Ball) or getattr(result, "dtype", None) == _OBJECT
        return balls(result) if objects else result

    def mean(  # type: ignore[override]
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
    wrapped[...] = _to_balls(array.astype(object))
    return wrapped.view(BallArray)


def _clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    if a_min is not None:
        a = np.maximum(a, a_min)
    return a if a_max is None else np.minimum(a, a_max)


def _named(name: str, inputs: int) -> Callable[..., Any]:
    method = getattr(Ball, name)
    function: Callable[..., Any] = np.frompyfunc(method, inputs, 1)
    return function


_BY_NAME: dict[np.ufunc, Callable[..., Any]] = {
    np.maximum: _named("maximum", 2),
    np.minimum: _named("minimum", 2),
    np.isnan: _named("isnan", 1),
    np.isinf: _named("isinf", 1),
    np.isfinite: _named("isfinite", 1),
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
