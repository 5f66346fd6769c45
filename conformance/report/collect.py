"""One or several result files as one body of checks, each environment under its own label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from conformance.report.visible import visible
from conformance.results import CheckRecord, ConventionForm, EnvironmentForm, RunResults, Unavailable

Verdicts: TypeAlias = "Mapping[str, tuple[str, str]]"  # check id -> verdict word and reason

OUTCOMES = (
    "pass",
    "degraded",
    "mismatch",
    "not_rejected",
    "wrong_error",
    "error",
    "crash",
    "timeout",
    "unsupported",
    "vacuous",
    "observed",
    "harness_error",
    "invalid_case",
    "not_run",
)
FAILING = frozenset({"mismatch", "not_rejected", "wrong_error", "error", "crash", "timeout"})
OURS = frozenset({"harness_error", "invalid_case", "not_run"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One check, and the label of the environment that ran it."""

    environment: str
    record: CheckRecord

    @property
    def failing(self) -> bool:
        """Whether the framework did something that is not right."""
        return self.record["outcome"] in FAILING

    @property
    def defect(self) -> bool:
        """Whether it broke a promise of its documentation."""
        return self.failing and self.record["level"] == "must"


@dataclass(slots=True)
class Collection:
    """All checks of some result files.

    `environments` maps labels to what is known of each (None where no header tells), `unavailable` to why
    and how to mend it, `conventions` an operator's conventions by name.
    """

    entries: list[Entry] = field(default_factory=list)
    environments: dict[str, EnvironmentForm | None] = field(default_factory=dict)
    unavailable: dict[str, Unavailable] = field(default_factory=dict)
    conventions: dict[str, dict[str, ConventionForm]] = field(default_factory=dict)
    incomplete: list[str] = field(default_factory=list)
    _calls: dict[str, list[CheckRecord]] = field(default_factory=lambda: defaultdict(list))

    def peers(self, record: CheckRecord) -> list[CheckRecord]:
        """The records of the same call, this one among them."""
        return self._calls.get(record["call"], [])

    def counts(self, environment: str | None = None) -> Counter[str]:
        """Checks of each outcome, in one environment or in all."""
        return Counter(
            entry.record["outcome"]
            for entry in self.entries
            if environment is None or entry.environment == environment
        )


def collect(runs: Iterable[RunResults]) -> Collection:
    """The checks of `runs` together.

    Where two files have an environment of one name, its label says which file it is from.
    """
    runs = list(runs)
    found = Collection()
    labels = _labels(runs)
    for number, run in enumerate(runs):
        for name, form in run.header["environments"].items():
            found.environments.setdefault(labels[number, name], form)
        lost = run.footer["unavailable"] if run.footer is not None else {}
        found.unavailable.update({**run.header["unavailable"], **lost})
        for operator, conventions in run.header["conventions"].items():
            found.conventions.setdefault(operator, {}).update(conventions)
        if not run.complete:
            found.incomplete.append(run.path.name)
        for record in run.checks:
            label = labels[number, record["environment"]]
            found.environments.setdefault(label, None)
            found.entries.append(Entry(label, record))
            if record["call"]:
                found._calls[record["call"]].append(record)
    found.environments = dict(sorted(found.environments.items()))  # a header has them as they started
    return found


def _labels(runs: Sequence[RunResults]) -> dict[tuple[int, str], str]:
    names = {
        (number, name): None
        for number, run in enumerate(runs)
        for name in [*run.header["environments"], *(record["environment"] for record in run.checks)]
    }
    often = Counter(name for _, name in names)
    labels: dict[tuple[int, str], str] = {}
    for number, name in names:
        label = visible(name) if often[name] == 1 else f"{visible(name)} ({visible(runs[number].path.stem)})"
        while label in labels.values():  # two files of one name in two folders
            label += "'"
        labels[number, name] = label
    return labels
