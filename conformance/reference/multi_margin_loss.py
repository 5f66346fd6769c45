"""How far the score of the right class is from leading every other by a margin.

Source: MultiMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.ops.multi_margin_loss 2.10.0: l_n = (sum over the classes i other than y of
w_y max(0, margin - x_y + x_i)^p) / C, with p of 1 or 2; reduced as none, mean or sum. The mean divides by
the number of samples there; MindSpore calls it weighted and does not say how, so its divisor is a convention.
mindspore.nn.MultiMarginLoss 2.10.0 prints the weight inside of the power, w_y^p. The scores are subtracted
from each other first here: what is documented takes the margin first, and loses it among large scores.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.classes import at_classes, class_axis, kept, pick, weight_of
from conformance.reference.hinge import hinge_slope
from conformance.reference.legacy import legacy_reduction
from conformance.reference.nll_loss import mean_divisor
from conformance.reference.reduction import reduced, share


def multi_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    p: int = 1,
    margin: float = 1.0,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["count", "weights"] = "count",
) -> Any:
    """Return the loss of `input`, of shape (N, C) or (C), for the classes `target`, (N) or ().

    Raises ValueError for a `p` that is neither 1 nor 2, an unknown reduction, a target that is no class, and
    shapes that do not fit.
    """
    lead, wanted = _lead(input, target, margin)
    weights = weight_of(weight, target, wanted)
    loss = weights * _mean_over_others(_power(np.maximum(lead, 0.0), p), target, wanted)
    divisor = mean_divisor(weights, wanted, weighted_mean)
    return reduced(loss, legacy_reduction(reduction, size_average, reduce), empty_mean, divisor)


def multi_margin_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    p: int = 1,
    margin: float = 1.0,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
    *,
    weighted_mean: Literal["count", "weights"] = "count",
    hinge_gradient: Literal["zero", "half", "one"] = "zero",
) -> tuple[Any, None, None]:
    """Return the gradient with respect to `input`, of its shape (none with respect to the others).

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `multi_margin_loss` does.
    """
    lead, wanted = _lead(input, target, margin)
    weights = weight_of(weight, target, wanted)
    reduction = legacy_reduction(reduction, size_average, reduce)
    each = weights * share(
        upstream, reduction, np.shape(target), mean_divisor(weights, wanted, weighted_mean)
    )
    return _gradient(lead, target, wanted, each, p, hinge_gradient), None, None


def _lead(input: Any, target: Any, margin: float, margin_first: bool = False) -> tuple[Any, Any]:
    """How far each class comes within the margin of the right one; and that all targets count."""
    wanted = kept(input, target)
    right = np.expand_dims(pick(input, target, wanted), class_axis(input))
    return (margin - right) + input if margin_first else margin - (right - input), wanted


def _power(hinge: Any, p: int) -> Any:
    if p not in (1, 2):
        raise ValueError(f"p {p!r}: it is 1 or 2")
    return hinge if p == 1 else hinge * hinge


def _mean_over_others(terms: Any, target: Any, wanted: Any) -> Any:
    """The sum of the terms of all classes but the right one, divided by the number of all."""
    axis = class_axis(terms)
    others = np.where(at_classes(terms, target, wanted), 0.0, terms)
    return np.sum(others, axis=axis) / np.shape(terms)[axis]


def _gradient(lead: Any, target: Any, wanted: Any, each: Any, p: int, at_kink: str = "zero") -> Any:
    """The gradient with respect to the scores, `each` that with respect to the loss of a sample."""
    axis = class_axis(lead)
    slope = hinge_slope(lead, at_kink) if p == 1 else 2 * np.maximum(lead, 0.0)
    there = at_classes(lead, target, wanted)
    by_others = np.where(there, 0.0, np.expand_dims(each, axis) * slope / np.shape(lead)[axis])
    return np.where(there, -np.sum(by_others, axis=axis, keepdims=True), by_others)


def _weight_inside(
    input: Any,
    target: Any,
    weight: Any = None,
    p: int = 1,
    margin: float = 1.0,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
) -> Any:
    """max(0, w_y (margin - x_y + x_i))^p in place of w_y max(0, margin - x_y + x_i)^p."""
    lead, wanted = _lead(input, target, margin)
    weights = np.expand_dims(weight_of(weight, target, wanted), class_axis(input))
    loss = _mean_over_others(_power(np.maximum(weights * lead, 0.0), p), target, wanted)
    return reduced(loss, legacy_reduction(reduction, size_average, reduce))


def _margin_first(
    input: Any,
    target: Any,
    weight: Any = None,
    p: int = 1,
    margin: float = 1.0,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
) -> Any:
    """(margin - x_y) + x_i, which loses the margin among large scores."""
    lead, wanted = _lead(input, target, margin, margin_first=True)
    weights = weight_of(weight, target, wanted)
    loss = weights * _mean_over_others(_power(np.maximum(lead, 0.0), p), target, wanted)
    return reduced(loss, legacy_reduction(reduction, size_average, reduce))


def _margin_first_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    p: int = 1,
    margin: float = 1.0,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
) -> tuple[Any, None, None]:
    """The gradient where (margin - x_y) + x_i is positive."""
    lead, wanted = _lead(input, target, margin, margin_first=True)
    reduction = legacy_reduction(reduction, size_average, reduce)
    each = weight_of(weight, target, wanted) * share(upstream, reduction, np.shape(target))
    return _gradient(lead, target, wanted, each, p), None, None


FORMULAS = {"weight_inside": _weight_inside}
ALTERNATIVES = {"margin_first": _margin_first}
VJP_ALTERNATIVES = {"margin_first": _margin_first_vjp}
