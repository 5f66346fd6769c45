"""What commands say of the gate: what closes it, folded by cause, with reports to start from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Console

from conformance.gate import Gate, Verdict
from conformance.report import Collection, headline, report_text, tolerance_report
from conformance.report.entry import Entry
from conformance.report.groups import Group, groups
from conformance.report.visible import visible

SHOWN = 10  # causes; what is left is counted
_ORDER = (  # our own faults first: they cast doubt on the rest
    Verdict.HARNESS_ERROR,
    Verdict.INVALID_CASE,
    Verdict.REGRESSION,
    Verdict.NEW_FAILURE,
    Verdict.CHANGED,
    Verdict.FIXED,
)


@dataclass(frozen=True, slots=True)
class Cause:
    """Checks that close the gate with one verdict, and have one cause most likely."""

    verdict: Verdict
    group: Group

    @property
    def first(self) -> str:
        """The id of the check that stands for them."""
        return self.group.first.id


def causes(gate: Gate, entries: Sequence[Entry]) -> list[Cause]:
    """What closes the gate, folded; of `entries` those count that do."""

    def of(verdict: Verdict) -> list[Group]:
        def wanted(entry: Entry) -> bool:
            ruling = gate.rulings.get(entry.id)
            return ruling is not None and ruling.verdict is verdict

        return groups(entries, wanted) if gate.closes(verdict) else []

    return [Cause(verdict, group) for verdict in _ORDER for group in of(verdict)]


def print_gate(
    console: Console,
    gate: Gate,
    collection: Collection,
    reports: int = 1,
) -> None:
    """Print a report of the first check of some causes, then whether the gate is open, and if not why.

    The verdict comes last: the end of a log is what people see first. `collection` may be empty where nothing
    closes the gate; `reports` is how many of the causes get their report.
    """
    found = causes(gate, collection.entries)
    lines: list[str] = []
    for cause in found[:reports]:
        lines += [*_report(cause.group.first, collection), ""]
    closing = gate.closing
    if closing:
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in closing.items())
        lines.append(f"gate: closed by {counts}")
    elif collection.incomplete:
        lines.append("gate: not judged, the run was stopped")
    elif not gate.counts.total():
        lines.append("gate: closed, no check was run")
    else:
        lines.append("gate: open, everything is as expected")
    lines += [f"  stale: {each}" for each in gate.stale]
    lines += _not_run(gate)
    for cause in found[:SHOWN]:
        lines += _told(gate, collection, cause)
    if len(found) > SHOWN:
        rest = sum(len(cause.group.entries) for cause in found[SHOWN:])
        lines.append(f"  and {_count(len(found) - SHOWN, 'more cause')}, {_count(rest, 'check')}")
    if found:
        lines.append("  conformance show CHECK-ID prints a check's whole report")
    for line in ["", *lines]:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _told(gate: Gate, collection: Collection, cause: Cause) -> Iterator[str]:
    """One cause: what, in which API, how often and where; the check to look at; what is the matter."""
    group = cause.group
    places = ", ".join(dict.fromkeys(entry.environment for entry in group.entries))
    often = _count(len(group.entries), "check")
    yield f"  {cause.verdict}: {group.title}, {visible(group.api)}, {often} in {places}"
    yield f"    {visible(cause.first)}"
    if cause.verdict in (Verdict.REGRESSION, Verdict.CHANGED, Verdict.FIXED):
        yield f"    {visible(gate.rulings[cause.first].why)}"
    else:
        conventions = collection.conventions.get(group.operator)
        yield f"    {headline(collection.whole(group.first), conventions)}"


def _not_run(gate: Gate) -> Iterator[str]:
    """What did not run, by environment; the summary says why."""
    missed = Counter(
        ruling.environment for ruling in gate.rulings.values() if ruling.verdict is Verdict.NOT_RUN
    )
    for environment, count in missed.items():
        yield f"  not_run: {_count(count, 'check')} of {visible(environment)}, which cannot run"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _report(entry: Entry, collection: Collection) -> list[str]:
    """The tolerance report of a cause's first check, without the script, which is long."""
    conventions = collection.conventions.get(entry.operator)
    report = tolerance_report(collection.whole(entry), collection.peers(entry.call), conventions)
    sections = tuple(section for section in report.sections if section.title != "reproducer")
    return report_text(replace(report, sections=sections)).splitlines()
