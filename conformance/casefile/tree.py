"""The tree that a case file is read into: plain dicts and lists that know their lines."""

from __future__ import annotations

from typing import Any


class LinedDict(dict[str, Any]):
    """A mapping with the line it starts on, the line of each key, and which keys are quoted."""

    __slots__ = ("line", "lines", "quoted")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.quoted: set[str] = set()


class LinedList(list[Any]):
    """A sequence with the line it starts on and the line of each item."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class Doubtful(str):
    """Unquoted text that looks like something else, as `010` or `yes`; `fix` says what to write.

    It is good where text is wanted, and refused with its fix everywhere else.
    """

    __slots__ = ("fix",)

    def __new__(cls, text: str, fix: str) -> Doubtful:
        """`text` as it stands in the file."""
        self = super().__new__(cls, text)
        self.fix = fix
        return self

    fix: str


def plain(value: Any) -> Any:
    """`value` without the lines: exact dict, list and str all the way down."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
