"""Functions that attributes take, by name, of operations that the tensors of all frameworks have."""

from __future__ import annotations

from typing import Any


def cosine(x: Any, y: Any) -> Any:
    """One less the cosine of the angle between vectors along the last axis."""
    return 1 - (x * y).sum(-1) / ((x * x).sum(-1) * (y * y).sum(-1)) ** 0.5


def manhattan(x: Any, y: Any) -> Any:
    """The sum of absolute differences along the last axis."""
    return abs(x - y).sum(-1)


def squared_euclidean(x: Any, y: Any) -> Any:
    """The sum of squared differences along the last axis."""
    return ((x - y) * (x - y)).sum(-1)


CALLABLES = {function.__name__: function for function in (cosine, manhattan, squared_euclidean)}
