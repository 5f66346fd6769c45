"""Absolute error.

Source: L1Loss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.L1Loss 2.10.0:
l = |x - y|, reduced as none, mean or sum. `weight` multiplies the terms (docstring of
torch.nn.functional.l1_loss); what a weighted mean divides by is a convention, since no document says.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.difference import by_both
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, sign, weighted


@with_legacy_reduction
def l1_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["weights", "count"] = "weights",
) -> Any:
    """Return |input - target|, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction.
    """
    loss, divisor = weighted(np.abs(input - target), weight, weighted_mean)
    return reduced(loss, reduction, empty_mean, divisor)


@with_legacy_reduction
def l1_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    reduction: str = "mean",
    *,
    weighted_mean: Literal["weights", "count"] = "weights",
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input` and `target`, each of its shape; none for `weight`.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `l1_loss` does.
    """
    slope, divisor = weighted(sign(input - target), weight, weighted_mean)
    return *by_both(slope, input, target, upstream, reduction, divisor), None
