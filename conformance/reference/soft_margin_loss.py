"""Logistic loss of scores for the two classes 1 and -1.

Source: SoftMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.SoftMarginLoss
2.10.0: l = log(1 + exp(-y x)), reduced as none, mean or sum.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.formula import Part
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share
from conformance.reference.two_classes import softplus


def _printed(z: Any) -> Any:
    """log(1 + exp(-y x)) as written, which loses exp(-y x) beside 1 where the class is right and sure."""
    return np.log(1 + np.exp(z))


def _slope(z: Any) -> Any:
    small = np.exp(-np.abs(z))
    return np.where(z > 0, 1.0, small) / (1 + small)


def _sigmoid(z: Any) -> Any:
    """y (s - 1) and x (s - 1) with the sigmoid s of y x, which is 1 where the class is right and sure."""
    return -(1 / (1 + np.exp(z)) - 1)


@with_legacy_reduction
def soft_margin_loss(
    input: Any,
    target: Any,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    terms: Part = softplus,
) -> Any:
    """Return the loss of `input` for the classes `target`, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction.
    """
    loss = terms(-(target * input))
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def soft_margin_loss_vjp(
    input: Any,
    target: Any,
    upstream: Any,
    reduction: str = "mean",
    *,
    slope: Part = _slope,
) -> tuple[Any, Any]:
    """Return the gradients with respect to `input` and `target`, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `soft_margin_loss` does.
    """
    by_z = slope(-(target * input))
    by_z = by_z * share(upstream, reduction, np.shape(by_z))
    return unbroadcast(-(target * by_z), np.shape(input)), unbroadcast(-(input * by_z), np.shape(target))


ALTERNATIVES = {"printed": {"terms": _printed}}
VJP_ALTERNATIVES = {"sigmoid": {"slope": _sigmoid}}
