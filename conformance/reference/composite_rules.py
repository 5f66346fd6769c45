"""Rules of functions that are made of elementary ones, and carry less than those would one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.reference.arithmetic import Arithmetic
from conformance.reference.rules import Operand, add, exp, log1p, subtract


def logaddexp(arithmetic: Arithmetic, a: Operand, b: Operand) -> Operand:
    """log(e^a + e^b), rounded as the larger one + log1p(e^-|a - b|).

    Its slopes are not negative and add up to 1, so it carries the larger of the two errors at most, where
    the parts of this sum would carry both of them.
    """
    value = np.logaddexp(a[0], b[0])
    high, low = np.maximum(a[0], b[0]), np.minimum(a[0], b[0])
    part = log1p(arithmetic, exp(arithmetic, subtract(arithmetic, (low, None), (high, None))))
    rounded: Any = add(arithmetic, (high, None), part)[1]
    error = np.where(np.isfinite(low) & np.isfinite(high), rounded, 0.0)
    carried = np.maximum(0.0 if a[1] is None else a[1], 0.0 if b[1] is None else b[1])
    return value, error + carried
