"""Text of others made harmless: nothing invisible, nothing that moves a cursor or turns writing around."""

from __future__ import annotations

import re
from functools import lru_cache

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_UNSEEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f\xad"  # control characters, soft hyphen
    "\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff"  # half a pair: no terminal and no encoder takes it
    "\U000e0000-\U000e0fff"
    "]"
)


@lru_cache(maxsize=1024)  # most of what is asked for are the few words that every check has
def visible(text: str) -> str:
    """`text` on one line: colours dropped, every other unseen character (line breaks too) as its escape."""
    if text.isascii() and text.isprintable():  # most of it, and quickly told
        return text
    return _UNSEEN.sub(_escape, _COLOUR.sub("", text))


def visible_lines(text: str, last: int | None = None) -> list[str]:
    """The lines of `text`, each made visible; tabs become spaces. `last` keeps that many from the end."""
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n") if text else []
    if last is not None and len(lines) > last:
        lines = [f"... ({len(lines) - last} lines before)", *lines[-last:]]
    return [visible(line.expandtabs(4)) for line in lines]


def clipped(text: str, width: int) -> str:
    """The first `width` characters, the last of them an ellipsis where something was lost."""
    return text if len(text) <= width else f"{text[: max(width - 3, 0)]}..."


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )
