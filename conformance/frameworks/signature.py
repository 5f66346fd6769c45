"""What an installed package shows of the signature of a function or class."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

LONGEST = 200
"""Characters kept of a default's text."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # which differs from run to run
_UNNAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def signature_of(target: Callable[..., Any], calls: Sequence[str]) -> dict[str, Any] | None:
    """Return parameters and inputs of `target` in plain values, or None where it hides them.

    `calls` are the names under which classes of this framework keep what a call of an object runs.
    """
    parameters = _parameters(target)
    if parameters is None:
        return None
    inputs = None
    if inspect.isclass(target):
        found = next((getattr(target, name) for name in calls if callable(getattr(target, name, None))), None)
        called = _parameters(found) if found is not None else None
        inputs = None if called is None else [parameter["name"] for parameter in called][1:]  # without self
    return {"parameters": parameters, "inputs": inputs}


def _parameters(target: Callable[..., Any]) -> list[dict[str, Any]] | None:
    try:
        found = list(inspect.signature(target).parameters.values())
    except Exception:  # a package may compute its signatures, and fail in its own way
        return None
    named = [parameter for parameter in found if parameter.kind not in _UNNAMED]
    if found and not named:
        return None
    return [
        {
            "name": parameter.name,
            "default": None if parameter.default is inspect.Parameter.empty else _text(parameter.default),
            "keyword_only": parameter.kind is inspect.Parameter.KEYWORD_ONLY,
        }
        for parameter in named
    ]


def _text(default: Any) -> str:
    try:
        return _ADDRESS.sub("", repr(default))[:LONGEST]
    except Exception:
        return f"a {type(default).__name__}"
