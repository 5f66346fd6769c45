"""Findings: what has one cause most likely, with the worst check's sentence and links to all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from conformance.report.collect import Collection
from conformance.report.entry import Entry
from conformance.report.figures import plural
from conformance.report.groups import Group, groups
from conformance.report.headline import headline
from conformance.report.tables import dtype_order
from conformance.report.visible import visible

LISTED = 8  # names in a list of where a finding occurs


@dataclass(frozen=True, slots=True)
class Finding:
    """Checks of one framework that went wrong in one way; `check` and `checks` are fragments of the page."""

    outcome: str
    framework: str
    title: str
    sentence: str
    why: str
    apis: tuple[str, ...]
    count: int
    spread: str
    check: str
    checks: str


def findings(collection: Collection, wanted: Callable[[Entry], bool], **filters: str) -> tuple[Finding, ...]:
    """The wanted entries, folded; those of the most checks first.

    `filters` say on the page what `wanted` says here.
    """
    folded: dict[tuple[str, str, str], list[Group]] = {}
    for group in groups(collection.entries, wanted):
        key = (group.operator, visible(group.first.framework), group.title)
        folded.setdefault(key, []).append(group)
    found = [_finding(members, collection, filters) for members in folded.values()]
    return tuple(sorted(found, key=lambda finding: (-finding.count, finding.framework, finding.title)))


def checks_fragment(**filters: str) -> str:
    """The fragment that shows the checks which these filters leave."""
    return "checks?" + urlencode({name: visible(value) for name, value in filters.items()})


def check_fragment(identity: str) -> str:
    """The fragment that shows one check."""
    return "check?" + urlencode({"id": visible(identity)})


def _finding(members: list[Group], collection: Collection, filters: dict[str, str]) -> Finding:
    group = max(members, key=lambda group: len(group.entries))
    record = collection.whole(group.first)
    entries = [entry for member in members for entry in member.entries]
    hypothesis = record["hypothesis"]
    return Finding(
        group.outcome,
        visible(record["framework"]),
        group.title,
        headline(record, collection.conventions.get(record["operator"])),
        f"The result equals {visible(hypothesis['text'])}." if hypothesis is not None else "",
        tuple(visible(member.api) for member in members),
        len(entries),
        _spread(entries),
        check_fragment(record["id"]),
        checks_fragment(
            framework=record["framework"],
            operator=record["operator"],
            outcome=group.outcome,
            subtype=group.subtype or "",
            cause=group.cause,
            **filters,
        ),
    )


def _spread(entries: list[Entry]) -> str:
    """Where a finding occurs: its dtypes, its cases, and its environments where there are several."""
    dtypes = dtype_order(entry.dtype for entry in entries)
    cases = list(dict.fromkeys(entry.case for entry in entries))
    environments = list(dict.fromkeys(entry.environment for entry in entries))
    words = [", ".join(dtypes), f"{plural(len(cases), 'case')}: {_listed(cases)}"]
    if len(environments) > 1:
        words.append(_listed(environments))
    return visible("; ".join(words))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
