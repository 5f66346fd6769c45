"""Logistic loss of scores for the two classes 1 and -1.

Source: SoftMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.SoftMarginLoss
2.10.0: l = log(1 + exp(-y x)), reduced as none, mean or sum.

With z = -y x it is max(z, 0) + log(1 + exp(-|z|)), which neither overflows where z is large nor
loses exp(z) beside 1 where z is very negative.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.formula import Part
from conformance.reference.legacy import legacy_reduction
from conformance.reference.reduction import reduced, share


def _terms(z: Any) -> Any:
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def _printed(z: Any) -> Any:
    """log(1 + exp(-y x)) as written, which loses exp(-y x) beside 1 where the class is right and sure."""
    return np.log(1 + np.exp(z))


def _slope(z: Any) -> Any:
    small = np.exp(-np.abs(z))
    return np.where(z > 0, 1.0, small) / (1 + small)


def _sigmoid(z: Any) -> Any:
    """y (s - 1) and x (s - 1) with the sigmoid s of y x, which is 1 where the class is right and sure."""
    return -(1 / (1 + np.exp(z)) - 1)


def soft_margin_loss(
    input: Any,
    target: Any,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    terms: Part = _terms,
) -> Any:
    """Return the loss of `input` for the classes `target`, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction.
    """
    loss = terms(-(target * input))
    return reduced(loss, legacy_reduction(reduction, size_average, reduce), empty_mean)


def soft_margin_loss_vjp(
    input: Any,
    target: Any,
    upstream: Any,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
    *,
    slope: Part = _slope,
) -> tuple[Any, Any]:
    """Return the gradients with respect to `input` and `target`, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `soft_margin_loss` does.
    """
    by_z = slope(-(target * input))
    by_z = by_z * share(upstream, legacy_reduction(reduction, size_average, reduce), np.shape(by_z))
    return unbroadcast(-(target * by_z), np.shape(input)), unbroadcast(-(input * by_z), np.shape(target))


ALTERNATIVES = {"printed": {"terms": _printed}}
VJP_ALTERNATIVES = {"sigmoid": {"slope": _sigmoid}}
