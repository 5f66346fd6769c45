"""Squared error, linear where the error is at least `delta`.

Source: HuberLoss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.HuberLoss 2.10.0:
l = (x - y)^2 / 2 where |x - y| < delta, else delta (|x - y| - delta / 2), reduced as none, mean or sum.
`weight` multiplies the terms (docstring of torch.nn.functional.huber_loss); what a weighted mean divides
by is a convention, since no document says.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.difference import by_both
from conformance.reference.reduction import reduced, sign, weighted


def huber_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    delta: float = 1.0,
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["weights", "count"] = "weights",
) -> Any:
    """Return the Huber loss of input - target, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction, and where `delta` is not positive.
    """
    if not delta > 0:
        raise ValueError(f"delta {delta!r}: it is positive")
    distance = np.abs(input - target)
    squared = 0.5 * distance * distance
    loss = np.where(distance < delta, squared, delta * (distance - 0.5 * delta))
    loss, divisor = weighted(loss, weight, weighted_mean)
    return reduced(loss, reduction, empty_mean, divisor)


def huber_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    reduction: str = "mean",
    delta: float = 1.0,
    *,
    weighted_mean: Literal["weights", "count"] = "weights",
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input` and `target`, each of its shape; none for `weight`.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `huber_loss` does.
    """
    if not delta > 0:
        raise ValueError(f"delta {delta!r}: it is positive")
    difference = input - target
    slope = np.where(np.abs(difference) < delta, difference, delta * sign(difference))
    slope, divisor = weighted(slope, weight, weighted_mean)
    return *by_both(slope, input, target, upstream, reduction, divisor), None
