"""One JSON value as one line of text."""

from __future__ import annotations

import json
from typing import Any

from conformance.results.numbers import plain

_encode = json.JSONEncoder(allow_nan=False, check_circular=False, separators=(",", ":")).encode


def encode(value: Any) -> str:
    """`value` as one line of strict, ASCII JSON; lone surrogates become visible escapes."""
    try:
        text = _encode(value)
    except ValueError:
        text = _encode(plain(value))
    if "\\ud" in text:  # strict parsers need not accept half of a pair
        text = _encode(_without_surrogates(json.loads(text)))
    return text


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value
