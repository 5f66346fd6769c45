"""Cross entropy of two classes, of an input given as the logit of the first.

Source: BCEWithLogitsLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.ops.binary_cross_entropy_with_logits 2.10.0: with s the logistic sigmoid and p the weight of
positive examples, l = -w (p y log s(x) + (1 - y) log(1 - s(x))), reduced as none, mean or sum; the mean
divides by the number of terms.

Since -log s(x) = softplus(-x) and -log(1 - s(x)) = softplus(x), which are never negative, nothing cancels
for targets between 0 and 1. The gradient follows by hand: dl/dx = w ((1 - y) s(x) - p y s(-x)).
"""

from __future__ import annotations

from collections.abc import Callable
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


def _log_sigmoid(input: Any, target: Any, pos_weight: Any, softplus: Callable[[Any], Any] = softplus) -> Any:
    """(1 - y) x + (1 + (p - 1) y) softplus(-x), which cancels where x is far below zero."""
    scale = 1.0 if pos_weight is None else 1 + (pos_weight - 1) * target
    return (1 - target) * input + scale * softplus(-input)


def _log_sigmoid_of_sum(input: Any, target: Any, pos_weight: Any) -> Any:
    """(1 - y) x + (1 + (p - 1) y) log(1 + exp(-x)), of which the sum under the logarithm is rounded."""
    return _log_sigmoid(input, target, pos_weight, _softplus_of_sum)


def _maximum_less_product(
    input: Any, target: Any, pos_weight: Any, softplus: Callable[[Any], Any] = softplus
) -> Any:
    """max(x, 0) - x y + log1p(exp(-|x|)), which cancels where y is near 1 and x is large."""
    loss = np.maximum(input, 0.0) - input * target + softplus(-np.abs(input))
    return loss if pos_weight is None else loss + (pos_weight - 1) * target * softplus(-input)


def _maximum_less_product_of_sum(input: Any, target: Any, pos_weight: Any) -> Any:
    """max(x, 0) - x y + log(1 + exp(-|x|)), of which the sum under the logarithm is rounded."""
    return _maximum_less_product(input, target, pos_weight, _softplus_of_sum)


def _softplus_of_sum(x: Any) -> Any:
    return np.maximum(x, 0.0) + np.log(1 + np.exp(-np.abs(x)))


def _printed(input: Any, target: Any, pos_weight: Any) -> Any:
    """The documented formula as it is printed: the logarithms of a sigmoid that is rounded first."""
    probability = 1 / (1 + np.exp(-input))
    positive, negative = target * np.log(probability), (1 - target) * np.log(1 - probability)
    return -((positive if pos_weight is None else pos_weight * positive) + negative)


def _sigmoid_less_target(input: Any, target: Any, pos_weight: Any) -> Any:
    """(1 + (p - 1) y) s(x) - p y, which cancels where the loss is near zero and y is not."""
    return _less_target(sigmoid(input), target, pos_weight)


def _exponential_less_target(input: Any, target: Any, pos_weight: Any) -> Any:
    """s(x) less the target, s(x) as exp(-softplus(-x)), which a half type rounds once, to 1 if near it."""
    return _less_target(np.exp(-softplus(-input)), target, pos_weight)


def _tanh_less_target(input: Any, target: Any, pos_weight: Any) -> Any:
    """s(x) less the target, s(x) as (1 + tanh(x / 2)) / 2, which cancels where x is far below zero."""
    return _less_target((1 + np.tanh(input / 2)) / 2, target, pos_weight)


def _less_target(sigmoid: Any, target: Any, pos_weight: Any) -> Any:
    if pos_weight is None:
        return sigmoid - target
    positive = pos_weight * target
    return (positive + 1 - target) * sigmoid - positive


@with_legacy_reduction
def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    pos_weight: Any = None,
    reduction: str = "mean",
    *,
    zero_target: Literal["zero", "nan"] = "zero",
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["count", "weights"] = "count",
    terms: Part = two_class_loss,
) -> Any:
    """Return the cross entropy of `target` and the sigmoid of `input`, as an array or a scalar.

    All inputs broadcast. Raises ValueError for an unknown reduction.
    """
    loss = terms(input, target, pos_weight)
    if zero_target == "nan":
        loss = zero_times_infinity(loss, input, target)
    loss, divisor = weighted(loss, weight, weighted_mean)
    return reduced(loss, reduction, empty_mean, divisor)


@with_legacy_reduction
def binary_cross_entropy_with_logits_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    pos_weight: Any = None,
    upstream: Any = None,
    reduction: str = "mean",
    *,
    weighted_mean: Literal["count", "weights"] = "count",
    slope: Part = two_class_slope,
) -> tuple[Any, Any, None, None]:
    """Return the gradients with respect to `input` and `target`, each of its shape; none for the weights.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as the loss does.
    """
    to_input, divisor = weighted(slope(input, target, pos_weight), weight, weighted_mean)
    each = share(upstream, reduction, np.shape(to_input), divisor)
    by_target = -input if pos_weight is None else pos_weight * softplus(-input) - softplus(input)
    to_target, _ = weighted(by_target, weight)
    return (
        unbroadcast(to_input * each, np.shape(input)),
        unbroadcast(to_target * each, np.shape(target)),
        None,
        None,
    )


ALTERNATIVES = {
    "log_sigmoid": {"terms": _log_sigmoid},
    "log_sigmoid_of_sum": {"terms": _log_sigmoid_of_sum},
    "maximum_less_product": {"terms": _maximum_less_product},
    "maximum_less_product_of_sum": {"terms": _maximum_less_product_of_sum},
    "printed": {"terms": _printed},
}
VJP_ALTERNATIVES = {
    "sigmoid_less_target": {"slope": _sigmoid_less_target},
    "exponential_less_target": {"slope": _exponential_less_target},
    "tanh_less_target": {"slope": _tanh_less_target},
}
