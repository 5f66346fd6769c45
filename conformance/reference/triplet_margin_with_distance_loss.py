"""How much closer an anchor is to a positive example than to a negative one, by a distance of one's own.

Source: TripletMarginWithDistanceLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.nn.TripletMarginWithDistanceLoss 2.10.0: l = max(d(a, p) - d(a, n) + margin, 0), reduced as none,
mean or sum. Without a distance, d is the Euclidean one: of x - y + 1e-6 in torch (docstring of
torch.nn.PairwiseDistance), of x - y in MindSpore.
"""

from __future__ import annotations

from typing import Any, Literal

from conformance.model import NamedCallable
from conformance.reference.distances import distance_of
from conformance.reference.reduction import reduced
from conformance.reference.triplet import triplet_gradients, triplet_terms


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    distance_function: NamedCallable | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
    eps: float = 1e-6,
    *,
    empty_mean: Literal["nan", "zero"] = "nan",
) -> Any:
    """Return the loss of the rows of three inputs, which broadcast, of shape (N, ..., D) or (D).

    `eps` belongs to the default distance. Raises ValueError for an unknown reduction or distance.
    """
    distance = distance_of(distance_function, eps)
    loss = triplet_terms(distance, anchor, positive, negative, margin, swap)
    return reduced(loss, reduction, empty_mean)


def triplet_margin_with_distance_loss_vjp(
    anchor: Any,
    positive: Any,
    negative: Any,
    upstream: Any,
    distance_function: NamedCallable | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
    eps: float = 1e-6,
) -> tuple[Any, Any, Any]:
    """Return the gradients with respect to the three inputs, each of its shape.

    `upstream` is the gradient with respect to the loss, of its shape. Raises as the loss does.
    """
    distance = distance_of(distance_function, eps)
    return triplet_gradients(distance, anchor, positive, negative, upstream, margin, swap, reduction)
