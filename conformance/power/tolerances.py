"""What people judge by otherwise: the default tolerances of two widely used assertions.

`torch.testing.assert_close`: PyTorch 2.13 documentation, table "The following table displays the
default rtol and atol for different dtypes". `numpy.testing.assert_allclose`: the function's own
defaults. Both accept |actual - expected| <= atol + rtol |expected|, and equal infinities; NaN is
taken for equal to NaN in both, although that is not torch's default.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.compare import format_of

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A relative and an absolute tolerance per dtype."""

    name: str
    by_dtype: Mapping[str, tuple[float, float]]

    def accepts(self, actual: Array, value: Array, dtype: str) -> bool:
        """Whether `actual` passes for `value` (float64, rounded to `dtype` first, as people do it)."""
        if actual.shape != value.shape:
            return False
        rtol, atol = self.by_dtype[dtype]
        with np.errstate(all="ignore"):
            expected = value.astype(format_of(dtype).dtype).astype(np.float64)
            close = np.isclose(actual.astype(np.float64), expected, rtol=rtol, atol=atol, equal_nan=True)
        return bool(close.all())


TORCH = Tolerance(
    "torch.testing.assert_close",
    {
        "float16": (1e-3, 1e-5),
        "bfloat16": (1.6e-2, 1e-5),
        "float32": (1.3e-6, 1e-5),
        "float64": (1e-7, 1e-7),
    },
)


def _numpy_defaults() -> tuple[float, float]:
    parameters = inspect.signature(np.testing.assert_allclose).parameters
    return float(parameters["rtol"].default), float(parameters["atol"].default)


NUMPY = Tolerance("numpy.testing.assert_allclose", dict.fromkeys(TORCH.by_dtype, _numpy_defaults()))
TOLERANCES = (TORCH, NUMPY)
