"""The adjoint of broadcasting, shared by the gradients of all operators."""

from __future__ import annotations

from typing import Any

import numpy as np


def unbroadcast(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the axes along which an input of `shape` was broadcast to the gradient's.

    The input contributed to every element along those axes. Works in every arithmetic.
    """
    added = np.ndim(gradient) - len(shape)
    stretched = (
        axis + added for axis, length in enumerate(shape) if length == 1 != np.shape(gradient)[axis + added]
    )
    axes = (*range(added), *stretched)
    return np.reshape(np.sum(gradient, axis=axes), shape) if axes else gradient
