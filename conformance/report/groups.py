"""Failures folded into findings: what has one cause most likely is shown once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.report.collect import Entry
from conformance.report.visible import visible
from conformance.results import CheckRecord, number


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
            record = entry.record
            key = (record["operator"], record["api"], record["outcome"], record["subtype"], cause(record))
            found.setdefault(key, []).append(entry)
    folded = [Group(*key, tuple(sorted(members, key=_badness))) for key, members in found.items()]
    return sorted(folded, key=lambda group: (-len(group.entries), group.operator, group.api, group.title))


def cause(record: CheckRecord) -> str:
    """The shortest name of why: a convention, an explanation, or the class of an exception."""
    if record["convention"]:
        return record["convention"]
    if record["hypothesis"] is not None:
        return record["hypothesis"]["name"]
    return record["exception"]["class"] if record["exception"] is not None else ""


def _badness(entry: Entry) -> tuple[float, float, str]:
    """Small inputs are easiest to look at; among them the farthest off comes first."""
    error = entry.record["error"]
    ratio = (
        number(error["max_bound_ratio"])
        if error is not None and error["max_bound_ratio"] is not None
        else 0.0
    )
    large = float(error is not None and error["total"] > 64)
    return large, -ratio if ratio == ratio else 0.0, entry.record["id"]
