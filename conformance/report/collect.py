"""One or several result files as one body of checks, each environment under its own label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from conformance.report.entry import Entries, Entry
from conformance.report.visible import visible
from conformance.results import (
    ApiForm,
    CheckRecord,
    ConventionForm,
    EnvironmentForm,
    Peer,
    Run,
    Unavailable,
    outlines_of,
    peers_of,
    whole_record,
)

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
OURS = frozenset({"harness_error", "invalid_case", "not_run"})


@dataclass(slots=True)
class Collection:
    """All checks of some runs.

    `environments` maps labels to what is known of each (None where no header tells), `unavailable` to why
    and how to mend it, `conventions` an operator's conventions by name, `apis` the signature of each API.
    """

    runs: Sequence[Run]
    entries: list[Entry] = field(default_factory=list)
    environments: dict[str, EnvironmentForm | None] = field(default_factory=dict)
    unavailable: dict[str, Unavailable] = field(default_factory=dict)
    conventions: dict[str, dict[str, ConventionForm]] = field(default_factory=dict)
    apis: dict[str, ApiForm] = field(default_factory=dict)
    incomplete: list[str] = field(default_factory=list)
    _calls: dict[str, list[Entry]] = field(default_factory=dict)
    _last: tuple[str, list[Peer]] = ("", [])

    def whole(self, entry: Entry) -> CheckRecord:
        """The whole record of an entry. Raises ResultsError."""
        return whole_record(self.runs[entry.run], entry.place)

    def peers(self, call: str) -> list[Peer]:
        """The checks of one call; asking for the same call again costs nothing. Raises ResultsError."""
        if self._last[0] != call:
            found = self._calls.get(call, [])
            peers = [
                peer
                for number, run in enumerate(self.runs)
                for peer in peers_of(run, [entry.place for entry in found if entry.run == number])
            ]
            self._last = (call, peers)
        return self._last[1]


def collect(runs: Iterable[Run]) -> Collection:
    """The checks of `runs` together. Raises ResultsError where one of them cannot be read to its end.

    Where two files have an environment of one name, its label says which file it is from.
    """
    found = Collection(list(runs))
    made = Entries()
    for number, run in enumerate(found.runs):
        for place, outline in enumerate(outlines_of(run)):
            entry = made.entry(number, place, outline)
            found.entries.append(entry)
            if entry.call:
                found._calls.setdefault(entry.call, []).append(entry)
    labels = _labels(found)
    for number, run in enumerate(found.runs):
        for name, form in run.header["environments"].items():
            found.environments.setdefault(labels[number, name], form)
        lost = run.footer["unavailable"] if run.footer is not None else {}
        found.unavailable.update({**run.header["unavailable"], **lost})
        for operator, conventions in run.header["conventions"].items():
            found.conventions.setdefault(operator, {}).update(conventions)
        found.apis.update(run.header.get("apis", {}))
        if not run.complete:
            found.incomplete.append(run.path.name)
    for entry in found.entries:
        entry.environment = labels[entry.run, entry.name]
        found.environments.setdefault(entry.environment, None)
    found.environments = dict(sorted(found.environments.items()))  # a header has them as they started
    return found


def _labels(found: Collection) -> dict[tuple[int, str], str]:
    names = {
        (number, name): None for number, run in enumerate(found.runs) for name in run.header["environments"]
    }
    names |= dict.fromkeys((entry.run, entry.name) for entry in found.entries)
    often = Counter(name for _, name in names)
    labels: dict[tuple[int, str], str] = {}
    for number, name in names:
        file = visible(found.runs[number].path.stem)
        label = visible(name) if often[name] == 1 else f"{visible(name)} ({file})"
        while label in labels.values():  # two files of one name in two folders
            label += "'"
        labels[number, name] = label
    return labels
