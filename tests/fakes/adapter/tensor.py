"""Tensors of the fake framework, and their values in NumPy's dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np


class Tensor:
    """An array with a dtype name of its own: bfloat16 is uint16 patterns."""

    def __init__(self, data: Any, dtype: str) -> None:
        self.data = data
        self.dtype = dtype
        self.pull: Any = None

    def __repr__(self) -> str:
        return f"Tensor({widened(self).tolist()}, {self.dtype})"

    def __getitem__(self, key: Any) -> Tensor:
        return Tensor(self.data[key], self.dtype)

    def permute(self, *axes: int) -> Tensor:
        """Return a view with its axes in this order."""
        return Tensor(self.data.transpose(axes), self.dtype)

    def expand(self, *shape: int) -> Tensor:
        """Return a view that is repeated."""
        return Tensor(np.broadcast_to(self.data, shape), self.dtype)


def widened(tensor: Tensor) -> Any:
    """The values of a tensor, bfloat16 as float32."""
    if tensor.dtype == "bfloat16":
        return (
            (np.atleast_1d(tensor.data).astype(np.uint32) << 16).view(np.float32).reshape(tensor.data.shape)
        )
    return np.asarray(tensor.data)


def narrowed(values: Any, dtype: str) -> Tensor:
    """`values`, rounded once."""
    values = np.asarray(values, dtype=np.float64)
    if dtype != "bfloat16":
        with np.errstate(over="ignore"):
            return Tensor(values.astype(dtype), dtype)
    # Round to odd in float32 first: a second rounding, to bfloat16, is then right.
    with np.errstate(over="ignore"):
        single = np.atleast_1d(values).astype(np.float32)
    bits = single.view(np.uint32).copy()
    away = np.abs(single.astype(np.float64)) > np.abs(np.atleast_1d(values))
    inexact = (single.astype(np.float64) != np.atleast_1d(values)) & np.isfinite(single)
    bits = np.where(inexact & away, bits - 1, bits)
    bits = np.where(inexact, bits | 1, bits).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    patterns = np.where(np.isnan(single), np.uint16(0x7FC0), rounded)
    return Tensor(patterns.reshape(values.shape), "bfloat16")
