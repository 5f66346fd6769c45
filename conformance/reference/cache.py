"""Enclosures of large inputs, kept on disk: balls cost microseconds an element, and cases seldom change.

A key is the hash of the inputs' bits, the options, the text of every file of this package, and the
ball library's version: a changed formula or arithmetic finds nothing. What was used least recently goes
when there is too much. A cache that cannot be read or written is no cache, and never an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import flint
import numpy as np
import platformdirs

from conformance.reference.enclosure import Enclosure, enclose

LEAST = 1 << 16  # elements of input below which computing is as quick as looking up
MOST = 512 << 20  # bytes of all files together
_FIELDS = ("head", "tail", "radius")


def cached_enclosures(
    function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[Enclosure | None, ...]:
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


def _read(path: Path) -> tuple[Enclosure | None, ...] | None:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            os.utime(path)
            return tuple(
                Enclosure(bits=int(bits), **{name: file[f"{name}{place}"] for name in _FIELDS})
                if bits
                else None
                for place, bits in enumerate(file["bits"])
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, enclosures: tuple[Enclosure | None, ...]) -> None:
    fresh = path.with_name(f"{path.stem}.{os.getpid()}.npz")
    arrays = {
        f"{name}{place}": getattr(enclosure, name)
        for place, enclosure in enumerate(enclosures)
        if enclosure is not None
        for name in _FIELDS
    }
    bits = [0 if enclosure is None else enclosure.bits for enclosure in enclosures]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(fresh, bits=bits, **arrays)
        os.replace(fresh, path)
        _shrink(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()


def _shrink(folder: Path) -> None:
    """Delete the files used longest ago until the rest is no more than `MOST`."""
    used = sorted(((file.stat(), file) for file in folder.glob("*.npz")), key=lambda item: item[0].st_mtime)
    excess = sum(stat.st_size for stat, _ in used) - MOST
    for stat, file in used:
        if excess <= 0:
            return
        file.unlink(missing_ok=True)
        excess -= stat.st_size
