"""Cross entropy of two classes for each label of a sample, averaged over its labels.

Source: MultiLabelSoftMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.ops.multilabel_soft_margin_loss 2.10.0: with s the logistic sigmoid and C labels,
l_n = -(sum over c of w_c (y log s(x) + (1 - y) log s(-x))) / C, reduced as none, mean or sum. The mean
divides by the number of samples.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.formula import Part
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share, weighted
from conformance.reference.two_classes import (
    sigmoid,
    softplus,
    two_class_loss,
    two_class_slope,
    zero_times_infinity,
)


def _printed(input: Any, target: Any) -> Any:
    """log(1 / (1 + exp(-x))) and log(exp(-x) / (1 + exp(-x))), as the documents print the formula."""
    decay = np.exp(-input)
    positive, negative = np.log(1 / (1 + decay)), np.log(decay / (1 + decay))
    return -(target * positive + (1 - target) * negative)


def _sigmoid_less_target(input: Any, target: Any) -> Any:
    """s(x) - y, which cancels where the loss is near zero and y is not."""
    return sigmoid(input) - target


def _two_logarithms(input: Any) -> Any:
    """log s(-x) - log s(x) in place of -x, the gradient by the target: it cancels where x is near zero."""
    return softplus(-input) - softplus(input)


@with_legacy_reduction
def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    *,
    zero_target: Literal["zero", "nan"] = "zero",
    empty_mean: Literal["nan", "zero"] = "nan",
    terms: Part = two_class_loss,
) -> Any:
    """Return the loss of `input` and `target`, of shape (N, C) both, and of `weight`, of shape (C).

    The labels are the last axis. Raises ValueError for an unknown reduction.
    """
    loss = terms(input, target)
    if zero_target == "nan":
        loss = zero_times_infinity(loss, input, target)
    loss, _ = weighted(loss, weight)
    loss = np.sum(loss, axis=-1) / np.shape(loss)[-1]
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def multilabel_soft_margin_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    reduction: str = "mean",
    *,
    slope: Part = two_class_slope,
    by_target: Part = np.negative,
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input` and `target`, each of its shape; none for `weight`.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as the loss does.
    """
    to_input = slope(input, target)
    *samples, labels = np.shape(to_input)
    to_target = np.broadcast_to(by_target(input), np.shape(to_input))
    each = share(upstream, reduction, tuple(samples)) / labels
    (to_input, _), (to_target, _) = weighted(to_input, weight), weighted(to_target, weight)
    each = np.expand_dims(each, -1)
    return (
        unbroadcast(to_input * each, np.shape(input)),
        unbroadcast(to_target * each, np.shape(target)),
        None,
    )


ALTERNATIVES = {"printed": {"terms": _printed}}
VJP_ALTERNATIVES = {
    "sigmoid_less_target": {"slope": _sigmoid_less_target},
    "two_logarithms": {"by_target": _two_logarithms},
}
