"""What a schema has accepted before, kept on disk: to validate takes most of the time of loading.

A key is the hash of the text, of the schema and of every file of this package: a text that is read in
another way, or of which something else is asked, is not found. What was asked for least recently goes when
there is too much. A cache that cannot be read or written is no cache, and never an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

MOST = 1000  # texts, an empty file each


def was_accepted(text: str, schema: dict[str, Any]) -> bool:
    """Whether `accept` has been told of this text and schema."""
    try:
        os.utime(_place(text, schema))
    except OSError:
        return False
    return True


def accept(text: str, schema: dict[str, Any]) -> None:
    """Note that the schema has no objection to the text."""
    place = _place(text, schema)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        _shrink(place.parent)


def _place(text: str, schema: dict[str, Any]) -> Path:
    digest = hashlib.sha256(_package())
    digest.update(json.dumps(schema).encode() + b"\0" + text.encode())
    return Path(platformdirs.user_cache_dir("conformance")) / "accepted" / digest.hexdigest()


@cache
def _package() -> bytes:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


def _shrink(folder: Path) -> None:
    """Delete the files asked for longest ago until `MOST` are left."""
    files = list(folder.iterdir())
    if len(files) > MOST:
        files.sort(key=lambda file: file.stat().st_mtime)
        for file in files[:-MOST]:
            file.unlink(missing_ok=True)
