"""How much closer an anchor is to a positive example than to a negative one, less a margin.

Source: TripletMarginLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.nn.TripletMarginLoss 2.10.0: l = max(d(a, p) - d(a, n) + margin, 0) with d(x, y) = |x - y|_p,
reduced as none, mean or sum. Where `eps` is added is in the docstring of torch.nn.PairwiseDistance:
d(x, y) = |x - y + eps|_p.
"""

from __future__ import annotations

from typing import Any, Literal

from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced
from conformance.reference.triplet import norm, triplet_gradients, triplet_terms


@with_legacy_reduction
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
) -> Any:
    """Return the loss of the rows of three inputs, which broadcast, of shape (N, D) or (D).

    Raises ValueError for an unknown reduction, and where `p` is less than 1.
    """
    loss = triplet_terms(norm(p, eps), anchor, positive, negative, margin, swap)
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def triplet_margin_loss_vjp(
    anchor: Any,
    positive: Any,
    negative: Any,
    upstream: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> tuple[Any, Any, Any]:
    """Return the gradients with respect to the three inputs, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as `triplet_margin_loss` does.
    """
    return triplet_gradients(norm(p, eps), anchor, positive, negative, upstream, margin, swap, reduction)
