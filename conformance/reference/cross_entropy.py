"""Cross entropy of class indices or class probabilities, of an input given as logits.

Source: CrossEntropyLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.nn.CrossEntropyLoss 2.10.0. With log p = x - log(sum of exp x over the classes):
l_n = -w_y log p_{n,y} for a class index y that is not `ignore_index`, else 0; its mean divides by the sum
of those weights w_y. For probabilities y_{n,c}: l_n = -(sum of w_c y_{n,c} log p_{n,c}); its mean divides
by the number of l_n. `label_smoothing` e makes the target the mixture (1 - e) y + e / C (Szegedy et al.,
Rethinking the Inception Architecture for Computer Vision, section 7).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.classes import (
    along_classes,
    at_classes,
    class_axis,
    kept,
    mean_divisor,
    pick,
    weight_of,
)
from conformance.reference.formula import Part
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share


def _log_softmax(input: Any) -> Any:
    axis = class_axis(input)
    shifted = input - np.max(input, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _log_sum_exp(input: Any) -> Any:
    """log p = x - (max x + log(sum of exp(x - max x))), which cancels where all logits are large."""
    axis = class_axis(input)
    largest = np.max(input, axis=axis, keepdims=True)
    return input - (largest + np.log(np.sum(np.exp(input - largest), axis=axis, keepdims=True)))


def _unshifted(input: Any) -> Any:
    """log p = x - log(sum of exp x), whose terms cancel, and overflow, where logits are large."""
    return input - np.log(np.sum(np.exp(input), axis=class_axis(input), keepdims=True))


@with_legacy_reduction
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["weights", "count", "all"] = "weights",
    zero_target: Literal["zero", "nan"] = "zero",
    log_softmax: Part = _log_softmax,
) -> Any:
    """Return the cross entropy of `input`, logits of shape (N, C, ...) or (C), as an array or a scalar.

    `target` are integers of the input's shape without its classes, or probabilities of its shape.
    Raises ValueError for an unknown reduction, a target that is no class, and shapes that do not fit.
    """
    axis, log_p = class_axis(input), log_softmax(input)
    scaled = log_p if weight is None else along_classes(weight, log_p) * log_p
    wanted: Any = True
    divisor = None
    if _holds_probabilities(target, log_p):
        terms = target * scaled
        if zero_target == "zero":
            terms = np.where(target == 0, 0.0, terms)
        loss = -np.sum(terms, axis=axis)
    else:
        wanted = kept(log_p, target, ignore_index)
        weights = weight_of(weight, target, wanted)
        loss, divisor = -weights * pick(log_p, target, wanted), mean_divisor(weights, wanted, weighted_mean)
    if label_smoothing:
        everywhere = -np.sum(scaled, axis=axis) / np.shape(log_p)[axis]
        loss = (1 - label_smoothing) * loss + label_smoothing * everywhere
    loss = np.where(wanted, loss, 0.0)
    return reduced(loss, reduction, empty_mean, divisor)


@with_legacy_reduction
def cross_entropy_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    *,
    weighted_mean: Literal["weights", "count", "all"] = "weights",
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input`, and to `target` where it holds probabilities.

    With the loss -(sum of a_c log p_c) they are p_c (sum of a) - a_c, and -(1 - e) w_c log p_c for
    `label_smoothing` e. `upstream` is the gradient with respect to the loss, of its shape. Raises as
    `cross_entropy` does.
    """
    axis = class_axis(input)
    classes = np.shape(input)[axis]
    log_p = _log_softmax(input)
    weights = along_classes(np.ones(classes) if weight is None else weight, log_p)
    samples = tuple(np.delete(np.shape(input), axis).tolist())
    wanted: Any = True
    probabilities, divisor = target, None
    holds_indices = not _holds_probabilities(target, log_p)
    if holds_indices:
        kept_samples = kept(log_p, target, ignore_index)
        wanted = np.expand_dims(kept_samples, axis)
        probabilities = np.where(at_classes(log_p, target, kept_samples), 1.0, 0.0)
        divisor = mean_divisor(weight_of(weight, target, kept_samples), kept_samples, weighted_mean)
    each = np.expand_dims(share(upstream, reduction, samples, divisor), axis)
    p, terms = np.exp(log_p), weights * probabilities
    slope = p * np.sum(terms, axis=axis, keepdims=True) - terms
    if label_smoothing:
        uniform = (p * np.sum(weights) - weights) / classes
        slope = (1 - label_smoothing) * slope + label_smoothing * uniform
    to_input = np.where(wanted, each * slope, 0.0)
    return to_input, None if holds_indices else -((1 - label_smoothing) * each * (weights * log_p)), None


def _holds_probabilities(target: Any, log_p: Any) -> bool:
    """Whether `target` are probabilities, not indices. Raises ValueError where they have another shape."""
    if isinstance(target, np.ndarray) and target.dtype.kind in "iu":
        return False
    if np.shape(target) != np.shape(log_p):
        raise ValueError(f"probabilities of shape {np.shape(target)} for logits of {np.shape(log_p)}")
    return True


ALTERNATIVES = {"log_sum_exp": {"log_softmax": _log_sum_exp}, "unshifted": {"log_softmax": _unshifted}}
