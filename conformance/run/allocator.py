"""Memory of large arrays, given back when they are freed."""

from __future__ import annotations

import ctypes
from contextlib import suppress

LARGE = 2 << 20  # bytes
_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's malloc.h


def give_back_large_blocks() -> None:
    """Have glibc map each large array by itself, and unmap it when it is freed.

    By itself it raises that limit to the largest array freed so far, keeps what lies between later
    ones, and a run whose arrays take 250 MB at any time holds 600. Elsewhere this does nothing.
    """
    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, LARGE)
