"""Values between plain data, as they travel, and a framework's tensors."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter, ConversionError, MissingError
from conformance.worker.text import clean

TEXT_LIMIT = 8000
"""How much text of one value or exception is sent, in characters."""


def decode(value: Mapping[str, Any], adapter: Adapter, device: str) -> Any:
    """Return the argument that `value` stands for: a tensor, an ndarray, a named function, or a plain value.

    Raises MissingError for what this environment cannot express, such as a bfloat16 ndarray.
    """
    if "tensor" in value:
        tensor = value["tensor"]
        return adapter.tensor(_array(tensor), tensor["dtype"], device, tensor["layout"])
    if "ndarray" in value:
        if value["ndarray"]["dtype"] == "bfloat16":
            raise MissingError("NumPy has no bfloat16")
        return _array(value["ndarray"]).copy()
    if "callable" in value:
        return adapter.function(value["callable"])
    return value["scalar"]


class Arguments:
    """What a request's call is given: `args`, `kwargs`, and which of these tensors to differentiate;
    and for a class what it is constructed with, `construct_args` and `construct_kwargs`.

    Those are `leaves`, in the order in which the request names them; without a gradient there are none,
    and `upstream` is None. Raises what `decode` raises.
    """

    def __init__(self, request: Mapping[str, Any], adapter: Adapter) -> None:
        device = request["device"]
        self.construct_args, self.construct_kwargs = _decoded(request, "construct_", adapter)
        self.args, self.kwargs = _decoded(request, "", adapter)
        self.upstream: Any = None
        self._places: list[int | str] = []
        if request["gradient"] is not None:
            self.upstream = decode(request["gradient"]["upstream"], adapter, device)
            messages = [*enumerate(request["args"]), *request["kwargs"].items()]
            named = {message["name"]: place for place, message in messages if "name" in message}
            self._places = [named[name] for name in request["gradient"]["of"]]

    @property
    def leaves(self) -> list[Any]:
        """The tensors to differentiate with respect to."""
        return [self.args[place] if isinstance(place, int) else self.kwargs[place] for place in self._places]

    def replaced(self, leaves: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """`args` and `kwargs` with others in the place of `leaves`."""
        args, kwargs = list(self.args), dict(self.kwargs)
        for place, leaf in zip(self._places, leaves):  # noqa: B905 - Python 3.8 has no strict
            if isinstance(place, int):
                args[place] = leaf
            else:
                kwargs[place] = leaf
        return args, kwargs


def _decoded(request: Mapping[str, Any], prefix: str, adapter: Adapter) -> tuple[list[Any], dict[str, Any]]:
    device = request["device"]
    args = [decode(value, adapter, device) for value in request[prefix + "args"]]
    kwargs = {name: decode(value, adapter, device) for name, value in request[prefix + "kwargs"].items()}
    return args, kwargs


def encode(result: Any, adapter: Adapter) -> list[dict[str, Any]]:
    """Return an entry per output of a call: an array's dtype, shape and bytes, or another value's type."""
    parts = result if isinstance(result, (tuple, list)) else (result,)
    return [_entry(part, adapter) for part in parts]


def encode_gradients(names: Sequence[str], found: Sequence[Any], adapter: Adapter) -> dict[str, Any]:
    """Return an entry per differentiated input, or None for one that has no gradient.

    Raises ConversionError for another number of gradients than of inputs.
    """
    if len(found) != len(names):
        raise ConversionError(f"the adapter gave {len(found)} gradients with respect to {len(names)} inputs")
    pairs = zip(names, found)  # noqa: B905 - Python 3.8 has no strict
    return {name: None if value is None else _entry(value, adapter) for name, value in pairs}


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
    native, sent = _dtypes(plain["dtype"])
    array = np.frombuffer(plain["data"], dtype=sent).reshape(plain["shape"])
    return array if sent == native else array.astype(native)


@functools.lru_cache(maxsize=None)  # noqa: UP033 - Python 3.8 has no cache
def _dtypes(name: str) -> tuple[Any, Any]:
    """The dtype that holds numbers of this name here, and the one in which they travel."""
    native = np.dtype("uint16" if name == "bfloat16" else name)
    return native, native.newbyteorder("<")
