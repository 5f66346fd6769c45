"""Negative log-likelihood of counts from Poisson distributions of given rates, or logarithms of rates.

Source: PoissonNLLLoss, PyTorch documentation (docstring of torch 2.13.0): l = exp x - y x, and without
`log_input` l = x - y log(x + eps); where it is `full`, y log y - y + log(2 pi y) / 2 more for y > 1, which is
Stirling's approximation of log y!, and nothing for other y; reduced as none, mean or sum.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.formula import Part
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share


def _log_rate(input: Any, eps: float) -> Any:
    return np.log(input + eps)


def _lower_bound(input: Any, eps: float) -> Any:
    """x - y log max(x, eps): the docstring of mindspore.nn.PoissonNLLLoss 2.10.0 has eps as a lower bound."""
    return np.log(np.maximum(input, eps))


@with_legacy_reduction
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
    *,
    zero_target: Literal["zero", "nan"] = "zero",
    empty_mean: Literal["nan", "zero"] = "nan",
    log_rate: Part = _log_rate,
) -> Any:
    """Return the loss of `input` for the counts `target`, which broadcast, as an array or a scalar.

    Raises ValueError for an unknown reduction.
    """
    logarithm = input if log_input else log_rate(input, eps)
    expected = target * logarithm
    if zero_target == "zero":
        expected = np.where((target == 0) & (logarithm == -np.inf), 0.0, expected)
    loss = (np.exp(input) if log_input else input) - expected
    if full:
        stirling = target * np.log(target) - target + 0.5 * np.log(2 * math.pi * target)
        loss = loss + np.where(target > 1, stirling, 0.0)
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def poisson_nll_loss_vjp(
    input: Any,
    target: Any,
    upstream: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> tuple[Any, Any]:
    """Return the gradients with respect to `input` and `target`, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `poisson_nll_loss` does.
    """
    rate = np.exp(input) if log_input else input + eps
    to_input = rate - target if log_input else 1 - target / rate
    to_target = -(input if log_input else np.log(rate))
    if full:
        to_target = to_target + np.where(target > 1, np.log(target) + 0.5 / target, 0.0)
    each = share(upstream, reduction, np.shape(to_input))
    return unbroadcast(each * to_input, np.shape(input)), unbroadcast(each * to_target, np.shape(target))


FORMULAS = {"lower_bound": {"log_rate": _lower_bound}}
