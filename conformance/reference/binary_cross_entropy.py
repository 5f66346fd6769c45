"""Cross entropy of two classes, of an input given as the probability of the first.

Source: BCELoss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.BCELoss 2.10.0:
l = -w (y log x + (1 - y) log(1 - x)), reduced as none, mean or sum; the mean divides by the number of
terms. The former clamps both logarithms to -100 at least; no other document says what they are at 0.

The gradient follows by hand: dl/dx = w (x - y) / (x (1 - x)), which is (1 - y) / (1 - x) less y / x. Where
a logarithm is clamped its part of that is zero.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.formula import Part
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share, weighted

LEAST_LOG = -100.0


def _log_of_rest(input: Any) -> Any:
    return np.log1p(-input)


def _rounded_rest(input: Any) -> Any:
    """log(1 - x) as the documents print it: 1 - x rounds, which matters where x is near zero."""
    return np.log(1 - input)


def _slope(input: Any, target: Any, log_of_zero: str) -> Any:
    slope = (input - target) / (input * (1 - input))
    if log_of_zero == "clamped":
        slope = np.where(input < math.exp(LEAST_LOG), (1 - target) / (1 - input), slope)
        slope = np.where(input == 1, -target / input, slope)  # no dtype has another number that near 1
    return slope


def _two_terms(input: Any, target: Any, log_of_zero: str) -> Any:
    """(1 - y) / (1 - x) - y / x, the chain rule through both logarithms: it cancels where x is near y."""
    first, second = target / input, (1 - target) / (1 - input)
    if log_of_zero == "clamped":
        first = np.where(input < math.exp(LEAST_LOG), 0.0, first)
        second = np.where(input == 1, 0.0, second)
    return second - first


@with_legacy_reduction
def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    *,
    log_of_zero: Literal["clamped", "infinite", "nan"] = "clamped",
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["count", "weights"] = "count",
    log_of_rest: Part = _log_of_rest,
) -> Any:
    """Return the cross entropy of `target` and `input`, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction.
    """
    log_x, log_rest = _logarithms(input, log_of_rest, log_of_zero)
    first, second = target * log_x, (1 - target) * log_rest
    if log_of_zero == "infinite":
        first = np.where((target == 0) & ~np.isnan(log_x), 0.0, first)
        second = np.where((target == 1) & ~np.isnan(log_rest), 0.0, second)
    loss, divisor = weighted(-(first + second), weight, weighted_mean)
    return reduced(loss, reduction, empty_mean, divisor)


@with_legacy_reduction
def binary_cross_entropy_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    reduction: str = "mean",
    *,
    log_of_zero: Literal["clamped", "infinite", "nan"] = "clamped",
    weighted_mean: Literal["count", "weights"] = "count",
    log_of_rest: Part = _log_of_rest,
    slope: Part = _slope,
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input` and `target`, each of its shape; none for `weight`.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `binary_cross_entropy` does.
    """
    to_input, divisor = weighted(slope(input, target, log_of_zero), weight, weighted_mean)
    each = share(upstream, reduction, np.shape(to_input), divisor)
    log_x, log_rest = _logarithms(input, log_of_rest, log_of_zero)
    to_target, _ = weighted(log_rest - log_x, weight)
    return (
        unbroadcast(to_input * each, np.shape(input)),
        unbroadcast(to_target * each, np.shape(target)),
        None,
    )


def _logarithms(input: Any, log_of_rest: Part, log_of_zero: str) -> tuple[Any, Any]:
    """Those of the probabilities of both classes."""
    log_x, log_rest = np.log(input), log_of_rest(input)
    if log_of_zero == "clamped":
        log_x, log_rest = np.maximum(log_x, LEAST_LOG), np.maximum(log_rest, LEAST_LOG)
    return log_x, log_rest


ALTERNATIVES = {"rounded_rest": {"log_of_rest": _rounded_rest}}
VJP_ALTERNATIVES = {"two_terms": {"slope": _two_terms, "log_of_rest": _rounded_rest}}
