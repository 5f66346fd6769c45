"""The checks of the benchmark in plain terms, for a framework's own interpreter: NumPy, nothing of the suite.

They are those of `bench/case_file.py`: the same calls on the same bits. Only the suite's generator
module is read, from its file, since it needs nothing but NumPy.
"""

from __future__ import annotations

import importlib.util
import zlib
from pathlib import Path

import numpy as np

SHAPE = (3, 5)
REDUCTIONS = ("none", "batchmean", "sum", "mean")
INPUT_SEED, TARGET_SEED = 1, 2


def _generators():
    path = Path(__file__).parents[2] / "conformance" / "plan" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _generators().generate


def inputs(seed):
    """Log-probabilities and probabilities, float32, as the suite makes them of this seed."""
    x = generate("log_probabilities", SHAPE, _stream("input", INPUT_SEED + seed), {})
    y = generate("probabilities", SHAPE, _stream("target", TARGET_SEED + seed), {})
    return x.astype(np.float32), y.astype(np.float32)


def _stream(name, seed):
    return (seed << 32) | zlib.crc32(name.encode())


def reference(x, y, reduction):
    """KL divergence in float64, as a person would write it."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    loss = np.where(y > 0, y * (np.log(np.where(y > 0, y, 1.0)) - x), 0.0)
    if reduction == "none":
        return loss
    total = np.sum(loss)
    if reduction == "sum":
        return total
    return total / (len(x) if reduction == "batchmean" else loss.size)
