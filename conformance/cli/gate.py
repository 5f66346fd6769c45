"""What `conformance run` says of the gate: what closes it, folded by cause, and one report to start with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console

from conformance.gate import Expectation, Gate, Verdict
from conformance.report import Collection, headline, report_text, tolerance_report
from conformance.report.collect import Entry
from conformance.report.groups import Group, groups
from conformance.report.visible import visible

_SHOWN = 10  # groups; what is left is counted
_ORDER = (  # our own faults first: they cast doubt on the rest
    Verdict.HARNESS_ERROR,
    Verdict.INVALID_CASE,
    Verdict.REGRESSION,
    Verdict.NEW_FAILURE,
    Verdict.CHANGED,
    Verdict.FIXED,
)


def print_gate(console: Console, gate: Gate, collection: Collection) -> None:
    """Print the report of the first check that closes the gate, then whether it is open, and if not why.

    The verdict comes last: the end of a log is what people see first.
    """
    found = [(verdict, group) for verdict in _ORDER for group in _groups(gate, collection, verdict)]
    lines = [*_report(found[0][1], collection), ""] if found else []
    closing = gate.closing
    if closing:
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in closing.items())
        lines.append(f"gate: closed by {counts}")
    elif collection.incomplete:
        lines.append("gate: not judged, the run was stopped")
    else:
        lines.append("gate: open, everything is as expected")
    lines += [*_stale(gate.stale), *_not_run(gate, collection)]
    for verdict, group in found[:_SHOWN]:
        lines += _told(gate, collection, verdict, group)
    if len(found) > _SHOWN:
        rest = sum(len(group.entries) for _, group in found[_SHOWN:])
        lines.append(f"  and {_count(len(found) - _SHOWN, 'more cause')}, {_count(rest, 'check')}")
    if found:
        lines.append("  conformance show CHECK-ID prints a check's whole report")
    for line in ["", *lines]:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _groups(gate: Gate, collection: Collection, verdict: Verdict) -> list[Group]:
    def wanted(entry: Entry) -> bool:
        ruling = gate.rulings.get(entry.record["id"])
        return ruling is not None and ruling.verdict is verdict

    return groups(collection.entries, wanted) if gate.closes(verdict) else []


def _told(gate: Gate, collection: Collection, verdict: Verdict, group: Group) -> Iterator[str]:
    """One cause: what, in which API, how often and where; the check to look at; what is the matter."""
    places = ", ".join(dict.fromkeys(entry.environment for entry in group.entries))
    record = group.first.record
    often = _count(len(group.entries), "check")
    yield f"  {verdict}: {group.title}, {visible(group.api)}, {often} in {places}"
    yield f"    {visible(record['id'])}"
    if verdict in (Verdict.REGRESSION, Verdict.CHANGED, Verdict.FIXED):
        yield f"    {visible(gate.rulings[record['id']].why)}"
    else:
        yield f"    {headline(record, collection.conventions.get(record['operator']))}"


def _stale(entries: Sequence[Expectation]) -> Iterator[str]:
    for entry in entries:
        yield f"  stale: {entry.location}: no check matches {entry.checks}, or its last day has passed"


def _not_run(gate: Gate, collection: Collection) -> Iterator[str]:
    """What did not run, by environment; the summary says why."""
    missed = Counter(
        entry.environment
        for entry in collection.entries
        if entry.record["id"] in gate.rulings and entry.record["outcome"] == "not_run"
    )
    for environment, count in missed.items():
        yield f"  not_run: {_count(count, 'check')} of {environment}, which cannot run"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _report(group: Group, collection: Collection) -> list[str]:
    """The tolerance report of a group's first check, without the script, which is long."""
    record = group.first.record
    conventions = collection.conventions.get(record["operator"])
    report = tolerance_report(record, collection.peers(record), conventions)
    sections = tuple(section for section in report.sections if section.title != "reproducer")
    return report_text(replace(report, sections=sections)).splitlines()
