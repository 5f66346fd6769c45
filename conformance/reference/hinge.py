"""The slope of the hinge max(0, x), shared by the losses with a margin."""

from __future__ import annotations

from typing import Any

import numpy as np


def hinge_slope(x: Any, at_kink: str = "zero") -> Any:
    """Return 1 where x is positive and 0 where it is negative; NaN stays NaN.

    At 0, where all from 0 to 1 are subgradients, it is 0, 1/2 or 1, as `at_kink` says: "zero", "half"
    or "one".
    """
    kink = {"zero": 0.0, "half": 0.5, "one": 1.0}[at_kink]
    return np.where(np.isnan(x), np.nan, np.where(x > 0, 1.0, np.where(x < 0, 0.0, kink)))
