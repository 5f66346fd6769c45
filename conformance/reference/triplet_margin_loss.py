"""How much closer an anchor is to a positive example than to a negative one, less a margin.

Source: TripletMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.nn.TripletMarginLoss 2.10.0: l = max(d(a, p) - d(a, n) + margin, 0) with d(x, y) = |x - y|_p,
reduced as none, mean or sum. Where `eps` is added is in the docstring of torch.nn.PairwiseDistance:
d(x, y) = |x - y + eps|_p.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.legacy import legacy_reduction
from conformance.reference.reduction import reduced, share
from conformance.reference.triplet import direction, distance, slopes, terms


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
) -> Any:
    """Return the loss of the rows of three inputs, which broadcast, of shape (N, D) or (D).

    Raises ValueError for an unknown reduction, and where `p` is less than 1.
    """
    other = distance(positive, negative, p, eps) if swap else None
    loss = terms(distance(anchor, positive, p, eps), distance(anchor, negative, p, eps), other, margin)
    return reduced(loss, legacy_reduction(reduction, size_average, reduce), empty_mean)


def triplet_margin_loss_vjp(
    anchor: Any,
    positive: Any,
    negative: Any,
    upstream: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> tuple[Any, Any, Any]:
    """Return the gradients with respect to the three inputs, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `triplet_margin_loss` does.
    """
    pairs = [(anchor, positive), (anchor, negative), *([(positive, negative)] if swap else [])]
    lengths = [distance(x, y, p, eps) for x, y in pairs]
    shape = np.broadcast_shapes(*map(np.shape, lengths))
    each = share(upstream, legacy_reduction(reduction, size_average, reduce), shape)
    to_positive, to_negative, to_other = slopes(
        lengths[0], lengths[1], lengths[2] if swap else None, margin, each
    )
    by_positive = np.expand_dims(to_positive, -1) * direction(anchor, positive, p, eps)
    by_negative = np.expand_dims(to_negative, -1) * direction(anchor, negative, p, eps)
    by_other = np.expand_dims(to_other, -1) * direction(positive, negative, p, eps) if swap else 0.0
    return (
        unbroadcast(by_positive + by_negative, np.shape(anchor)),
        unbroadcast(by_other - by_positive, np.shape(positive)),
        unbroadcast(-by_negative - by_other, np.shape(negative)),
    )
