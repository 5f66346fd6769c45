"""The nearest allowed word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from conformance.casefile.errors import quoted

_MAX_LISTED = 12
_MAX_COMPARED = 100  # characters; difflib takes quadratic time


def as_word(value: object) -> str:
    """A plain value as it is written, without quotes where it needs none."""
    bare = isinstance(value, str) and value and value.isprintable() and len(value) <= _MAX_COMPARED
    return str(value) if bare else quoted(value)


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that `word` most likely means, or None."""
    by_folded = {candidate.lower(): candidate for candidate in allowed}
    close = difflib.get_close_matches(word[:_MAX_COMPARED].lower(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def suggest(word: str, allowed: Iterable[str]) -> str:
    """A hint: the nearest allowed word, or else the words that are allowed."""
    words = list(allowed)
    near = nearest(word, words)
    if near is not None:
        return f"did you mean {quoted(near)}?"
    if not words:
        return "there are none"
    listed = ", ".join(map(as_word, words[:_MAX_LISTED]))
    return f"known: {listed}" + (f" and {len(words) - _MAX_LISTED} more" if len(words) > _MAX_LISTED else "")
