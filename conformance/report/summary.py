"""The numbers at the end of a run: outcomes of each environment, its worst and its slowest check."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from conformance.report.collect import OUTCOMES, Collection, Verdicts
from conformance.report.entry import FAILING, Entry, budget_used
from conformance.report.quality import QualityLine, quality_lines
from conformance.report.visible import visible
from conformance.results import CheckRecord, EnvironmentForm, Unavailable, number


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


class Counted(msgspec.Struct, gc=False):
    """What a summary needs to know of one check; an `Entry` has it all, too, in the same words."""

    environment: str
    id: str
    mode: str
    aspect: str
    framework: str
    version: str
    level: str
    outcome: str
    subtype: str | None
    used: float | None
    ratio: float | None
    seconds: float


def counted(record: CheckRecord) -> Counted:
    """A check of a single run, whose environments have names of their own."""
    error = record["error"]
    told, ratio = 0, None
    if error is not None:
        told, found = error["total"] - error["vacuous"], error["max_bound_ratio"]
        ratio = None if found is None else number(found)
    outcome, subtype = record["outcome"], record["subtype"]
    return Counted(
        record["environment"],
        record["id"],
        record["mode"],
        record["aspect"],
        record["framework"],
        record["framework_version"],
        record["level"],
        outcome,
        subtype,
        budget_used(record["oracle"], outcome, subtype, told, ratio),
        ratio,
        number(record["seconds"]),
    )


@dataclass(slots=True)
class _Environment:
    """What has come of one so far; `used` are the parts of their allowances, by mode and kind of aspect."""

    framework: str
    version: str
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)  # by outcome and level
    worst: tuple[float, str] = (0.0, "")
    slowest: tuple[float, str] = (0.0, "")
    used: dict[tuple[str, str], array[float]] = field(default_factory=dict)


class Tally:
    """Counts checks as they come, and keeps none of them."""

    def __init__(self) -> None:
        self._environments: dict[str, _Environment] = {}

    def add(self, check: Counted | Entry) -> None:
        """Count one check under its environment."""
        of = self._environments.get(check.environment)
        if of is None:
            of = self._environments[check.environment] = _Environment(check.framework, check.version)
        of.counts[check.outcome, check.level] += 1
        ratio, seconds = check.ratio, check.seconds
        # A convention's deviation is no error, it is another question. A NaN is not larger than anything.
        if ratio is not None and ratio > of.worst[0] and check.subtype != "convention":
            of.worst = (ratio, check.id)
        if seconds > of.slowest[0]:
            of.slowest = (seconds, check.id)
        if check.used is not None:
            key = (check.mode, check.aspect.partition(":")[0])
            if key not in of.used:
                of.used[key] = array("d")
            of.used[key].append(check.used)

    def summary(
        self,
        environments: Mapping[str, EnvironmentForm | None],
        unavailable: Mapping[str, Unavailable],
        incomplete: Iterable[str] = (),
        verdicts: Mapping[str, int] | None = None,
    ) -> Summary:
        """The summary of what has been counted.

        `environments` has what headers say of each, `unavailable` why others could not run, `incomplete` the
        names of files whose runs were stopped, `verdicts` how often the gate said each of its words.
        """
        known = dict(sorted({**dict.fromkeys(self._environments), **environments}.items()))
        return Summary(
            tuple(self._column(name, form) for name, form in known.items()),
            Counter({visible(word): count for word, count in (verdicts or {}).items()}),
            {visible(name): why for name, why in unavailable.items()},
            tuple(map(visible, incomplete)),
            tuple(quality_lines(dict(self._used()))),
        )

    def _column(self, name: str, form: EnvironmentForm | None) -> Column:
        of = self._environments.get(name) or _Environment("?", "?")
        counts: Counter[str] = Counter()
        defects = divergences = 0
        for (outcome, level), count in of.counts.items():
            counts[outcome] += count
            if outcome in FAILING and level == "must":
                defects += count
            elif outcome in FAILING:
                divergences += count
        return Column(
            visible(name),
            visible(form["framework"] if form is not None else of.framework),
            visible(form["version"] if form is not None else of.version),
            counts,
            defects,
            divergences,
            _notable(of.worst),
            _notable(of.slowest),
        )

    def _used(self) -> Iterator[tuple[tuple[str, str, str], array[float]]]:
        for name, of in self._environments.items():
            for (mode, aspect), used in of.used.items():
                yield (visible(name), visible(mode), visible(aspect)), used


def _notable(found: tuple[float, str]) -> Notable | None:
    value, identifier = found
    return Notable(visible(identifier), value) if identifier else None


def summarise(collection: Collection, verdicts: Verdicts | None = None) -> Summary:
    """The summary of `collection`; `verdicts` maps check ids to the gate's word and reason."""
    tally, words = Tally(), Counter[str]()
    for entry in collection.entries:
        tally.add(entry)
        if verdicts is not None and entry.id in verdicts:
            words[verdicts[entry.id][0]] += 1
    return tally.summary(collection.environments, collection.unavailable, collection.incomplete, words)
