"""What a schema has accepted before, kept on disk: to validate takes most of the time of loading.

A key is the hash of the text, of the schema and of every file of this package: a text that is read in
another way, or of which something else is asked, is not found.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from conformance.caches import CacheFolder, sources_digest

_FOLDER = CacheFolder("accepted", most=4 << 20)  # a thousand texts, an empty file each


def was_accepted(text: str, schema: dict[str, Any]) -> bool:
    """Whether `accept` has been told of this text and schema."""
    return _FOLDER.read(_key(text, schema)) is not None


def accept(text: str, schema: dict[str, Any]) -> None:
    """Note that the schema has no objection to the text."""
    _FOLDER.write(_key(text, schema), b"")


def _key(text: str, schema: dict[str, Any]) -> str:
    digest = hashlib.sha256(_package())
    digest.update(json.dumps(schema).encode() + b"\0" + text.encode())
    return digest.hexdigest()


@cache
def _package() -> bytes:
    return sources_digest(Path(__file__).parent)
