"""Many arrays of one shape as one, for formulas that know nothing of it.

Computed one after the other, small arrays take many times as long: nearly all of it is NumPy's own calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class NotStackableError(TypeError):
    """What a formula asks for cannot be done to a stack."""


class Stack(NDArrayOperatorsMixin):
    """Arrays of one shape, one behind the other along the first axis of `parts`.

    To a formula it looks like one of them: its shape and axes are theirs. `parts` is whatever takes part in
    NumPy's functions (an array, a `Bounded`, a `Mask`) and never hears of the formula's own axes. Other
    operands are the same for all arrays. It has what the formulas use; for anything else it raises
    NotStackableError, or NumPy or Python a TypeError.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Any) -> None:
        """Take the first axis of `parts` for the stack's own."""
        self.parts = parts

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of each array."""
        return tuple(self.parts.shape[1:])

    @property
    def ndim(self) -> int:
        """The number of axes of each."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements of each."""
        return math.prod(self.shape)

    def __bool__(self) -> bool:
        """Refuse: it may be true of some and not of others."""
        raise NotStackableError("a stack has no single truth value")

    def reshape(self, *shape: Any) -> Stack:
        """Reshape each."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        return Stack(np.reshape(self.parts, (self.parts.shape[0], *wanted)))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Run a ufunc on all of them."""
        if method != "__call__" or kwargs:
            return NotImplemented
        return Stack(ufunc(*_aligned(inputs)))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Run a NumPy function on all of them; unknown ones raise TypeError through NumPy."""
        handler = _FUNCTIONS.get(func)
        return NotImplemented if handler is None else handler(*args, **kwargs)


def _aligned(operands: Sequence[Any]) -> list[Any]:
    """The operands without their stacks, with new axes where one of them has more of its own."""
    ndim = max(np.ndim(part) for part in operands)
    return [_widened(part, ndim) if isinstance(part, Stack) else part for part in operands]


def _widened(stack: Stack, ndim: int) -> Any:
    missing = ndim - stack.ndim
    # The very object where nothing is missing: `x != x` is a test for NaN, whatever the error of x.
    return stack.reshape((1,) * missing + stack.shape).parts if missing else stack.parts


def _where(condition: Any, x: Any, y: Any) -> Stack:
    return Stack(np.where(*_aligned((condition, x, y))))


def _broadcast_to(a: Stack, shape: Sequence[int]) -> Stack:
    return Stack(np.broadcast_to(_widened(a, len(shape)), (a.parts.shape[0], *shape)))


def _reduced(function: Callable[..., Any]) -> Callable[..., Stack]:
    def reduced(a: Stack, axis: Any = None, *, keepdims: bool = False) -> Stack:
        if axis is not None:
            return Stack(function(a.parts, axis=_shifted(axis, a.ndim), keepdims=keepdims))
        # As one row each, so that NumPy adds up in the order in which it does alone.
        found = Stack(function(a.reshape((a.size,)).parts, axis=1))
        return found.reshape((1,) * a.ndim) if keepdims else found

    return reduced


def _shifted(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axis, or the axes, of the arrays where there is one more before them."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    if not all(-ndim <= each < ndim for each in axes):
        raise NotStackableError(f"axis {axis} of arrays with {ndim} axes")
    return tuple(each % ndim + 1 for each in axes)


def _expand_dims(a: Stack, axis: Any) -> Stack:
    return Stack(np.expand_dims(a.parts, _shifted(axis, a.ndim + np.size(axis))))


def _squeeze(a: Stack, axis: Any) -> Stack:
    return Stack(np.squeeze(a.parts, _shifted(axis, a.ndim)))


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a: a.size,
    np.where: _where,
    np.sum: _reduced(np.sum),
    np.max: _reduced(np.max),
    np.reshape: lambda a, shape: a.reshape(shape),
    np.broadcast_to: _broadcast_to,
    np.expand_dims: _expand_dims,
    np.squeeze: _squeeze,
}
