"""What is wrong with a case file: problems, their collector, and the tree of exceptions."""

from __future__ import annotations

import json
import math
from collections.abc import Hashable
from dataclasses import dataclass

from conformance.casefile.tree import LinedDict, LinedList
from conformance.model import Location

_MAX_PROBLEMS = 50  # a reader mends the first few; a hostile file would have millions
_MAX_QUOTED = 60
_MAX_LISTED = 8
_PLAIN_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:*?<")

Path = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a case file, printed as `location: key: message; hint`.

    `key` is the path of keys to it, as `cases.zero-target.matrix.dtype[1]`, empty for the whole file.
    `hint` says what is allowed, or how to mend it; it may be empty.
    """

    location: Location
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.location}: {self.key}: " if self.key else f"{self.location}: "
        return where + self.message + (f"; {self.hint}" if self.hint else "")


class CaseFileError(ValueError):
    """A case file that cannot be used; `problems` holds all that one pass over it found, by line.

    The tree, in the order in which a file is examined; a file that fails one step ends there::

        CaseFileError
        +-- UnreadableError   no such file, no regular file, too large, not UTF-8, control characters
        +-- YamlError         not YAML, or YAML that case files do without: aliases, tags, duplicate keys
        +-- SchemaError       against schema.json: unknown or missing keys, values of the wrong type
        +-- ContentError      against itself: names that the file does not define, ragged arrays, and so on

    `location`, `key`, `message` and `hint` are those of the first problem.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems
        self.location = problems[0].location
        self.key = problems[0].key
        self.message = problems[0].message
        self.hint = problems[0].hint

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class UnreadableError(CaseFileError):
    """The file's bytes are not text that can be read."""


class YamlError(CaseFileError):
    """The text is not YAML, or uses a part of YAML that case files do without."""


class SchemaError(CaseFileError):
    """The file breaks the published schema."""


class ContentError(CaseFileError):
    """The file follows the schema and contradicts itself."""


class Problems:
    """Collects the problems of one file, and raises them together as one `kind` of CaseFileError.

    `root` is the file's tree, from which lines and the ids of cases are looked up. At the fiftieth
    problem `add` and `at` raise what there is.
    """

    def __init__(self, path: str, kind: type[CaseFileError], root: object = None) -> None:
        self._path = path
        self._kind = kind
        self._root = root
        self._found: dict[Problem, None] = {}

    def add(self, path: Path, message: str, hint: str = "") -> None:
        """Note a problem at the keys and indices `path` from the root."""
        self.at(self.line(path), key_text(path, self._root), message, hint)

    def at(self, line: int, key: str, message: str, hint: str = "") -> None:
        """Note a problem on a known `line`."""
        self._found[Problem(Location(self._path, line), key, message, hint)] = None
        if len(self._found) >= _MAX_PROBLEMS:
            self.raise_any()

    def line(self, path: Path) -> int:
        """The line of the last key or item of `path` that the file has."""
        node = self._root
        line = node.line if isinstance(node, LinedDict | LinedList) else 1
        for step in path:
            if isinstance(node, LinedDict) and step in node.lines:
                line, node = node.lines[str(step)], node.get(step)
            elif isinstance(node, LinedList) and isinstance(step, int) and step < len(node):
                line, node = node.lines[step], node[step]
            else:
                break
        return line

    def raise_any(self) -> None:
        """Raise the exception if there are any problems."""
        if self._found:
            raise self._kind(tuple(sorted(self._found, key=lambda problem: problem.location.line)))


def key_text(path: Path, root: object = None) -> str:
    """`path` as people write it, a case by its id: `cases.zero-target.inputs.input[1][0]`."""
    text = ""
    if len(path) > 1 and path[0] == "cases" and isinstance(path[1], int):
        name = _case_id(root, path[1])
        if name:
            text, path = f"cases.{name}", path[2:]
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = str(step)
            plain = 0 < len(word) <= _MAX_QUOTED and _PLAIN_KEY.issuperset(word)
            text += ("." if text else "") + (word if plain else quoted(word))
    return text


def _case_id(root: object, index: int) -> str | None:
    cases = root.get("cases") if isinstance(root, LinedDict) else None
    case = cases[index] if isinstance(cases, LinedList) and index < len(cases) else None
    name = case.get("id") if isinstance(case, LinedDict) else None
    usable = isinstance(name, str) and 0 < len(name) <= _MAX_QUOTED and _PLAIN_KEY.issuperset(name)
    return str(name) if usable else None


def quoted(value: object) -> str:
    """`value` as a case file writes it, text in double quotes, shortened to one line."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        short = len(value) <= _MAX_LISTED and all(type(item) is int for item in value)
        return str(list(value)) if short else "a list"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value).replace("nan", ".nan").replace("inf", ".inf")
    text = json.dumps(str(value) if isinstance(value, str) else value, ensure_ascii=False, default=repr)
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
    return text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 3] + "..."
