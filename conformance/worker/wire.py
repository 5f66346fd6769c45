"""Values between plain data, as they travel, and a framework's tensors."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter, MissingError
from conformance.worker.text import clean

TEXT_LIMIT = 8000
"""How much text of one value or exception is sent, in characters."""


def decode(value: Mapping[str, Any], adapter: Adapter, device: str) -> Any:
    """Return the argument that `value` stands for: a tensor, an ndarray, or a plain Python value.

    Raises MissingError for what this environment cannot express, such as a bfloat16 ndarray.
    """
    if "tensor" in value:
        tensor = value["tensor"]
        return adapter.tensor(_array(tensor), tensor["dtype"], device, tensor["layout"])
    if "ndarray" in value:
        if value["ndarray"]["dtype"] == "bfloat16":
            raise MissingError("NumPy has no bfloat16")
        return _array(value["ndarray"]).copy()
    return value["scalar"]


def encode(result: Any, adapter: Adapter) -> list[dict[str, Any]]:
    """Return an entry per output of a call: an array's dtype, shape and bytes, or another value's type."""
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return [_entry(part, adapter) for part in parts]


def _entry(value: Any, adapter: Adapter) -> dict[str, Any]:
    found = adapter.array(value)
    if found is None:
        return {"type": type(value).__name__, "repr": clean(repr(value))[:TEXT_LIMIT]}
    dtype, array = found
    if sys.byteorder == "big":
        array = array.astype(array.dtype.newbyteorder("<"))
    return {"dtype": dtype, "shape": list(array.shape), "data": array.tobytes()}


def _array(plain: Mapping[str, Any]) -> Any:
    """Return the read-only array of a dtype, a shape and little-endian bytes in C order."""
    name = "uint16" if plain["dtype"] == "bfloat16" else plain["dtype"]
    dtype = np.dtype(name)
    array = np.frombuffer(plain["data"], dtype=dtype.newbyteorder("<")).reshape(plain["shape"])
    return array.astype(dtype, copy=False)
