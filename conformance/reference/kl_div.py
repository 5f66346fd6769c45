"""Kullback-Leibler divergence of a target distribution from an input given as log-probabilities.

Source: KLDivLoss, PyTorch 2.7 documentation, and mindspore.mint.nn.KLDivLoss:
L = y (log y - x), reduced as none, mean, batchmean (sum(L) / x.shape[0]) or sum; with `log_target`,
L = exp(t) (t - x). What those leave open are the keyword-only parameters, named conventions.

For targets that are probabilities the expanded form y log y - y x is as good: its own running bound,
u |y| (3 |log y| + |x| + |d|) with d = log y - x, stays within the allowance, twice this form's
2 u |y| (|log y| + |d|), since |x| <= |log y| + |d|. For log-targets it is not: t - x is exact where
they are close, and exp(t) t - exp(t) x cancels.

The gradients follow by hand: dL/dx = -y and dL/dy = log y - x + 1; dL/dt = exp(t) (t - x) + exp(t).
The chain rule through the expanded form, u |g| (5 |log y| + 2 |d| + 4) at most near d = 0, may in theory
pass the allowance there, 4 u |g| (|log y| + |d| + 1) and more, by a quarter: it is an alternative, too.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.formula import Part
from conformance.reference.legacy import with_legacy_reduction


def _terms(input: Any, target: Any, log_target: bool) -> Any:
    probability, log_probability = _probability(target, log_target)
    return probability * (log_probability - input)


def _expanded(input: Any, target: Any, log_target: bool) -> Any:
    """y log y - y x."""
    probability, log_probability = _probability(target, log_target)
    return probability * log_probability - probability * input


def _log_input(input: Any, target: Any, log_target: bool) -> Any:
    """y (log y - log x), as mindspore.nn.KLDivLoss 2.10.0 is documented, which has no `log_target`."""
    return target * (np.log(target) - np.log(input))


def _probability(target: Any, log_target: bool) -> tuple[Any, Any]:
    """The probability, and its logarithm."""
    return (np.exp(target), target) if log_target else (target, np.log(target))


def _by_target(input: Any, target: Any, weight: Any, scaled: Any, log_target: bool) -> Any:
    """The gradient by the target, of the gradient `weight` by each term and its product with y, `scaled`."""
    if log_target:
        return scaled * (target - input) + scaled
    return weight * (np.log(target) - input) + _through_log(weight, target)


def _through_expanded(input: Any, target: Any, weight: Any, scaled: Any, log_target: bool) -> Any:
    """w log y + w y / y - w x, the chain rule through y log y - y x."""
    if log_target:
        return scaled * target + scaled - scaled * input
    return weight * np.log(target) + _as_written(scaled, target, weight) - weight * input


def _stepwise(input: Any, target: Any, weight: Any, scaled: Any, log_target: bool) -> Any:
    """w (log y - x) + w y / y, or (w (t - x)) exp(t) + w exp(t): the chain rule factor by factor.

    This is what automatic differentiation does; with large factors it overflows on the way.
    """
    if log_target:
        return (weight * (target - input)) * np.exp(target) + scaled
    return weight * (np.log(target) - input) + _as_written(scaled, target, weight)


def _through_log(weight: Any, target: Any) -> Any:
    """w y / y, which is w: the chain rule through log y, whose product may fall below the normal range.

    At zero, and where the product is infinite, it is the limit.
    """
    product = weight * target
    return np.where(np.isfinite(product) & (target != 0), product / target, weight)


def _as_written(product: Any, target: Any, weight: Any) -> Any:
    """The product w y divided by y; at zero the limit."""
    return np.where(target == 0, weight, product / target)


@with_legacy_reduction
def kl_div(
    input: Any,
    target: Any,
    reduction: str = "mean",
    log_target: bool = False,
    *,
    zero_target: Literal["zero", "nan"] = "zero",
    zero_target_infinite_input: Literal["zero", "nan"] = "zero",
    zero_target_nan_input: Literal["nan", "zero"] = "nan",
    negative_target: Literal["nan", "zero", "linear"] = "nan",
    empty_mean: Literal["nan", "zero"] = "nan",
    scalar_batch: Literal["one", "refused"] = "one",
    empty_batch: Literal["nan", "zero"] = "nan",
    terms: Part = _terms,
) -> Any:
    """Return the divergence of `target` from `input`, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction, and for batchmean of a 0-d input where `scalar_batch`
    is "refused".
    """
    if not log_target and negative_target == "zero":
        target = np.where(target < 0, 0.0, target)
    loss = terms(input, target, log_target)
    if not log_target and negative_target == "linear":
        loss = np.where(target < 0, -target * input, loss)
    if zero_target == "zero":
        at_zero = _at_zero(input, zero_target_infinite_input, zero_target_nan_input)
        loss = np.where(target == (-np.inf if log_target else 0.0), at_zero, loss)
    return _reduced(loss, reduction, np.shape(input), empty_mean, scalar_batch, empty_batch)


@with_legacy_reduction
def kl_div_vjp(
    input: Any,
    target: Any,
    upstream: Any,
    reduction: str = "mean",
    log_target: bool = False,
    *,
    negative_target: Literal["nan", "zero", "linear"] = "nan",
    zero_target_gradient: Literal["limit", "zero", "nan"] = "limit",
    scalar_batch: Literal["one", "refused"] = "one",
    by_target: Part = _by_target,
) -> tuple[Any, Any]:
    """Return the gradients with respect to `input` and `target`, each of its input's shape.

    `upstream` is the gradient with respect to the divergence, of its shape. Raises as `kl_div` does.
    """
    weight = _weight(upstream, reduction, np.shape(input), np.shape(target), scalar_batch)
    scaled = weight * (np.exp(target) if log_target else target)
    to_input, to_target = -scaled, by_target(input, target, weight, scaled, log_target)
    if not log_target and negative_target == "linear":
        to_target = np.where(target < 0, -(weight * input), to_target)
    elif not log_target and negative_target == "zero":
        to_input = np.where(target < 0, 0.0, to_input)
        to_target = np.where(target < 0, 0.0, to_target)
    if zero_target_gradient != "limit":
        at_zero = 0.0 if zero_target_gradient == "zero" else np.nan
        to_target = np.where(target == (-np.inf if log_target else 0.0), at_zero, to_target)
    elif log_target:
        to_target = np.where(target == -np.inf, _at_zero(input), to_target)
    return unbroadcast(to_input, np.shape(input)), unbroadcast(to_target, np.shape(target))


def _weight(
    upstream: Any, reduction: str, shape: tuple[int, ...], other: tuple[int, ...], scalar_batch: str = "one"
) -> Any:
    """The gradient with respect to each term of the sum, for an input of `shape`."""
    full = np.broadcast_shapes(shape, other)
    if reduction not in ("none", "sum"):
        upstream = upstream / _divisor(reduction, math.prod(full), shape, scalar_batch)
    return np.broadcast_to(upstream, full)


def _at_zero(input: Any, infinite: str = "zero", nan: str = "nan") -> Any:
    """The loss where the target is zero: 0 log(0/q) = 0 for every q, unless a convention says nan."""
    loss = np.where(np.isnan(input), np.nan if nan == "nan" else 0.0, 0.0)
    return np.where(np.isinf(input), np.nan, loss) if infinite == "nan" else loss


def _reduced(
    loss: Any,
    reduction: str,
    shape: tuple[int, ...],
    empty_mean: str = "nan",
    scalar_batch: str = "one",
    empty_batch: str = "nan",
) -> Any:
    if reduction == "none":
        return loss
    if reduction == "sum":
        return np.sum(loss)
    divisor = _divisor(reduction, np.size(loss), shape, scalar_batch)
    if divisor == 0:
        return np.nan if (empty_mean if reduction == "mean" else empty_batch) == "nan" else 0.0
    return np.sum(loss) / divisor


def _divisor(reduction: str, size: int, shape: tuple[int, ...], scalar_batch: str) -> int:
    """What mean and batchmean divide a sum of `size` terms by, for an input of `shape`."""
    if reduction == "mean":
        return size
    if reduction != "batchmean":
        raise ValueError(f"reduction {reduction!r}: use one of none, mean, batchmean, sum")
    if not shape and scalar_batch == "refused":
        raise ValueError("batchmean of a 0-d input: it has no batch dimension")
    return shape[0] if shape else 1


FORMULAS = {
    # The code that the PyTorch 2.7 documentation prints as "roughly equivalent", as written.
    "printed": {"zero_target": "nan"},
    "log_input": {"zero_target": "nan", "terms": _log_input},
}
ALTERNATIVES = {"expanded": {"terms": _expanded}}
VJP_ALTERNATIVES = {"expanded": {"by_target": _through_expanded}, "stepwise": {"by_target": _stepwise}}
