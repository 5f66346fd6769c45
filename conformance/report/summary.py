"""The numbers at the end of a run: outcomes of each environment, its worst and its slowest check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from conformance.report.collect import OUTCOMES, Collection, Verdicts
from conformance.report.entry import Entry
from conformance.report.quality import QualityLine, quality_lines
from conformance.report.visible import visible
from conformance.results import Unavailable


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
        verdicts[entry.id][0] for entry in collection.entries if verdicts is not None and entry.id in verdicts
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
    framework = form["framework"] if form is not None else entries[0].framework if entries else "?"
    version = form["version"] if form is not None else entries[0].version if entries else "?"
    return Column(
        label,
        visible(framework),
        visible(version),
        Counter(entry.outcome for entry in entries),
        sum(entry.defect for entry in entries),
        sum(entry.failing and not entry.defect for entry in entries),
        _largest(entries, _ratio),
        _largest(entries, lambda entry: entry.seconds),
    )


def _ratio(entry: Entry) -> float:
    """Error / allowance; a convention's deviation is none, it is another question."""
    return 0.0 if entry.ratio is None or entry.subtype == "convention" else entry.ratio


def _largest(entries: Sequence[Entry], measure: Callable[[Entry], float]) -> Notable | None:
    best: Notable | None = None
    for entry in entries:
        value = measure(entry)
        if value > 0 and (best is None or value > best.value):  # never true of a NaN
            best = Notable(visible(entry.id), value)
    return best
