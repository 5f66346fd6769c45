"""The distances that an attribute may name."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.model import NamedCallable
from conformance.reference.triplet import Distance, norm


def distance_of(named: NamedCallable | None, eps: float) -> Distance:
    """The distance of that name, or the Euclidean one of x - y + eps.

    Raises ValueError for a name that is none of a distance.
    """
    if named is None:
        return norm(2, eps)
    if named.callable not in DISTANCES:
        raise ValueError(f"distance {named!r}: use one of {', '.join(DISTANCES)}")
    return DISTANCES[named.callable]


def _cosine(x: Any, y: Any) -> Any:
    return 1 - np.sum(x * y, axis=-1) / np.sqrt(np.sum(x * x, axis=-1) * np.sum(y * y, axis=-1))


def _cosine_gradients(x: Any, y: Any) -> tuple[Any, Any]:
    """(cos x / |x| - y / |y|) / |x|, and the same with x and y swapped."""
    length_x, length_y = (np.sqrt(np.sum(v * v, axis=-1, keepdims=True)) for v in (x, y))
    along_x, along_y = x / length_x, y / length_y
    cosine = np.sum(along_x * along_y, axis=-1, keepdims=True)
    return (cosine * along_x - along_y) / length_x, (cosine * along_y - along_x) / length_y


DISTANCES = {
    "cosine": Distance(_cosine, _cosine_gradients),
    "manhattan": norm(1, 0.0),
    "squared_euclidean": Distance(
        lambda x, y: np.sum((x - y) * (x - y), axis=-1), lambda x, y: (2 * (x - y), 2 * (y - x))
    ),
}
