"""What `conformance run` says of the gate: what closes it, folded by cause, and one report to start with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console

from conformance.gate import Expectation, Gate, Verdict
from conformance.report import Collection, report_text, tolerance_report
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
    """Print whether the gate is open; where it is not, why, and the report of the first closing check."""

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, soft_wrap=True, markup=False, highlight=False)

    console.print()
    closing = gate.closing
    if not closing:
        stopped = bool(collection.incomplete)
        say("gate: not judged, the run was stopped" if stopped else "gate: open, everything is as expected")
        return
    say(
        f"gate: closed by {', '.join(f'{count:,} {verdict}' for verdict, count in closing.items())}",
        "bold red",
    )
    found = [
        (verdict, group)
        for verdict in _ORDER
        if gate.closes(verdict)
        for group in _groups(gate, collection, verdict)
    ]
    for line in [*_stale(gate.stale), *_not_run(gate, collection)]:
        say(line)
    for verdict, group in found[:_SHOWN]:
        for line in _told(gate, verdict, group):
            say(line)
    if len(found) > _SHOWN:
        rest = sum(len(group.entries) for _, group in found[_SHOWN:])
        say(f"  and {len(found) - _SHOWN} more causes, {rest:,} checks")
    if found:
        console.print()
        say(_report(found[0][1], collection).rstrip())
        say("\nconformance show CHECK-ID prints any check's whole report, with a script that repeats it")


def _groups(gate: Gate, collection: Collection, verdict: Verdict) -> list[Group]:
    rulings = gate.rulings

    def wanted(identifier: str) -> bool:
        ruling = rulings.get(identifier)
        return ruling is not None and ruling.verdict is verdict

    return groups(collection.entries, lambda entry: wanted(entry.record["id"]))


def _told(gate: Gate, verdict: Verdict, group: Group) -> Iterator[str]:
    """One cause: what, in which API, how often and where; the check to look at; why it closes the gate."""
    places = ", ".join(dict.fromkeys(entry.environment for entry in group.entries))
    first = group.first.record
    yield f"  {verdict}: {group.title}, {visible(group.api)}, {_checks(len(group.entries))} in {places}"
    yield f"    {visible(first['id'])}"
    why = gate.rulings[first["id"]].why
    lines = why.strip().splitlines()
    if lines:  # of a traceback the last line says most
        yield f"    {visible(lines[-1] if verdict is Verdict.HARNESS_ERROR else lines[0])}"


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
        yield f"  not_run: {_checks(count)} of {environment}, which cannot run"


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count:,} checks"


def _report(group: Group, collection: Collection) -> str:
    """The tolerance report of a group's first check, without the script, which is long."""
    record = group.first.record
    report = tolerance_report(
        record, collection.peers(record), collection.conventions.get(record["operator"])
    )
    return report_text(
        replace(report, sections=tuple(part for part in report.sections if part.title != "reproducer"))
    )
