"""The orders in which kernels add up: each takes rows of terms and returns one sum a row.

All of them add in the dtype of the terms they are given, which is the accumulator's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Summation = Callable[[Array], Array]

_LANES = 32


def pairwise(rows: Array) -> Array:
    """Blocks of 128 in a tree, as NumPy adds numbers of its own dtypes along their fastest axis."""
    if rows.dtype.kind == "f":
        total: Array = np.add.reduce(np.ascontiguousarray(rows), axis=-1)
        return total
    return _tree(rows[:, :, None])[:, 0]


def backwards(rows: Array) -> Array:
    """The same, from the last term to the first."""
    return pairwise(rows[:, ::-1])


def one_by_one(rows: Array) -> Array:
    """From the first term to the last, with one accumulator."""
    if not rows.shape[-1]:
        return pairwise(rows)
    running: Array = np.add.accumulate(rows, axis=-1)
    return running[:, -1]


def blocked(rows: Array) -> Array:
    """32 lanes side by side, each a tree, then the lanes one by one, as vector units add."""
    return one_by_one(_tree(_lanes(rows)))


def kahan(rows: Array) -> Array:
    """Lanes with compensated additions, then the lanes likewise (Kahan, 1965)."""
    return _compensated(_compensated(_lanes(rows))[:, :, None])[:, 0]


SUMMATIONS: dict[str, Summation] = {
    "pairwise": pairwise,
    "backwards": backwards,
    "one by one": one_by_one,
    "blocked": blocked,
    "Kahan": kahan,
}


def along_axes(summation: Summation, terms: Array, axis: Any = None, *, keepdims: bool = False) -> Any:
    """What `np.sum(terms, axis, keepdims=keepdims)` is with another order of additions."""
    axes = tuple(range(terms.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    axes = tuple(place % terms.ndim for place in axes)
    kept = [place for place in range(terms.ndim) if place not in axes]
    shape = [terms.shape[place] for place in kept]
    rows = np.transpose(terms, (*kept, *axes)).reshape(int(np.prod(shape)), -1) if terms.size else None
    if rows is None:
        return np.sum(terms, axis=axis, keepdims=keepdims)
    totals = summation(rows).reshape(shape)
    return np.expand_dims(totals, axes) if keepdims else totals[()]


def _tree(lanes: Array) -> Array:
    """The sum over the second axis, by halves; zeros where there is nothing to add."""
    if not lanes.shape[1]:
        return np.zeros_like(lanes, shape=(lanes.shape[0], lanes.shape[2]))
    while lanes.shape[1] > 1:
        half = (lanes.shape[1] + 1) // 2
        kept = lanes.shape[1] - half
        lanes = np.concatenate([lanes[:, :kept] + lanes[:, half:], lanes[:, kept:half]], axis=1)
    return lanes[:, 0]


def _lanes(rows: Array) -> Array:
    """Rows as (rows, steps, lanes), filled up with zeros."""
    count, length = rows.shape
    padded = np.zeros((count, -(-length // _LANES) * _LANES), rows.dtype)
    padded[:, :length] = rows
    return padded.reshape(count, -1, _LANES)


def _compensated(lanes: Array) -> Array:
    """The sum over the second axis, each addition corrected by what the one before has lost."""
    total, lost = np.zeros_like(lanes[:, 0]), np.zeros_like(lanes[:, 0])
    for step in range(lanes.shape[1]):
        with np.errstate(invalid="ignore"):
            term = lanes[:, step] - lost
            fresh = total + term
            lost = np.where(np.isfinite(fresh), (fresh - total) - term, np.zeros_like(fresh))
        total = fresh
    return total
