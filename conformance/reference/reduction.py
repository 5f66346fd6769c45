"""How most losses reduce their terms: none, mean or sum, shared by their references."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def reduced(loss: Any, reduction: str, empty_mean: str = "nan", divisor: Any = None) -> Any:
    """Reduce the terms `loss` to an array as it is, or to one number.

    The mean divides by the number of terms, or by `divisor` (a count, or a sum of weights) where that is
    given; by zero it is NaN, or 0 where `empty_mean` is "zero". Raises ValueError for an unknown
    reduction.
    """
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction {reduction!r}: use one of none, mean, sum")
    total = np.sum(loss)
    if reduction == "sum":
        return total
    divisor = np.size(loss) if divisor is None else divisor
    if isinstance(divisor, int):
        return total / divisor if divisor else (np.nan if empty_mean == "nan" else 0.0)
    return np.where(divisor == 0, np.nan if empty_mean == "nan" else 0.0, total / divisor)


def weighted(loss: Any, weight: Any, mean: str = "weights") -> tuple[Any, Any]:
    """Return the terms times `weight` (None: 1), and what their mean divides by (None: their number).

    `mean` names the convention: "weights", the sum of the weights, of which each term has one, or
    "count".
    """
    if weight is None:
        return loss, None
    loss = loss * weight
    if mean == "count":
        return loss, None
    return loss, np.sum(np.broadcast_to(weight, np.shape(loss)))


def share(upstream: Any, reduction: str, shape: tuple[int, ...], divisor: Any = None) -> Any:
    """Return the gradient with respect to each of the terms, of `shape`, that `reduced` reduces.

    `upstream` is that with respect to its result; `divisor` is as it is there.
    """
    if reduction == "mean":
        upstream = upstream / (math.prod(shape) if divisor is None else divisor)
    return np.broadcast_to(upstream, shape)


def sign(x: Any) -> Any:
    """Return 1, -1, or 0 where x is zero (an element of the subdifferential of |x| there); NaN stays NaN."""
    return np.where(np.isnan(x), np.nan, np.where(x > 0, 1.0, np.where(x < 0, -1.0, 0.0)))
