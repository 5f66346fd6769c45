"""Files in the user's cache.

A cache that cannot be read or written is no cache, and never an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

import platformdirs

LEAST = 4096  # bytes of the disk that the smallest file takes


class CacheFolder:
    """Files of bytes by key, no more than `most` bytes together: the longest unused goes first."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most

    @property
    def path(self) -> Path:
        """Where they lie."""
        return Path(platformdirs.user_cache_dir("conformance")) / self._name

    def read(self, key: str) -> bytes | None:
        """What was written under `key`; None where there is nothing."""
        file = self.path / key
        try:
            data = file.read_bytes()
            os.utime(file)
        except OSError:
            return None
        return data

    def write(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`."""
        folder = self.path
        fresh = folder / f"{key}.{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(data)
            os.replace(fresh, folder / key)
            self._shrink(folder)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink()

    def _shrink(self, folder: Path) -> None:
        used = sorted(((file.stat(), file) for file in folder.iterdir()), key=lambda item: item[0].st_mtime)
        excess = sum(max(stat.st_size, LEAST) for stat, _ in used) - self._most
        for stat, file in used:
            if excess <= 0:
                return
            file.unlink(missing_ok=True)
            excess -= max(stat.st_size, LEAST)


def sources_digest(folder: Path) -> bytes:
    """A hash of every Python file in `folder`: what changes when the code there does."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()
