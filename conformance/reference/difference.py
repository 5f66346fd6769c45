"""The gradients of a loss of input - target, which differ in their signs alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.reduction import share


def by_both(
    slope: Any, input: Any, target: Any, upstream: Any, reduction: str, divisor: Any = None
) -> tuple[Any, Any]:
    """Return those with respect to both, each of its shape, given the derivative `slope` of each term.

    `upstream` is the gradient with respect to the loss; `reduction` and `divisor` are those of `reduced`.
    """
    slope = slope * share(upstream, reduction, np.shape(slope), divisor)
    return unbroadcast(slope, np.shape(input)), unbroadcast(-slope, np.shape(target))
