"""How far the scores of all right classes are from leading those of all others by 1.

Source: MultiLabelMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.nn.MultilabelMarginLoss 2.10.0: l_n = (sum over the right classes y_j, and over the classes i that
are none of them, of max(0, 1 - (x_{y_j} - x_i))) / C, reduced as none, mean or sum. The right classes of a
sample are its targets up to the first negative one.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.classes import check_indices, class_axis
from conformance.reference.formula import Part
from conformance.reference.hinge import hinge_slope, lead_of, margin_first
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share


@with_legacy_reduction
def multilabel_margin_loss(
    input: Any,
    target: Any,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    lead: Part = lead_of,
) -> Any:
    """Return the loss of `input`, of shape (N, C) or (C), for the classes `target`, of its shape.

    Raises ValueError for an unknown reduction, a target that is no class, and shapes that do not fit.
    """
    right, others, places = _pairs(input, target)
    counted, _ = _counted(target, places)
    terms = np.where(counted, np.maximum(lead(right, others, 1.0), 0.0), 0.0)
    *samples, classes = np.shape(target)
    rows = np.reshape(terms, (*samples, np.shape(places)[-1] * classes))
    loss = np.sum(rows, axis=len(samples)) / classes
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def multilabel_margin_loss_vjp(
    input: Any,
    target: Any,
    upstream: Any = None,
    reduction: str = "mean",
    *,
    hinge_gradient: Literal["zero", "half", "one"] = "zero",
    lead: Part = lead_of,
) -> tuple[Any, None]:
    """Return the gradient with respect to `input`, of its shape (none with respect to `target`).

    `upstream` is the gradient with respect to the loss, of its shape. Raises as
    `multilabel_margin_loss` does.
    """
    right, others, places = _pairs(input, target)
    counted, there = _counted(target, places)
    *samples, classes = np.shape(target)
    axis = len(samples)
    each = share(upstream, reduction, tuple(samples))
    slope = np.expand_dims(each, (axis, axis + 1)) * hinge_slope(lead(right, others, 1.0), hinge_gradient)
    by_others = np.where(counted, slope / classes, 0.0)
    by_right = np.where(there, -np.sum(by_others, axis=axis + 1, keepdims=True), 0.0)
    return np.sum(by_others + by_right, axis=axis), None


def _pairs(input: Any, target: Any) -> tuple[Any, Any, Any]:
    """The scores of the right classes, shaped (..., J, 1), of all, (..., 1, C), and the places of the former.

    J is the largest number of right classes of a sample, at least one.
    """
    check_indices(target)
    if np.shape(target) != np.shape(input):
        raise ValueError(f"targets of shape {np.shape(target)} for an input of {np.shape(input)}")
    classes = np.shape(input)[-1]
    right = _right(target)
    if np.any(right & (target >= classes)):
        raise ValueError(f"a target that is none of the {classes} classes")
    most = max(1, int(np.max(np.sum(right, axis=-1), initial=0)))
    places = np.where(right, target, 0)[..., :most]
    axis = class_axis(input)
    chosen = np.take_along_axis(input, places, axis)
    return np.expand_dims(chosen, axis + 1), np.expand_dims(input, axis), places


def _right(target: Any) -> Any:
    """Where a target stands before the first negative one of its sample."""
    return np.logical_and.accumulate(target >= 0, axis=-1)


def _counted(target: Any, places: Any) -> tuple[Any, Any]:
    """Where a pair of a right class and another one counts, and where the right one is, as bools."""
    right = _right(target)[..., : np.shape(places)[-1]]
    there = (places[..., None] == np.arange(np.shape(target)[-1])) & right[..., None]
    return right[..., None] & ~np.any(there, axis=-2, keepdims=True), there


ALTERNATIVES = {"margin_first": {"lead": margin_first}}
VJP_ALTERNATIVES = {"margin_first": {"lead": margin_first}}
