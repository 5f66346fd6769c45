"""Absolute error, squared where it is below `beta`.

Source: SmoothL1Loss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.SmoothL1Loss
2.10.0: l = (x - y)^2 / (2 beta) where |x - y| < beta, else |x - y| - beta / 2, reduced as none, mean or
sum. With beta = 0 it is the absolute error.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.difference import by_both
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, sign


@with_legacy_reduction
def smooth_l1_loss(
    input: Any,
    target: Any,
    reduction: str = "mean",
    beta: float = 1.0,
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
) -> Any:
    """Return the smoothed |input - target|, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction, and for a negative `beta`.
    """
    if not beta >= 0:
        raise ValueError(f"beta {beta!r}: it is not negative")
    distance = np.abs(input - target)
    loss = distance
    if beta > 0:
        # Half of it first: that rounds nowhere, and the squares of half types reach twice as far.
        loss = np.where(distance < beta, 0.5 * distance * distance / beta, distance - 0.5 * beta)
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def smooth_l1_loss_vjp(
    input: Any,
    target: Any,
    upstream: Any,
    reduction: str = "mean",
    beta: float = 1.0,
) -> tuple[Any, Any]:
    """Return the gradients with respect to `input` and `target`, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `smooth_l1_loss` does.
    """
    if not beta >= 0:
        raise ValueError(f"beta {beta!r}: it is not negative")
    difference = input - target
    slope = sign(difference)
    if beta > 0:
        slope = np.where(np.abs(difference) < beta, difference / beta, slope)
    return by_both(slope, input, target, upstream, reduction)
