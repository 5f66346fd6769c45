"""A distance itself where two samples are alike, and what it lacks of a margin where they are not.

Source: HingeEmbeddingLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.nn.HingeEmbeddingLoss 2.10.0: l = x where y = 1, and max(0, margin - x) where y = -1, reduced as
none, mean or sum. What another y means is a convention, since no document says.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share


@with_legacy_reduction
def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
    other_target: Literal["nan", "both", "sign"] = "nan",
) -> Any:
    """Return the loss of the distances `input` for the labels `target`, which broadcast.

    An array, or a scalar where it is reduced. Raises ValueError for an unknown reduction.
    """
    apart = np.maximum(margin - input, 0.0)
    loss = _chosen(target, input, apart, other_target)
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def hinge_embedding_loss_vjp(
    input: Any,
    target: Any,
    upstream: Any,
    margin: float = 1.0,
    reduction: str = "mean",
    *,
    other_target: Literal["nan", "both", "sign"] = "nan",
    at_margin: Literal["zero", "half", "one"] = "zero",
) -> tuple[Any, None]:
    """Return the gradient with respect to `input`, of its shape; labels have none.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `hinge_embedding_loss` does.
    """
    lacking = margin - input
    kink = {"zero": 0.0, "half": -0.5, "one": -1.0}[at_margin]
    apart = np.where(lacking > 0, -1.0, np.where(lacking < 0, 0.0, kink))
    slope = _chosen(target, 1.0, np.where(np.isnan(lacking), np.nan, apart), other_target)
    slope = slope * share(upstream, reduction, np.shape(slope))
    return unbroadcast(slope, np.shape(input)), None


def _chosen(target: Any, alike: Any, apart: Any, other_target: str) -> Any:
    """The part of each label: `alike` of 1, `apart` of -1, and of others what the convention says."""
    if other_target == "sign":
        other = np.where(target > 0, alike, np.where(target < 0, apart, 0.0))
    else:
        other = alike + apart if other_target == "both" else np.nan * alike  # no derivative either
    return np.where(target == 1, alike, np.where(target == -1, apart, other))
