"""What the losses with a margin share: what lies under the hinge max(0, x), and the hinge's slope."""

from __future__ import annotations

from typing import Any

import numpy as np


def lead_of(right: Any, other: Any, margin: float) -> Any:
    """How far the score of another class comes within the margin of the right one's.

    The scores are subtracted from each other first: what is documented takes the margin first.
    """
    return margin - (right - other)


def margin_first(right: Any, other: Any, margin: float) -> Any:
    """(margin - x_y) + x_i, which loses the margin among large scores."""
    return (margin - right) + other


def hinge_slope(x: Any, at_kink: str = "zero") -> Any:
    """Return 1 where x is positive and 0 where it is negative; NaN stays NaN.

    At 0, where all from 0 to 1 are subgradients, it is 0, 1/2 or 1, as `at_kink` says: "zero", "half"
    or "one".
    """
    kink = {"zero": 0.0, "half": 0.5, "one": 1.0}[at_kink]
    return np.where(np.isnan(x), np.nan, np.where(x > 0, 1.0, np.where(x < 0, 0.0, kink)))
