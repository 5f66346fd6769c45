"""Enclosures of large inputs, kept on disk: balls cost microseconds an element, and cases seldom change.

A key is the hash of the inputs' bits, the options, the text of every file of this package, and the
ball library's version: a changed formula or arithmetic finds nothing. A cache that cannot be read or
written is no cache, and never an error.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import flint
import numpy as np
import platformdirs

from conformance.reference.enclosure import Enclosure, enclose

LEAST = 4096  # elements of input below which computing is as quick as looking up
_FIELDS = ("head", "tail", "radius")


def cached_enclosure(
    function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any]
) -> Enclosure:
    """What `enclose` returns, from the cache where it is there. Raises UndecidedError."""
    if sum(np.size(part) for part in inputs.values()) < LEAST:
        return enclose(function, inputs, options)
    path = _folder() / f"{_key(function, inputs, options)}.npz"
    found = _read(path)
    if found is None:
        found = enclose(function, inputs, options)
        _write(path, found)
    return found


@cache
def _folder() -> Path:
    return Path(platformdirs.user_cache_dir("conformance")) / "enclosures"


@cache
def _arithmetic() -> bytes:
    digest = hashlib.sha256(flint.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


def _key(function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(_arithmetic())
    digest.update(f"{function.__module__}.{function.__qualname__}\0{sorted(options.items())!r}".encode())
    for name, part in inputs.items():
        array = np.asarray(part)
        digest.update(f"\0{name}\0{array.dtype}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _read(path: Path) -> Enclosure | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            head, tail, radius = (file[name] for name in _FIELDS)
            return Enclosure(head, tail, radius, int(file["bits"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _write(path: Path, enclosure: Enclosure) -> None:
    fresh = path.with_name(f"{path.stem}.{os.getpid()}.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(fresh, bits=enclosure.bits, **{name: getattr(enclosure, name) for name in _FIELDS})
        os.replace(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
