"""Arrays that must never change: name, shape, seed, options, and the hash of their bits.

A case's inputs are known by generator and seed alone, so one changed bit here changes every result
that was ever stored. Runs on its own, under any NumPy: `python golden_arrays.py generate.py` prints
what the module at that path makes of them.
"""

from __future__ import annotations

import hashlib
import runpy
import sys

import numpy as np

GOLDEN = (
    ("uniform", (3, 5), 0, {}, "62fe69ff78f5d9d1"),
    ("uniform", (1000,), 7, {"low": -3.0, "high": 0.1}, "42e016f306b32275"),
    ("normal", (4, 6), 1, {}, "dfaf3a3cf4b946fe"),
    ("normal", (2, 3, 5), 2**96 + 5, {"mean": 0.3, "scale": 2.5}, "e66277c64a907234"),
    ("probabilities", (3, 5), 1, {}, "64eb862c9cb56a0b"),
    ("probabilities", (7, 1000), 3, {"scale": 30.0}, "b4030f948ae40e3c"),
    ("probabilities", (6, 4, 3), 4, {"axis": 1}, "ae5174c1fcc12e9a"),
    ("log_probabilities", (3, 5), 1, {}, "a314542964bbece4"),
    ("log_probabilities", (7, 1000), 3, {"scale": 30.0}, "f95bd1b516d3a230"),
    ("log_probabilities", (6, 4, 3), 4, {"axis": 0, "relative_shift": 1e-3}, "7732d06efab06022"),
    ("constant", (2, 3), 9, {"value": 0.1}, "996bea4aee2d3b88"),
    ("magnitudes", (8, 9), 5, {}, "614aceed14567e1c"),
    ("magnitudes", (200,), 6, {"low": -1074, "high": -1022, "sign": "both"}, "3e5843609cce88a6"),
    ("magnitudes", (40,), 6, {"low": -0.5, "high": 3.25, "sign": "negative"}, "28dc701a658615e2"),
    ("integers", (4, 6), 2, {"low": -3, "high": 7}, "dbb2a5d6d1ad4419"),
    ("signs", (3, 7), 1, {}, "bbbadf7d876ffc57"),
    ("alternating", (3, 3), 0, {"value": 0.3}, "7108750f1cdec63f"),
    ("every_value", (31743,), 0, {}, "65556ead864b6291"),
    ("every_value", (2, 32639), 0, {"format": "bfloat16", "sign": "both"}, "3d41699497052693"),
)


def digest(array: np.ndarray) -> str:
    """The hash of an array's shape and of its bits as little-endian float64."""
    assert array.dtype == np.float64
    return hashlib.sha256(repr(array.shape).encode() + array.astype("<f8").tobytes()).hexdigest()[:16]


if __name__ == "__main__":
    generate = runpy.run_path(sys.argv[1])["generate"]
    for name, shape, seed, options, _ in GOLDEN:
        print(digest(generate(name, shape, seed, options)))
