"""Enclosures of large inputs, kept on disk: balls cost microseconds an element, and cases seldom change.

A key is the hash of the inputs' bits, the options, the text of every file of this package, and the
ball library's version: a changed formula or arithmetic finds nothing.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import flint
import numpy as np

from conformance.caches import CacheFolder, sources_digest
from conformance.reference.enclosure import Enclosure, enclose

LEAST = 1 << 12  # elements of input below which computing is about as quick as looking up
_FOLDER = CacheFolder("enclosures", most=512 << 20)
_FIELDS = ("head", "tail", "radius")


def cached_enclosures(
    function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[Enclosure | None, ...]:
    """What `enclose` returns, from the cache where it is there. Raises UndecidedError."""
    if sum(np.size(part) for part in inputs.values()) < LEAST:
        return enclose(function, inputs, options)
    key = f"{_key(function, inputs, options)}.npz"
    kept = _FOLDER.read(key)
    found = None if kept is None else _unpacked(kept)
    if found is None:
        found = enclose(function, inputs, options)
        _FOLDER.write(key, _packed(found))
    return found


@cache
def _arithmetic() -> bytes:
    return flint.__version__.encode() + sources_digest(Path(__file__).parent)


def _key(function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(_arithmetic())
    digest.update(f"{function.__module__}.{function.__qualname__}\0{sorted(options.items())!r}".encode())
    for name, part in inputs.items():
        array = np.asarray(part)
        digest.update(f"\0{name}\0{array.dtype}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _unpacked(data: bytes) -> tuple[Enclosure | None, ...] | None:
    """The enclosures; None where the file is damaged."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return tuple(
                Enclosure(bits=int(bits), **{name: file[f"{name}{place}"] for name in _FIELDS})
                if bits
                else None
                for place, bits in enumerate(file["bits"])
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _packed(enclosures: tuple[Enclosure | None, ...]) -> bytes:
    arrays = {
        f"{name}{place}": getattr(enclosure, name)
        for place, enclosure in enumerate(enclosures)
        if enclosure is not None
        for name in _FIELDS
    }
    bits = [0 if enclosure is None else enclosure.bits for enclosure in enclosures]
    packed = io.BytesIO()
    np.savez(packed, bits=bits, **arrays)
    return packed.getvalue()
