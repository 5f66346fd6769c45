"""The deprecated `size_average` and `reduce` of the older losses, shared by all of them."""

from __future__ import annotations


def legacy_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """Return the reduction that the three attributes together ask for.

    "Specifying either of those two args will override `reduction`"; `size_average` is "ignored when
    reduce is False"; both default to True (KLDivLoss, PyTorch documentation, the note and parameters
    that versions up to 2.x carry).
    """
    if size_average is None and reduce is None:
        return reduction
    if reduce is not None and not reduce:
        return "none"
    return "mean" if size_average is None or size_average else "sum"
