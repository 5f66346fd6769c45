"""What the triplet losses share: norms as distances, the terms, and the gradients by all three inputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.reduction import share, sign


class Distance(NamedTuple):
    """A function of two arrays, along their last axis, and its gradients by both."""

    of: Callable[[Any, Any], Any]
    gradients: Callable[[Any, Any], tuple[Any, Any]]


def norm(p: float, eps: float) -> Distance:
    """The p-norm of x - y + eps. Raises ValueError where `p` is less than 1."""
    if not p >= 1:
        raise ValueError(f"p {p!r}: a norm has one of at least 1")

    def gradients(x: Any, y: Any) -> tuple[Any, Any]:
        slope = _direction(x - y + eps, p)
        return slope, -slope

    return Distance(lambda x, y: _length(x - y + eps, p), gradients)


def _length(z: Any, p: float) -> Any:
    size = np.abs(z)
    if p == math.inf:
        return np.max(size, axis=-1)
    if p == 1:
        return np.sum(size, axis=-1)
    if p == 2:
        return np.sqrt(np.sum(size * size, axis=-1))
    return np.exp(np.log(np.sum(size**p, axis=-1)) / p)  # 1 / p itself would be rounded


def _direction(z: Any, p: float) -> Any:
    """sign(z) (|z| / |z|_p)^(p - 1), 0 where the norm is 0.

    The largest components of an infinity norm share it equally.
    """
    length = np.expand_dims(_length(z, p), -1)
    if p == math.inf:
        largest = np.where(np.abs(z) == length, sign(z), 0.0)
        return largest / np.maximum(np.sum(np.abs(largest), axis=-1, keepdims=True), 1.0)
    if p == 1:
        return sign(z)
    if p == 2:
        return np.where(length == 0, 0.0, z / length)
    return np.where(length == 0, 0.0, sign(z) * (np.abs(z) / length) ** (p - 1))


def triplet_terms(
    distance: Distance, anchor: Any, positive: Any, negative: Any, margin: float, swap: bool
) -> Any:
    """max(d(a, p) - d(a, n) + margin, 0).

    A `swap` is the anchor's and the positive's, where the latter is closer to the negative: the smaller one
    of d(a, n) and d(p, n) counts.
    """
    nearest = distance.of(anchor, negative)
    if swap:
        nearest = np.minimum(nearest, distance.of(positive, negative))
    return np.maximum(distance.of(anchor, positive) - nearest + margin, 0.0)


def triplet_gradients(
    distance: Distance,
    anchor: Any,
    positive: Any,
    negative: Any,
    upstream: Any,
    margin: float,
    swap: bool,
    reduction: str,
) -> tuple[Any, Any, Any]:
    """The gradients of the reduced `triplet_terms` by each input, of its shape; 0 where a term is 0."""
    terms = triplet_terms(distance, anchor, positive, negative, margin, swap)
    each = np.where(terms > 0, share(upstream, reduction, np.shape(terms)), 0.0)
    pairs = [(0, 1, each), (0, 2, -each)]
    if swap:
        swapped = distance.of(positive, negative) < distance.of(anchor, negative)
        pairs[1:] = [(0, 2, np.where(swapped, 0.0, -each)), (1, 2, np.where(swapped, -each, 0.0))]
    inputs = (anchor, positive, negative)
    totals: list[Any] = [0.0, 0.0, 0.0]
    for x, y, slope in pairs:
        for place, gradient in zip((x, y), distance.gradients(inputs[x], inputs[y]), strict=True):
            totals[place] = totals[place] + np.expand_dims(slope, -1) * gradient
    a, b, c = (unbroadcast(total, np.shape(part)) for total, part in zip(totals, inputs, strict=True))
    return a, b, c
