"""Failures folded into findings: what has one cause most likely is shown once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.report.entry import Entry
from conformance.report.visible import visible


@dataclass(frozen=True, slots=True)
class Group:
    """Entries with the same operator, API, outcome, subtype and explanation; the worst is the first."""

    operator: str
    api: str
    outcome: str
    subtype: str | None
    cause: str
    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        """The entry that stands for the group."""
        return self.entries[0]

    @property
    def title(self) -> str:
        """`mismatch (value), float32_log`."""
        words = self.outcome if self.subtype is None else f"{self.outcome} ({self.subtype})"
        return visible(f"{words}, {self.cause}" if self.cause else words)


def groups(entries: Iterable[Entry], wanted: Callable[[Entry], bool]) -> list[Group]:
    """The wanted entries, folded; the groups with most checks first, then by name."""
    found: dict[tuple[str, str, str, str | None, str], list[Entry]] = {}
    for entry in entries:
        if wanted(entry):
            key = (entry.operator, entry.api, entry.outcome, entry.subtype, entry.cause)
            found.setdefault(key, []).append(entry)
    folded = [Group(*key, tuple(sorted(members, key=_badness))) for key, members in found.items()]
    return sorted(folded, key=lambda group: (-len(group.entries), group.operator, group.api, group.title))


def _badness(entry: Entry) -> tuple[float, float, str]:
    """Small inputs are easiest to look at; among them the farthest off comes first."""
    ratio = entry.ratio or 0.0
    return float(entry.total > 64), -ratio if ratio == ratio else 0.0, entry.id
