"""Negative log-likelihood of class indices, of an input given as log-probabilities.

Source: NLLLoss, PyTorch documentation (docstring of torch 2.13.0), and mindspore.nn.NLLLoss 2.10.0:
l_n = -w_y x_{n,y} for the class y of each target that is not `ignore_index`, else 0; reduced as none, sum,
or mean (the sum of l_n over the sum of the weights w_y of those that are not ignored).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.classes import at_classes, class_axis, kept, mean_divisor, pick, weight_of
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share


@with_legacy_reduction
def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    weighted_mean: Literal["weights", "count", "all"] = "weights",
) -> Any:
    """Return the loss of `input`, of shape (N, C, ...) or (C), for the classes `target`, (N, ...) or ().

    Raises ValueError for an unknown reduction, a target that is no class, and shapes that do not fit.
    """
    wanted = kept(input, target, ignore_index)
    weights = weight_of(weight, target, wanted)
    loss = np.where(wanted, -weights * pick(input, target, wanted), 0.0)
    divisor = mean_divisor(weights, wanted, weighted_mean)
    return reduced(loss, reduction, empty_mean, divisor)


@with_legacy_reduction
def nll_loss_vjp(
    input: Any,
    target: Any,
    weight: Any = None,
    upstream: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    *,
    weighted_mean: Literal["weights", "count", "all"] = "weights",
) -> tuple[Any, None, None]:
    """Return the gradient with respect to `input`, of its shape (none with respect to the others).

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `nll_loss` does.
    """
    wanted = kept(input, target, ignore_index)
    weights = weight_of(weight, target, wanted)
    each = share(upstream, reduction, np.shape(target), mean_divisor(weights, wanted, weighted_mean))
    there = at_classes(input, target, wanted)
    return np.where(there, np.expand_dims(-(weights * each), class_axis(input)), 0.0), None, None
