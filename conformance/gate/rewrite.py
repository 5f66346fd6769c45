"""Changing the text of an expectations file, and only where something changes: the rest stays as it is typed.

The places come from PyYAML's own marks. Loading the file and writing it again, even with a library that
keeps comments, would fold and quote what nobody has touched.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from conformance.gate.deviations import Deviation
from conformance.gate.expectations import Expectation, ExpectationError
from conformance.results import CheckRecord

_WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z][\w./+~=?*:\[\]-]*[\w*\]]")
_Edit = tuple[int, int, str]  # from, to, and what comes there

HEAD = "# Known deviations of {framework}.\nframework: {name}\nexpectations:\n"


def rewritten(
    text: str, path: str, narrowed: Mapping[Expectation, Sequence[str]], added: Sequence[str]
) -> str:
    """The `text` of the expectations file at `path` with patterns narrowed or dropped, and entries added.

    `narrowed` maps patterns of this file to what takes their place; an entry that has none left goes.
    `added` are entries as `entry_text` gives them. Raises ExpectationError for a file whose entries are not
    written one below the other.
    """
    file = _File(text, path)
    changes = {(each.entry, each.checks): patterns for each, patterns in narrowed.items()}
    edits = [edit for number in range(len(file.entries)) for edit in file.changed(number, changes)]
    edits += file.appended(added, left=len(file.entries) - file.removed)
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement.replace("\n", file.newline) + text[end:]
    return text


def entry_text(deviation: Deviation, records: Mapping[str, CheckRecord]) -> str:
    """A new entry, marked for review, as lines of a file."""
    lines = ["  - checks: " + _scalar(deviation.patterns[0])]
    if len(deviation.patterns) > 1:
        lines = ["  - checks:", *(f"      - {_scalar(pattern)}" for pattern in deviation.patterns)]
    lines.append(f"    outcome: {deviation.outcome}")
    if deviation.subtype is not None:
        lines.append(f"    subtype: {deviation.subtype}")
    if deviation.convention is not None:
        lines.append(f"    convention: {_scalar(deviation.convention)}")
    lines += ["    review: true", "    reason: >-"]
    reason = textwrap.wrap(
        deviation.reason(records), _WIDTH - 6, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join([*lines, *(f"      {line}" for line in reason)]) + "\n"


def _scalar(text: str) -> str:
    """`text` as YAML, in quotes where it needs them."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry: its mapping, what `checks` is, and where its lines start and end in the text."""

    node: yaml.MappingNode
    checks: yaml.ScalarNode | yaml.SequenceNode
    start: int
    end: int


class _File:
    """The text of a file with the places of its entries."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.removed = 0
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        assert root is not None  # the file has been read before
        self._list = next(value for key, value in root.value if key.value == "expectations")
        if self._list.flow_style and self._list.value:
            line = self._list.start_mark.line + 1
            raise ExpectationError(
                f"{path}:{line}: expectations: the list is in brackets, and cannot be changed by entry; "
                "write them one below the other, each after a dash"
            )
        self.entries = [self._entry(number) for number in range(len(self._list.value))]

    def _entry(self, number: int) -> _Entry:
        nodes = self._list.value
        node = nodes[number]
        checks = next(value for key, value in node.value if key.value == "checks")
        limit = nodes[number + 1].start_mark.line if number + 1 < len(nodes) else len(self._lines)
        if number + 1 == len(nodes) and self._list.end_mark.column == 0:
            limit = min(limit, self._list.end_mark.line)
        first, column = node.start_mark.line, node.start_mark.column
        while limit > first + 1 and self._is_between(self._lines[limit - 1], column):
            limit -= 1
        return _Entry(node, checks, self._starts[first], self._starts[limit])

    @staticmethod
    def _is_between(line: str, column: int) -> bool:
        """Whether a line is blank, or a comment that is not the text of a reason."""
        stripped = line.strip()
        return not stripped or (stripped.startswith("#") and len(line) - len(line.lstrip()) <= column)

    def changed(self, number: int, changes: Mapping[tuple[int, str], Sequence[str]]) -> Iterator[_Edit]:
        """The edits of one entry; none where none of its patterns changes."""
        entry = self.entries[number]
        items = entry.checks.value if isinstance(entry.checks, yaml.SequenceNode) else [entry.checks]
        line = entry.node.start_mark.line + 1
        new = [list(changes.get((line, item.value), [item.value])) for item in items]
        if all(patterns == [item.value] for patterns, item in zip(new, items, strict=True)):
            return
        if not any(new):
            self.removed += 1
            yield entry.start, entry.end, ""
        elif entry.node.flow_style or (
            isinstance(entry.checks, yaml.SequenceNode) and entry.checks.flow_style
        ):
            listed = ", ".join(json.dumps(pattern) for patterns in new for pattern in patterns)
            yield entry.checks.start_mark.index, entry.checks.end_mark.index, f"[{listed}]"
        elif isinstance(entry.checks, yaml.SequenceNode):
            for item, patterns in zip(items, new, strict=True):
                yield from self._changed_item(item, patterns)
        else:
            yield self._list_in_place(entry, [pattern for patterns in new for pattern in patterns])

    def _changed_item(self, item: yaml.Node, patterns: Sequence[str]) -> Iterator[_Edit]:
        if not patterns:
            line = item.start_mark.line
            yield self._starts[line], self._starts[line + 1], ""
        elif patterns != [item.value]:
            dash = "\n" + " " * (item.start_mark.column - 2) + "- "
            yield item.start_mark.index, item.end_mark.index, dash.join(map(_scalar, patterns))

    def _list_in_place(self, entry: _Entry, patterns: Sequence[str]) -> _Edit:
        """Several patterns where one stood, one below the other."""
        node = entry.checks
        if len(patterns) == 1:
            return node.start_mark.index, node.end_mark.index, _scalar(patterns[0])
        start = node.start_mark.index
        while self._text[start - 1] == " ":
            start -= 1
        dash = "\n" + " " * (entry.node.start_mark.column + 2) + "- "
        return start, node.end_mark.index, "".join(dash + _scalar(pattern) for pattern in patterns)

    def appended(self, added: Sequence[str], left: int) -> Iterator[_Edit]:
        """New entries behind the last one; `left` is how many of the old ones stay."""
        new = "".join(self._indented(added))
        if self.entries:
            end = self.entries[-1].end
            broken = "" if self._text[:end].endswith(("\n", "\r")) else "\n"
            if new:
                yield end, end, broken + new
            elif not left:  # an empty list has to be said
                start = self._text.rindex(":", 0, self._list.start_mark.index) + 1
                yield start, start, " []"
        elif new:
            start = self._text.rindex(":", 0, self._list.start_mark.index) + 1
            yield start, self._list.end_mark.index, "\n" + new.rstrip("\n")

    def _indented(self, added: Iterable[str]) -> Iterator[str]:
        """Entries with their dashes where those of the file are."""
        more = self._list.start_mark.column - 2 if self.entries else 0
        for entry in added:
            lines = entry.splitlines(keepends=True)
            yield "".join(" " * more + line if more >= 0 else line[-more:] for line in lines)
