"""Absolute error.

Source: L1Loss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.L1Loss 2.10.0:
l = |x - y|, reduced as none, mean or sum. `weight` multiplies the terms (docstring of
torch.nn.functional.l1_loss); what a weighted mean divides by is a convention, since no document says.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.legacy import legacy_reduction
from conformance.reference.reduction import reduced, share, sign, weighted


def l1_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["weights", "count"] = "weights",
) -> Any:
    """Return |input - target|, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction.
    """
    loss, divisor = weighted(np.abs(input - target), weight, weighted_mean)
    return reduced(loss, legacy_reduction(reduction, size_average, reduce), empty_mean, divisor)


def l1_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
    *,
    weighted_mean: Literal["weights", "count"] = "weights",
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input` and `target`, each of its shape; none for `weight`.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `l1_loss` does.
    """
    slope = sign(input - target)
    slope, divisor = weighted(slope, weight, weighted_mean)
    slope = slope * share(
        upstream, legacy_reduction(reduction, size_average, reduce), np.shape(slope), divisor
    )
    return unbroadcast(slope, np.shape(input)), unbroadcast(-slope, np.shape(target)), None
