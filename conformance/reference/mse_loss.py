"""Squared error.

Source: MSELoss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.MSELoss 2.10.0:
l = (x - y)^2, reduced as none, mean or sum. `weight` multiplies the terms (docstring of
torch.nn.functional.mse_loss); what a weighted mean divides by is a convention, since no document says.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.difference import by_both
from conformance.reference.formula import Part
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, weighted


def _squares(input: Any, target: Any) -> Any:
    return np.square(input - target)


def _expanded(input: Any, target: Any) -> Any:
    """x^2 - 2 x y + y^2."""
    return input * input - 2 * (input * target) + target * target


@with_legacy_reduction
def mse_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["weights", "count"] = "weights",
    terms: Part = _squares,
) -> Any:
    """Return (input - target)^2, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction.
    """
    loss, divisor = weighted(terms(input, target), weight, weighted_mean)
    return reduced(loss, reduction, empty_mean, divisor)


@with_legacy_reduction
def mse_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    reduction: str = "mean",
    *,
    weighted_mean: Literal["weights", "count"] = "weights",
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input` and `target`, each of its shape; none for `weight`.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `mse_loss` does.
    """
    slope, divisor = weighted(2 * (input - target), weight, weighted_mean)
    return *by_both(slope, input, target, upstream, reduction, divisor), None


ALTERNATIVES = {"expanded": {"terms": _expanded}}
