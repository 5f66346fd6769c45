"""One JSON value as one line of text."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def encode(value: Any) -> bytes:
    """`value` as one line of strict, ASCII JSON, without its end; lone surrogates become visible escapes.

    Floats in it are finite: `number_form` makes texts of the others, which would be null here.
    """
    try:
        data = _encode(value)
    except UnicodeEncodeError:  # half of a pair, which strict parsers need not accept
        data = _encode(_without_surrogates(value))
    return data if data.isascii() else json.dumps(json.loads(data), separators=(",", ":")).encode("ascii")


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value
