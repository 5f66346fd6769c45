"""What the triplet losses share: distances of rows, the terms, and the gradients of both."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from conformance.reference.reduction import sign


def distance(x: Any, y: Any, p: float, eps: float) -> Any:
    """The p-norm of x - y + eps along the last axis. Raises ValueError where `p` is less than 1."""
    if not p >= 1:
        raise ValueError(f"p {p!r}: a norm has one of at least 1")
    size = np.abs(x - y + eps)
    if p == math.inf:
        return np.max(size, axis=-1)
    if p == 1:
        return np.sum(size, axis=-1)
    if p == 2:
        return np.sqrt(np.sum(size * size, axis=-1))
    return np.exp(np.log(np.sum(size**p, axis=-1)) / p)  # 1 / p itself would be rounded


def direction(x: Any, y: Any, p: float, eps: float) -> Any:
    """The gradient of `distance` by `x`, which is minus that by `y`; 0 where the distance is 0.

    sign(z) (|z| / d)^(p - 1) for z = x - y + eps and d = |z|_p. The largest components of an
    infinity norm share it equally.
    """
    z, length = x - y + eps, np.expand_dims(distance(x, y, p, eps), -1)
    if p == math.inf:
        largest = np.where(np.abs(z) == length, sign(z), 0.0)
        return largest / np.maximum(np.sum(np.abs(largest), axis=-1, keepdims=True), 1.0)
    if p == 1:
        return sign(z)
    if p == 2:
        return np.where(length == 0, 0.0, z / length)
    return np.where(length == 0, 0.0, sign(z) * (np.abs(z) / length) ** (p - 1))


def terms(positive: Any, negative: Any, other: Any, margin: float) -> Any:
    """max(d(a, p) - d(a, n) + margin, 0) of the distances; `other`, d(p, n) where it is given, swaps.

    A swap is the anchor's and the positive's, where the latter is closer to the negative: the smaller one
    of d(a, n) and d(p, n) counts.
    """
    nearest = negative if other is None else np.minimum(negative, other)
    return np.maximum(positive - nearest + margin, 0.0)


def slopes(positive: Any, negative: Any, other: Any, margin: float, each: Any) -> tuple[Any, Any, Any]:
    """The gradients of `terms` by each of its three distances, times `each`; 0 where a term is 0."""
    active = np.where(terms(positive, negative, other, margin) > 0, each, 0.0)
    if other is None:
        return active, -active, None
    swapped = other < negative
    return active, np.where(swapped, 0.0, -active), np.where(swapped, -active, 0.0)
