"""What the HTML page shows, worked out before the template sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlencode

from conformance.report.baseline import Baseline
from conformance.report.collect import OURS, OUTCOMES, Collection, Verdicts
from conformance.report.compatibility import VERDICTS, Compatibility, compatibility
from conformance.report.coverage import Coverage, coverage
from conformance.report.entry import FAILING, Entry
from conformance.report.figures import duration
from conformance.report.findings import Finding, check_fragment, checks_fragment, findings
from conformance.report.quality import QualityRow, quality_rows
from conformance.report.signatures import signatures
from conformance.report.summary import Column, Notable, Summary, summarise
from conformance.report.tables import ConventionTable, Gap, convention_tables, gaps
from conformance.report.trend import Trend, trend
from conformance.report.visible import visible

SHOWN_IDS: Final = 60  # ids in a list

MEANINGS: Final = {
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
SYMBOLS: Final = dict(zip(OUTCOMES, "✓≈✗✗!!☠☠⊘??⚑⚑⚑", strict=True))


@dataclass(frozen=True, slots=True)
class Line:
    """One check in a list."""

    id: str
    fragment: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """One environment and what it is made of."""

    label: str
    facts: tuple[str, ...]
    slowest: Notable | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a bar, in per cent of its checks."""

    outcome: str
    count: int
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Share:
    """The outcomes of an environment, or of an operator or API in it; `fragment` shows the checks."""

    name: str
    fragment: str
    counts: Counter[str]
    bars: tuple[Bar, ...]

    @property
    def total(self) -> int:
        """All its checks."""
        return self.counts.total()


@dataclass(frozen=True, slots=True)
class ShareBlock:
    """One environment: its own row, then one for each of its operators or APIs."""

    version: str
    rows: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How many checks changed in one way against the baseline."""

    word: str
    count: int
    fragment: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page that needs no script, in its order."""

    title: str
    made_of: tuple[tuple[str, str, str], ...]  # file, when it started, command
    summary: Summary
    failing: str  # the filters of the failing outcomes
    operators: tuple[ShareBlock, ...]
    apis: tuple[ShareBlock, ...]
    baseline: str
    changes: tuple[Change, ...]
    environments: tuple[EnvironmentRow, ...]
    defects: tuple[Finding, ...]
    divergences: tuple[Finding, ...]
    degraded: tuple[Finding, ...]
    ours: tuple[Finding, ...]
    stale: tuple[Line, ...]
    stale_more: int
    verdicts: dict[str, str]
    compatibility: tuple[Compatibility, ...]
    coverage: tuple[Coverage, ...]
    part: bool  # whether the runs are of a part of all checks
    conventions: tuple[ConventionTable, ...]
    gaps: tuple[Gap, ...]
    quality: tuple[QualityRow, ...]
    trend: Trend | None
    meanings: tuple[tuple[str, str], ...]


def page(collection: Collection, verdicts: Verdicts | None = None, baseline: Baseline | None = None) -> Page:
    """The page about `collection`."""
    made_of = [
        (run.path.name, run.header["started"], run.header["suite"]["command"]) for run in collection.runs
    ]
    summary = summarise(collection, verdicts)
    stale = [entry for entry in collection.entries if entry.stale]

    def found(wanted: Callable[[Entry], bool], **filters: str) -> tuple[Finding, ...]:
        return findings(collection, wanted, **filters)

    return Page(
        "Operator conformance",
        tuple((visible(a), visible(b), visible(c)) for a, b, c in made_of),
        summary,
        urlencode([("outcome", outcome) for outcome in OUTCOMES if outcome in FAILING]),
        _blocks(summary, collection, "operator"),
        _blocks(summary, collection, "api"),
        visible(baseline.name) if baseline is not None else "",
        tuple(_changes(baseline)) if baseline is not None else (),
        tuple(_environment_row(column, collection) for column in summary.columns),
        found(lambda entry: entry.defect, level="must"),
        found(lambda entry: entry.failing and not entry.defect, level="observe"),
        found(lambda entry: entry.outcome == "degraded"),
        found(lambda entry: entry.outcome in OURS),
        tuple(_line(entry, verdicts or {}) for entry in stale[:SHOWN_IDS]),
        max(0, len(stale) - SHOWN_IDS),
        VERDICTS,
        tuple(compatibility(collection)),
        tuple(coverage(collection)),
        not any(run.complete and run.header["selection"]["whole"] for run in collection.runs),
        tuple(convention_tables(collection)),
        tuple(gaps(collection)),
        tuple(quality_rows(collection)),
        trend(collection),
        tuple((name, MEANINGS[name]) for name in OUTCOMES),
    )


def tables(compatible: Sequence[Compatibility], collection: Collection) -> dict[str, Any]:
    """What the comparison of two APIs is made of besides checks: compatibility, and the API rows."""
    matrices = [
        {
            "apis": matrix.apis,
            "rows": [
                [row.feature, [cell and [cell.verdict, cell.numbers, cell.documented] for cell in row.cells]]
                for _, rows in matrix.groups
                for row in rows
            ],
        }
        for matrix in compatible
    ]
    return {"matrices": matrices, "signatures": signatures(collection)}


def _line(entry: Entry, verdicts: Verdicts) -> Line:
    identity = entry.id
    word, reason = verdicts.get(identity, ("", ""))
    return Line(visible(identity), check_fragment(identity), visible(word), visible(reason))


def _blocks(
    summary: Summary, collection: Collection, name: Literal["operator", "api"]
) -> tuple[ShareBlock, ...]:
    """Each environment, then its parts by `name`."""
    found: dict[str, dict[str, Counter[str]]] = {}
    for entry in collection.entries:
        parts = found.setdefault(entry.environment, {})
        parts.setdefault(getattr(entry, name), Counter())[entry.outcome] += 1
    return tuple(
        ShareBlock(
            column.version,
            (
                _share(column.label, column.counts, environment=column.label),
                *(
                    _share(part, counts, environment=column.label, **{name: part})
                    for part, counts in sorted(found.get(column.label, {}).items())
                ),
            ),
        )
        for column in summary.columns
    )


def _share(name: str, counts: Counter[str], **filters: str) -> Share:
    bars, left, total = [], 0.0, counts.total()
    for outcome in OUTCOMES:
        if counts[outcome]:
            width = 100.0 * counts[outcome] / total
            bars.append(Bar(outcome, counts[outcome], round(left, 3), round(width, 3)))
            left += width
    return Share(visible(name), checks_fragment(**filters), counts, tuple(bars))


def _changes(baseline: Baseline) -> list[Change]:
    changes = [
        Change(visible(word), count, checks_fragment(change=word)) for word, count in baseline.counts()
    ]
    return [*changes, Change("vanished", baseline.gone, "")] if baseline.gone else changes


def _environment_row(column: Column, collection: Collection) -> EnvironmentRow:
    form = collection.environments[column.label]
    if form is None:
        return EnvironmentRow(column.label, ("?",) * 7, column.slowest)
    facts = [
        form["framework"],
        form["version"],
        form["python"],
        form["numpy"],
        form["device"],
        form["platform"],
    ]
    threads = "?" if form["threads"] is None else str(form["threads"])
    return EnvironmentRow(column.label, (*map(visible, facts), threads), column.slowest)


def seconds_words(notable: Notable | None) -> str:
    """The slowest check's time."""
    return "-" if notable is None else duration(notable.value)
