"""The arithmetic of a check's dtype: the few constants that every error allowance is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ml_dtypes

SUMMATIONS = ("pairwise", "naive", "exact")
FLOAT32_UNIT_ROUNDOFF = 2.0**-24

_finfo: Any = ml_dtypes.finfo  # untyped upstream; knows bfloat16 and NumPy's own dtypes


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What a sensible implementation in `dtype` may be expected to round, and by how much.

    `u` is the unit roundoff, `eta` the smallest subnormal number. `u_accumulator` is the unit
    roundoff of sums: float32's for the half types, unless the accumulator is narrow. `log_ulps` is
    the error of log, exp and the like in units in the last place (1 ulp is 2 u relative).
    `summation` is pairwise (or blocked), naive, or exact (no rounding in sums, which tells the
    accumulated part of a bound from the rest).
    """

    dtype: str
    u: float
    eta: float
    u_accumulator: float
    log_ulps: float = 1.0
    summation: str = "pairwise"

    @staticmethod
    @lru_cache(maxsize=64)
    def of(
        dtype: str, log_ulps: float = 1.0, summation: str = "pairwise", accumulator: str | None = None
    ) -> Arithmetic:
        """Return the arithmetic of float16, bfloat16, float32 or float64.

        Raises ValueError for another dtype, summation or accumulator (None or "narrow").
        """
        if dtype not in ("float16", "bfloat16", "float32", "float64"):
            raise ValueError(f"no floating dtype of a check: {dtype!r}")
        if summation not in SUMMATIONS:
            raise ValueError(f"summation {summation!r}: use one of {', '.join(SUMMATIONS)}")
        if accumulator not in (None, "narrow"):
            raise ValueError(f"accumulator {accumulator!r}: use None or 'narrow'")
        info = _finfo(dtype)
        u = float(info.eps) / 2
        u_accumulator = u if accumulator == "narrow" else min(u, FLOAT32_UNIT_ROUNDOFF)
        # 2 u times the smallest normal number; computed, since finfo prints some of these rounded.
        eta = 2 * u * float(info.smallest_normal)
        return Arithmetic(dtype, u, eta, u_accumulator, float(log_ulps), summation)

    @staticmethod
    def perfect() -> Arithmetic:
        """Return an arithmetic without any rounding, which only propagates the inputs' errors."""
        return Arithmetic("exact", 0.0, 0.0, 0.0, 0.0, "exact")

    def rounding(self, constant: float) -> float:
        """Return how far a constant is from the nearest number of the dtype, which takes its place."""
        if not (self.u and math.isfinite(constant)):
            return 0.0
        return abs(math.remainder(constant, max(math.ldexp(self.u, math.frexp(constant)[1]), self.eta)))

    def summation_units(self, count: int) -> float:
        """Return how many units of the accumulator's roundoff a sum of `count` terms may lose.

        Pairwise and blocked sums lose at most one per level of their tree and a few in the blocks
        (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2); naive ones one a term.
        """
        if self.summation == "exact" or count < 2:
            return 0.0
        pairwise = math.ceil(math.log2(count)) + 8.0
        return max(pairwise, float(count)) if self.summation == "naive" else pairwise
