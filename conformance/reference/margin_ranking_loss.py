"""How far two scores are from being ranked as they ought to be, with a margin.

Source: MarginRankingLoss, PyTorch documentation (docstring of torch 2.13.0), mindspore.nn.MarginRankingLoss
2.10.0 and oneflow.nn.MarginRankingLoss 0.9.0: l = max(0, -y (x1 - x2) + margin), reduced as none, mean or
sum. A target y of 1 ranks the first higher, -1 the second.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.hinge import hinge_slope
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share


@with_legacy_reduction
def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
) -> Any:
    """Return the loss of `input1` against `input2`, which broadcast with `target`, as an array or a scalar.

    Raises ValueError for an unknown reduction.
    """
    loss = np.maximum(margin - target * (input1 - input2), 0.0)
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def margin_ranking_loss_vjp(
    input1: Any,
    input2: Any,
    target: Any,
    upstream: Any = None,
    margin: float = 0.0,
    reduction: str = "mean",
    *,
    hinge_gradient: Literal["zero", "half", "one"] = "zero",
) -> tuple[Any, Any, Any]:
    """Return the gradients with respect to `input1`, `input2` and `target`, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `margin_ranking_loss` does.
    """
    difference = input1 - input2
    slope = hinge_slope(margin - target * difference, hinge_gradient)
    slope = slope * share(upstream, reduction, np.shape(slope))
    by_score, by_target = slope * target, slope * difference
    return (
        unbroadcast(-by_score, np.shape(input1)),
        unbroadcast(by_score, np.shape(input2)),
        unbroadcast(-by_target, np.shape(target)),
    )
