"""Cross entropy of two classes for each label of a sample, averaged over its labels.

Source: MultiLabelSoftMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.ops.multilabel_soft_margin_loss 2.10.0: with s the logistic sigmoid and C labels,
l_n = -(sum over c of w_c (y log s(x) + (1 - y) log s(-x))) / C, reduced as none, mean or sum. The mean
divides by the number of samples.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.binary_cross_entropy_with_logits import (
    sigmoid,
    softplus,
    two_class_loss,
    two_class_slope,
)
from conformance.reference.broadcasting import unbroadcast
from conformance.reference.legacy import legacy_reduction
from conformance.reference.reduction import reduced, share, weighted


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
    *,
    zero_target: Literal["zero", "nan"] = "zero",
    empty_mean: Literal["nan", "zero"] = "nan",
) -> Any:
    """Return the loss of `input` and `target`, of shape (N, C) both, and of `weight`, of shape (C).

    The labels are the last axis. Raises ValueError for an unknown reduction.
    """
    loss = _averaged(two_class_loss(input, target, zero_target=zero_target), weight)
    return reduced(loss, legacy_reduction(reduction, size_average, reduce), empty_mean)


def multilabel_soft_margin_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input` and `target`, each of its shape; none for `weight`.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as the loss does.
    """
    slope = two_class_slope(input, target)
    return _spread(slope, -input, input, target, weight, upstream, reduction, size_average, reduce)


def _averaged(terms: Any, weight: Any) -> Any:
    """The terms of each sample, weighted and averaged over its labels."""
    terms, _ = weighted(terms, weight)
    return np.sum(terms, axis=-1) / np.shape(terms)[-1]


def _spread(
    by_input: Any,
    by_target: Any,
    input: Any,
    target: Any,
    weight: Any,
    upstream: Any,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
) -> tuple[Any, Any, None]:
    """The gradients, of the derivatives of each term."""
    *samples, labels = np.broadcast_shapes(np.shape(by_input), np.shape(by_target))
    by_target = np.broadcast_to(by_target, (*samples, labels))
    each = share(upstream, legacy_reduction(reduction, size_average, reduce), tuple(samples)) / labels
    (by_input, _), (by_target, _) = weighted(by_input, weight), weighted(by_target, weight)
    each = np.expand_dims(each, -1)
    return (
        unbroadcast(by_input * each, np.shape(input)),
        unbroadcast(by_target * each, np.shape(target)),
        None,
    )


def _printed(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    size_average: bool | None = None,
    reduce: bool | None = None,
) -> Any:
    """log(1 / (1 + exp(-x))) and log(exp(-x) / (1 + exp(-x))), as the documents print the formula."""
    decay = np.exp(-input)
    positive, negative = np.log(1 / (1 + decay)), np.log(decay / (1 + decay))
    loss = _averaged(-(target * positive + (1 - target) * negative), weight)
    return reduced(loss, legacy_reduction(reduction, size_average, reduce))


def _sigmoid_less_target_vjp(
    input: Any, target: Any, weight: Any = None, upstream: Any = None, **options: Any
) -> tuple[Any, Any, None]:
    """s(x) - y, which cancels where the loss is near zero and y is not."""
    return _spread(sigmoid(input) - target, -input, input, target, weight, upstream, **options)


def _two_logarithms_vjp(
    input: Any, target: Any, weight: Any = None, upstream: Any = None, **options: Any
) -> tuple[Any, Any, None]:
    """log s(-x) - log s(x) in place of -x, the gradient by the target: it cancels where x is near zero."""
    slope, by_target = two_class_slope(input, target), softplus(-input) - softplus(input)
    return _spread(slope, by_target, input, target, weight, upstream, **options)


ALTERNATIVES = {"printed": _printed}
VJP_ALTERNATIVES = {
    "sigmoid_less_target": _sigmoid_less_target_vjp,
    "two_logarithms": _two_logarithms_vjp,
}
