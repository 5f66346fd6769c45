"""The numbers at the end of a run: outcomes of each environment, its worst and its slowest check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from conformance.report.collect import OUTCOMES, Collection, Entry, Verdicts
from conformance.report.quality import QualityLine, quality_lines
from conformance.report.visible import visible
from conformance.results import CheckRecord, Unavailable, number


@dataclass(frozen=True, slots=True)
class Notable:
    """One check that stands out, and the number it stands out by."""

    id: str
    value: float


@dataclass(frozen=True, slots=True)
class Column:
    """One environment. `worst` has the largest error/allowance, `slowest` took most seconds."""

    label: str
    framework: str
    version: str
    counts: Counter[str]
    defects: int
    divergences: int
    worst: Notable | None
    slowest: Notable | None

    @property
    def total(self) -> int:
        """All its checks."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that the summary shows. `verdicts` counts the gate's words where they are known."""

    columns: tuple[Column, ...]
    verdicts: Counter[str] = field(default_factory=Counter)
    unavailable: dict[str, Unavailable] = field(default_factory=dict)
    incomplete: tuple[str, ...] = ()
    quality: tuple[QualityLine, ...] = ()

    @property
    def total(self) -> int:
        """All checks."""
        return sum(column.total for column in self.columns)

    def outcomes(self) -> list[str]:
        """The outcomes that occur, in the order of the design."""
        present = {outcome for column in self.columns for outcome in column.counts}
        return [outcome for outcome in OUTCOMES if outcome in present]


def summarise(collection: Collection, verdicts: Verdicts | None = None) -> Summary:
    """The summary of `collection`; `verdicts` maps check ids to the gate's word and reason."""
    members: dict[str, list[Entry]] = {label: [] for label in collection.environments}
    for entry in collection.entries:
        members[entry.environment].append(entry)
    words = Counter(
        verdicts[entry.record["id"]][0]
        for entry in collection.entries
        if verdicts is not None and entry.record["id"] in verdicts
    )
    return Summary(
        tuple(_column(label, entries, collection) for label, entries in members.items()),
        Counter({visible(word): count for word, count in words.items()}),
        {visible(name): why for name, why in collection.unavailable.items()},
        tuple(visible(name) for name in collection.incomplete),
        tuple(quality_lines(collection)),
    )


def _column(label: str, entries: Sequence[Entry], collection: Collection) -> Column:
    form = collection.environments[label]
    records = [entry.record for entry in entries]
    framework = form["framework"] if form is not None else records[0]["framework"] if records else "?"
    version = form["version"] if form is not None else records[0]["framework_version"] if records else "?"
    return Column(
        label,
        visible(framework),
        visible(version),
        Counter(record["outcome"] for record in records),
        sum(entry.defect for entry in entries),
        sum(entry.failing and not entry.defect for entry in entries),
        _largest(records, _ratio),
        _largest(records, _seconds),
    )


def _ratio(record: CheckRecord) -> float:
    """Error / allowance; a convention's deviation is none, it is another question."""
    error = record["error"]
    if error is None or error["max_bound_ratio"] is None or record["subtype"] == "convention":
        return 0.0
    return number(error["max_bound_ratio"])


def _seconds(record: CheckRecord) -> float:
    return number(record["seconds"])


def _largest(records: Sequence[CheckRecord], measure: Callable[[CheckRecord], float]) -> Notable | None:
    best: Notable | None = None
    for record in records:
        value = measure(record)
        if value > 0 and (best is None or value > best.value):  # never true of a NaN
            best = Notable(visible(record["id"]), value)
    return best
