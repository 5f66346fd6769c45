"""How far the score of the right class is from leading every other by a margin.

Source: MultiMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.ops.multi_margin_loss 2.10.0: l_n = (sum over the classes i other than y of
w_y max(0, margin - x_y + x_i)^p) / C, with p of 1 or 2; reduced as none, mean or sum. The mean divides by
the number of samples there; MindSpore calls it weighted and does not say how, so its divisor is a convention.
mindspore.nn.MultiMarginLoss 2.10.0 prints the weight inside of the power, w_y^p.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.classes import at_classes, class_axis, kept, mean_divisor, pick, weight_of
from conformance.reference.formula import Part
from conformance.reference.hinge import hinge_slope, lead_of, margin_first
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share


def _terms(lead: Any, there: Any, weights: Any, p: int) -> Any:
    return weights * _mean_over_others(_power(np.maximum(lead, 0.0), p), there)


def _weight_inside(lead: Any, there: Any, weights: Any, p: int) -> Any:
    """max(0, w_y (margin - x_y + x_i))^p in place of w_y max(0, margin - x_y + x_i)^p."""
    lead = np.expand_dims(weights, class_axis(lead)) * lead
    return _mean_over_others(_power(np.maximum(lead, 0.0), p), there)


def _power(hinge: Any, p: int) -> Any:
    if p not in (1, 2):
        raise ValueError(f"p {p!r}: it is 1 or 2")
    return hinge if p == 1 else hinge * hinge


def _mean_over_others(terms: Any, there: Any) -> Any:
    """The sum of the terms of all classes but the right one, divided by the number of all."""
    axis = class_axis(terms)
    return np.sum(np.where(there, 0.0, terms), axis=axis) / np.shape(terms)[axis]


@with_legacy_reduction
def multi_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    p: int = 1,
    margin: float = 1.0,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["count", "weights"] = "count",
    lead: Part = lead_of,
    terms: Part = _terms,
) -> Any:
    """Return the loss of `input`, of shape (N, C) or (C), for the classes `target`, (N) or ().

    Raises ValueError for a `p` that is neither 1 nor 2, an unknown reduction, a target that is no class, and
    shapes that do not fit.
    """
    right, there, wanted = _right(input, target)
    weights = weight_of(weight, target, wanted)
    loss = terms(lead(right, input, margin), there, weights, p)
    divisor = mean_divisor(weights, wanted, weighted_mean)
    return reduced(loss, reduction, empty_mean, divisor)


@with_legacy_reduction
def multi_margin_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    p: int = 1,
    margin: float = 1.0,
    reduction: str = "mean",
    *,
    weighted_mean: Literal["count", "weights"] = "count",
    hinge_gradient: Literal["zero", "half", "one"] = "zero",
    lead: Part = lead_of,
) -> tuple[Any, None, None]:
    """Return the gradient with respect to `input`, of its shape (none with respect to the others).

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `multi_margin_loss` does.
    """
    right, there, wanted = _right(input, target)
    weights = weight_of(weight, target, wanted)
    divisor = mean_divisor(weights, wanted, weighted_mean)
    each = weights * share(upstream, reduction, np.shape(target), divisor)
    above = lead(right, input, margin)
    slope = hinge_slope(above, hinge_gradient) if p == 1 else 2 * np.maximum(above, 0.0)
    axis = class_axis(input)
    by_others = np.where(there, 0.0, np.expand_dims(each, axis) * slope / np.shape(input)[axis])
    return np.where(there, -np.sum(by_others, axis=axis, keepdims=True), by_others), None, None


def _right(input: Any, target: Any) -> tuple[Any, Any, Any]:
    """The scores of the right classes, where they stand, and that all targets count."""
    wanted = kept(input, target)
    right = np.expand_dims(pick(input, target, wanted), class_axis(input))
    return right, at_classes(input, target, wanted), wanted


FORMULAS = {"weight_inside": {"terms": _weight_inside}}
ALTERNATIVES = {"margin_first": {"lead": margin_first}}
VJP_ALTERNATIVES = {"margin_first": {"lead": margin_first}}
