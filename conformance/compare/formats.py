"""The floating formats that results come in, and the few facts of each that a verdict needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from conformance.model import DTYPES

_finfo: Any = ml_dtypes.finfo  # untyped upstream; knows bfloat16 and NumPy's own dtypes


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating format of `digits` significant bits.

    `largest` is its largest finite number, `half_gap` half the gap that follows it: IEEE's
    round-to-nearest turns `largest + half_gap` and beyond into infinity. `smallest_normal` and
    `smallest_subnormal` bound the subnormal range.
    """

    name: str
    dtype: np.dtype[Any]
    digits: int
    largest: float
    half_gap: float
    smallest_normal: float
    smallest_subnormal: float

    def ulp(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gap between the format's numbers at each value (inf and NaN give NaN)."""
        with np.errstate(all="ignore"):
            return np.where(np.isfinite(values), self.gap(values), np.nan)

    def gap(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the same where the values are finite; expects NumPy's warnings to be off."""
        mantissa, exponent = np.frexp(values)
        gap = np.ldexp(np.ceil(np.abs(mantissa)), exponent - self.digits)  # nothing for a zero
        clipped: NDArray[np.float64] = np.minimum(np.maximum(gap, self.smallest_subnormal), 2 * self.half_gap)
        return clipped


@cache
def format_of(dtype: str) -> Format:
    """Return the format of float16, bfloat16, float32 or float64; raise ValueError for another."""
    if dtype not in DTYPES:
        raise ValueError(f"no floating dtype of a check: {dtype!r}; use one of {', '.join(DTYPES)}")
    info = _finfo(dtype)
    digits = int(info.nmant) + 1
    largest = float(info.max)
    smallest_normal = float(info.smallest_normal)
    _, exponent = np.frexp(largest)
    return Format(
        name=dtype,
        dtype=np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype),
        digits=digits,
        largest=largest,
        half_gap=2.0 ** (int(exponent) - digits - 1),
        smallest_normal=smallest_normal,
        smallest_subnormal=smallest_normal * 2.0 ** (1 - digits),
    )
