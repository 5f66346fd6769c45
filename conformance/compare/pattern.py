"""Where mismatches lie: the shape of a failure often names its cause."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def pattern_of(mismatches: NDArray[Any]) -> str:
    """Describe a boolean array with at least one true element, in C order.

    One of "all", "single", "tail" (a run up to the last element: a remainder loop), "block" (a run,
    or a full box of the array), "stride k" (every k-th from the first: a lane, or a column) and
    "scattered".
    """
    flat = np.flatnonzero(mismatches)
    if flat.size == mismatches.size:
        return "all"
    if flat.size == 1:
        return "single"
    first, last = int(flat[0]), int(flat[-1])
    if last - first + 1 == flat.size:
        return "tail" if last == mismatches.size - 1 else "block"
    steps = np.diff(flat)
    if flat.size > 2 and (steps == steps[0]).all():
        return f"stride {int(steps[0])}"
    box = 1
    for places in np.nonzero(mismatches):
        box *= int(places.max()) - int(places.min()) + 1
    return "block" if box == flat.size else "scattered"
