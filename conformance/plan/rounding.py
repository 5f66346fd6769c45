"""Rounding float64 numbers to a check's dtype: once, to nearest even, straight from float64.

Needs nothing but NumPy, so that a reproducer script can carry its text.
"""

from __future__ import annotations

import numpy as np


def bfloat16_bits(values: np.ndarray) -> np.ndarray:
    """The bfloat16 bit patterns (uint16) nearest to float64 `values`, ties to even.

    Rounding through float32 would round twice, so float32 is reached by rounding to odd, which keeps
    the second rounding correct (Boldo and Melquiond, 2008).
    """
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        nearest = values.astype(np.float32)
        back = nearest.astype(np.float64)
    bits = np.atleast_1d(nearest).view(np.uint32).reshape(values.shape)
    bits = np.where(np.abs(back) > np.abs(values), bits - np.uint32(1), bits)
    bits = np.where(back != values, bits | np.uint32(1), bits).astype(np.uint64)
    rounded = ((bits + np.uint64(0x7FFF) + ((bits >> np.uint64(16)) & np.uint64(1))) >> np.uint64(16)).astype(
        np.uint16
    )
    return np.where(np.isnan(values), np.uint16(0x7FC0), rounded)


def round_to_numpy(values: np.ndarray, dtype: str) -> np.ndarray:
    """`values` (float64) rounded to a dtype that NumPy has; bfloat16 comes as uint16 bit patterns."""
    if dtype == "bfloat16":
        return bfloat16_bits(values)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.asarray(values).astype(dtype)
