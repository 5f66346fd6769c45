"""Negative log-likelihood of samples from Gaussian distributions of given means and variances.

Source: GaussianNLLLoss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.GaussianNLLLoss
2.10.0: l = (log v + (x - y)^2 / v) / 2 with v = max(var, eps), and log(2 pi) / 2 more where it is `full`;
reduced as none, mean or sum (D. A. Nix and A. S. Weigend, Estimating the mean and variance of the target
probability distribution, ICNN 1994).
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.formula import Part
from conformance.reference.reduction import reduced, share


def _ratio(difference: Any, variance: Any) -> Any:
    """d^2 / v; d / v times d where float64 cannot hold the square."""
    square = difference * difference
    return np.where(np.isfinite(square), square / variance, difference / variance * difference)


def _printed(difference: Any, variance: Any) -> Any:
    """(log v + (x - y)^2 / v) / 2 as written, whose square may overflow."""
    return difference * difference / variance


def _slopes(each: Any, difference: Any, variance: Any) -> tuple[Any, Any]:
    """The gradients by the difference and by the variance, `each` that with respect to the term."""
    return each * (difference / variance), each * (0.5 * (1 - _ratio(difference, variance)) / variance)


def _stepwise(each: Any, difference: Any, variance: Any) -> tuple[Any, Any]:
    """g / v times d, and (g / 2) / v - (g / 2) d^2 / v / v: the chain rule factor by factor.

    This is what automatic differentiation does; quotients by a large variance underflow on the way. To halve
    g and to double d, as it does in the first one as well, costs no accuracy and is left out.
    """
    half = 0.5 * each
    by_variance = half / variance - half * (difference * difference / variance / variance)
    return each / variance * difference, by_variance


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    ratio: Part = _ratio,
) -> Any:
    """Return the loss of the means `input` and the variances `var` for the samples `target`.

    They broadcast; a `var` of the shape of `input` without its last axis has one variance for each row. An
    array, or a scalar where it is reduced. Raises ValueError for an unknown reduction.
    """
    variance = np.maximum(_of_rows(var, np.shape(input)), eps)
    loss = 0.5 * (np.log(variance) + ratio(input - target, variance))
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction, empty_mean)


def gaussian_nll_loss_vjp(
    input: Any,
    target: Any,
    var: Any,
    upstream: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
    *,
    clamped_variance: Literal["zero", "through"] = "zero",
    slopes: Part = _slopes,
) -> tuple[Any, Any, Any]:
    """Return the gradients with respect to `input`, `target` and `var`, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `gaussian_nll_loss` does.
    """
    given = _of_rows(var, np.shape(input))
    variance = np.maximum(given, eps)
    difference = input - target
    shape = np.broadcast_shapes(np.shape(difference), np.shape(variance))
    to_input, to_var = slopes(share(upstream, reduction, shape), difference, variance)
    if clamped_variance == "zero":
        to_var = np.where(given < eps, 0.0, to_var)
    return (
        unbroadcast(to_input, np.shape(input)),
        unbroadcast(-to_input, np.shape(target)),
        np.reshape(unbroadcast(to_var, np.shape(given)), np.shape(var)),
    )


def _of_rows(var: Any, shape: tuple[int, ...]) -> Any:
    """`var` with the last axis that it may lack for means of `shape`."""
    return np.expand_dims(var, -1) if np.shape(var) == shape[:-1] != shape else var


ALTERNATIVES = {"printed": {"ratio": _printed}}
VJP_ALTERNATIVES = {"stepwise": {"slopes": _stepwise}}
