"""What the HTML page shows, worked out before the template sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conformance.report.blocks import Report, Section
from conformance.report.collect import OURS, OUTCOMES, Collection, Entry, Verdicts
from conformance.report.figures import duration, short
from conformance.report.groups import Group, groups
from conformance.report.headline import headline
from conformance.report.quality import QualityRow, quality_rows
from conformance.report.summary import Column, Notable, Summary, summarise
from conformance.report.tables import (
    ConventionTable,
    Gap,
    Matrix,
    convention_tables,
    dtype_order,
    gaps,
    outcome_matrix,
)
from conformance.report.text import report_text
from conformance.report.tolerance import tolerance_report
from conformance.report.visible import visible
from conformance.results import number_form

SHOWN_IN_FULL = 600_000  # characters of whole reports; the findings after that are in brief
SHOWN_IDS = 60  # ids listed per finding

MEANINGS = {
    "pass": "everything compared lies within its bound",
    "degraded": "less accurate than it need be, without being wrong",
    "mismatch": "returned, and differs",
    "not_rejected": "a documented error did not come",
    "wrong_error": "an error came, of another class than documented",
    "error": "any other exception of the framework",
    "crash": "the process died",
    "timeout": "the process passed its deadline",
    "unsupported": "refused, and declared so or not documented; never counts as a pass",
    "vacuous": "nothing in it can be judged in this dtype",
    "observed": "no oracle applies; the value is recorded",
    "harness_error": "the suite itself failed",
    "invalid_case": "the case or its reference is wrong",
    "not_run": "stopped before it could run",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One check in a list."""

    id: str
    verdict: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One group: its worst check, in full where `report` is there, and all its ids (`more` are left out)."""

    anchor: str
    operator: str
    api: str
    title: str
    outcome: str
    headline: str
    why: str
    count: int
    spread: str
    report: Report | None
    script: tuple[str, ...]
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """One environment and what it is made of."""

    label: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of an environment's bar, in per cent of its checks."""

    outcome: str
    count: int
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page, in its order."""

    title: str
    made_of: tuple[tuple[str, str, str], ...]  # file, when it started, command
    summary: Summary
    bars: dict[str, tuple[Bar, ...]]
    environments: tuple[EnvironmentRow, ...]
    ours: tuple[Finding, ...]
    conventions: tuple[ConventionTable, ...]
    outcomes: Matrix
    quality: tuple[QualityRow, ...]
    defects: tuple[Finding, ...]
    divergences: tuple[Finding, ...]
    degraded: tuple[Finding, ...]
    stale: tuple[Line, ...]
    gaps: tuple[Gap, ...]
    vacuous: tuple[Line, ...]
    meanings: tuple[tuple[str, str], ...]


def page(
    collection: Collection, made_of: Sequence[tuple[str, str, str]], verdicts: Verdicts | None = None
) -> Page:
    """The page about `collection`; `made_of` names its files, when each started, and by which command."""
    finder = _Finder(collection, verdicts or {})
    summary = summarise(collection, verdicts)
    return Page(
        "Operator conformance",
        tuple((visible(a), visible(b), visible(c)) for a, b, c in made_of),
        summary,
        {column.label: _bars(column) for column in summary.columns},
        tuple(_environment_row(label, collection) for label in collection.environments),
        finder.findings("ours", lambda entry: entry.record["outcome"] in OURS),
        tuple(convention_tables(collection)),
        outcome_matrix(collection),
        tuple(quality_rows(collection)),
        finder.findings("defect", lambda entry: entry.defect),
        finder.findings("divergence", lambda entry: entry.failing and not entry.defect),
        finder.findings("degraded", lambda entry: entry.record["outcome"] == "degraded"),
        finder.lines(lambda entry: entry.record["stale_declaration"]),
        tuple(gaps(collection)),
        finder.lines(lambda entry: entry.record["outcome"] == "vacuous"),
        tuple((name, MEANINGS[name]) for name in OUTCOMES),
    )


class _Finder:
    """Makes findings, and keeps count of how much has been shown in full."""

    def __init__(self, collection: Collection, verdicts: Verdicts) -> None:
        self._collection = collection
        self._verdicts = verdicts
        self._left = SHOWN_IN_FULL

    def findings(self, kind: str, wanted: Callable[[Entry], bool]) -> tuple[Finding, ...]:
        """The wanted entries as findings."""
        folded = groups(self._collection.entries, wanted)
        return tuple(self._finding(f"{kind}-{number}", group) for number, group in enumerate(folded, start=1))

    def lines(self, wanted: Callable[[Entry], bool]) -> tuple[Line, ...]:
        """The wanted entries as lines."""
        return tuple(self._line(entry) for entry in self._collection.entries if wanted(entry))

    def _line(self, entry: Entry) -> Line:
        identity = entry.record["id"]
        word, reason = self._verdicts.get(identity, ("", ""))
        return Line(visible(identity), visible(word), visible(reason))

    def _finding(self, anchor: str, group: Group) -> Finding:
        record = group.first.record
        hypothesis = record["hypothesis"]
        conventions = self._collection.conventions.get(record["operator"])
        report: Report | None = None
        script: tuple[str, ...] = ()
        if self._left > 0:
            report, script = _split(tolerance_report(record, self._collection.peers(record), conventions))
            self._left -= len(report_text(report)) + sum(map(len, script))
        return Finding(
            anchor,
            visible(group.operator),
            visible(group.api),
            group.title,
            group.outcome,
            report.headline if report is not None else headline(record, conventions),
            f"The result equals {visible(hypothesis['text'])}." if hypothesis is not None else "",
            len(group.entries),
            _spread(group),
            report,
            script,
            tuple(self._line(entry) for entry in group.entries[:SHOWN_IDS]),
            max(0, len(group.entries) - SHOWN_IDS),
        )


def _spread(group: Group) -> str:
    """Where a finding occurs: its dtypes, its cases, and its environments where there are several."""
    records = [entry.record for entry in group.entries]
    dtypes = dtype_order(record["dtype"] for record in records)
    cases = dict.fromkeys(record["case"] for record in records)
    environments = dict.fromkeys(entry.environment for entry in group.entries)
    lists = [dtypes, list(cases), *([list(environments)] if len(environments) > 1 else [])]
    return visible("; ".join(", ".join(names[:8]) + (", ..." if len(names) > 8 else "") for names in lists))


def _split(report: Report) -> tuple[Report, tuple[str, ...]]:
    """The report without its reproducer, and the reproducer's lines."""
    kept: list[Section] = []
    script: tuple[str, ...] = ()
    for section in report.sections:
        if section.title == "reproducer":
            script = tuple(line for block in section.blocks for line in getattr(block, "lines", ()))
        else:
            kept.append(section)
    return Report(report.id, report.headline, tuple(kept)), script


def _environment_row(label: str, collection: Collection) -> EnvironmentRow:
    form = collection.environments[label]
    if form is None:
        return EnvironmentRow(label, ("?",) * 7)
    facts = [
        form["framework"],
        form["version"],
        form["python"],
        form["numpy"],
        form["device"],
        form["platform"],
    ]
    threads = "?" if form["threads"] is None else str(form["threads"])
    return EnvironmentRow(label, (*map(visible, facts), threads))


def _bars(column: Column) -> tuple[Bar, ...]:
    bars, left = [], 0.0
    for outcome in OUTCOMES:
        count = column.counts[outcome]
        if count:
            width = 100.0 * count / column.total
            bars.append(Bar(outcome, count, round(left, 3), round(width, 3)))
            left += width
    return tuple(bars)


def ratio_words(notable: Notable | None) -> str:
    """The largest error as a multiple of the allowance."""
    return "-" if notable is None else short(number_form(notable.value))


def seconds_words(notable: Notable | None) -> str:
    """The slowest check's time."""
    return "-" if notable is None else duration(notable.value)
