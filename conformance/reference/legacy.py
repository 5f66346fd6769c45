"""The deprecated `size_average` and `reduce` of the older losses, shared by all of them."""

from __future__ import annotations


def legacy_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """Return the reduction that the three attributes together ask for.

    Either of the deprecated two, where given, takes precedence over `reduction`; `reduce=False` means
    no reduction whatever `size_average` says; both count as True where only the other is given
    (parameters of KLDivLoss, PyTorch documentation up to 2.x).
    """
    if size_average is None and reduce is None:
        return reduction
    if reduce is not None and not reduce:
        return "none"
    return "mean" if size_average is None or size_average else "sum"
