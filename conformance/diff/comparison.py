"""How each check of one results file ended, against how it ended in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from conformance.gate.deviations import cause
from conformance.gate.expectations import printable
from conformance.gate.verdict import BROKEN, FAILING
from conformance.results import Brief, Header, ResultsError, Skim, number

NOTABLE = 0.1  # of the bound; what stays below it may grow as it likes
FACTOR = 2.0
_RANK = {"pass": 0, "degraded": 1, "vacuous": 2, "observed": 2, "unsupported": 2}
_ENVIRONMENT = 4  # the place of the environment's name in an id


class Kind(str, Enum):
    """What has become of a check; the first three are regressions."""

    NEWLY_FAILING = "newly failing"
    WORSE = "worse"
    CHANGED = "changed"
    GROWN = "budget grown"
    NEWLY_PASSING = "newly passing"
    IMPROVED = "improved"
    APPEARED = "appeared"
    VANISHED = "vanished"

    def __str__(self) -> str:
        return self.value

    @property
    def regression(self) -> bool:
        """Whether it makes the comparison fail."""
        return self in (Kind.NEWLY_FAILING, Kind.WORSE, Kind.CHANGED)


class State(NamedTuple):
    """How a check ended, without its numbers; `cause` is for people, and may be worded differently."""

    outcome: str
    subtype: str | None
    cause: str
    fingerprint: str | None

    def same(self, other: State) -> bool:
        """Whether both are the same success or the same failure."""
        return (self.outcome, self.subtype, self.fingerprint) == (
            other.outcome,
            other.subtype,
            other.fingerprint,
        )

    def __str__(self) -> str:
        words = self.outcome if self.subtype is None else f"{self.outcome} ({self.subtype})"
        return f"{words}, {self.cause}" if self.cause else words


class Ended(NamedTuple):
    """A check's state, which thousands have in common, and its error as a multiple of the bound."""

    state: State
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """A check that differs. `id` is its id in the new file, or in the old one where it vanished."""

    kind: Kind
    id: str
    old: Ended | None
    new: Ended | None


@dataclass(slots=True)
class Difference:
    """All that differs between two files, in the order of the new one; what vanished comes last.

    `mapped` are environments of the old file that count as those of the new one.
    """

    old: Path
    new: Path
    headers: tuple[Header, Header]
    mapped: dict[str, str] = field(default_factory=dict)
    same: int = 0
    changes: list[Change] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Change]:
        """The changes of one kind."""
        return [change for change in self.changes if change.kind is kind]

    @property
    def regressions(self) -> int:
        """How many checks are worse than they were."""
        return sum(change.kind.regression for change in self.changes)


class UnknownEnvironmentError(ValueError):
    """An environment that a file does not have; the message says which it has."""


def compare(
    old: Path, new: Path, mapped: Mapping[str, str] | None = None, factor: float = FACTOR
) -> Difference:
    """What differs between the complete results files `old` and `new`, each read once, in a stream.

    `mapped` gives environments of `old` the names that they have in `new`. Where each file has just one
    environment of a framework, under two names, that is taken to be the same. The budget of a check has
    grown where its error, as a multiple of the bound, has by `factor`, and is a tenth of it at least.
    Of the checks of the old file, only ids and how they ended are kept.

    Raises ResultsError for a file that cannot be used, or of another version of the suite than the other
    one; UnknownEnvironmentError.
    """
    before, after = Skim(old), Skim(new)
    _refuse_other_version(old, new, before.header, after.header)
    names = _names(before.header, after.header, mapped or {})
    found = Difference(old, new, (before.header, after.header), names)
    states: dict[State, State] = {}
    known = {_renamed(brief["id"], names): _ended(brief, states) for brief in before}
    for brief in after:
        ended, former = _ended(brief, states), known.pop(brief["id"], None)
        kind = Kind.APPEARED if former is None else _kind(former, ended, factor)
        if kind is None:
            found.same += 1
        else:
            found.changes.append(Change(kind, brief["id"], former, ended))
    found.changes += [Change(Kind.VANISHED, name, former, None) for name, former in known.items()]
    return found


def _kind(old: Ended, new: Ended, factor: float) -> Kind | None:
    """What has become of a check, or None where it ended as it did before."""
    before, after = old.state.outcome, new.state.outcome
    if after in FAILING and before not in FAILING:
        return Kind.NEWLY_FAILING
    if after == "pass" and before != "pass":
        return Kind.NEWLY_PASSING
    if _rank(after) > _rank(before):
        return Kind.WORSE
    if not old.state.same(new.state):
        return Kind.CHANGED if after in FAILING else Kind.IMPROVED if _rank(after) < _rank(before) else None
    if old.ratio is None or new.ratio is None or after in FAILING:
        return None
    return Kind.GROWN if new.ratio >= NOTABLE and new.ratio >= factor * old.ratio else None


def _rank(outcome: str) -> int:
    return 4 if outcome in BROKEN else _RANK.get(outcome, 3)


def _ended(brief: Brief, states: dict[State, State]) -> Ended:
    outcome = str(brief["outcome"])
    told = outcome in FAILING or outcome == "degraded"
    state = State(
        outcome, brief["subtype"], cause(brief) if told else "", brief["fingerprint"] if told else None
    )
    error = brief["error"]
    ratio = None if error is None or error["max_bound_ratio"] is None else number(error["max_bound_ratio"])
    return Ended(states.setdefault(state, state), ratio)


def _refuse_other_version(old: Path, new: Path, before: Header, after: Header) -> None:
    versions = before["suite"]["version"], after["suite"]["version"]
    if versions[0] != versions[1]:
        problem = f"was made by version {versions[0]} of the suite, {new} by {versions[1]}"
        raise ResultsError(old, problem, line=1, hint="run both with one version of it")


def _names(before: Header, after: Header, mapped: Mapping[str, str]) -> dict[str, str]:
    """The new name of each environment of the old file whose name differs."""
    for known, names, which in ((before, mapped, "old"), (after, mapped.values(), "new")):
        environments = {*known["environments"], *known["unavailable"]}
        for name in names:
            if name not in environments:
                told = ", ".join(map(printable, sorted(environments))) or "none"
                raise UnknownEnvironmentError(f"the {which} file has no environment {name!r}; it has {told}")
    found = dict(mapped)
    same = dict(_single(after))
    for framework, name in _single(before):
        other = same.get(framework, name)
        if name != other and name not in mapped and other not in mapped.values():
            found[name] = other
    return found


def _single(header: Header) -> Iterator[tuple[str, str]]:
    """The frameworks that just one environment of a file has, with its name."""
    by_framework: dict[str, list[str]] = {}
    for name, form in header["environments"].items():
        by_framework.setdefault(form["framework"], []).append(name)
    return ((framework, names[0]) for framework, names in by_framework.items() if len(names) == 1)


def _renamed(identifier: str, names: Mapping[str, str]) -> str:
    if not names:
        return identifier
    words = identifier.split("/")
    if len(words) > _ENVIRONMENT:
        words[_ENVIRONMENT] = names.get(words[_ENVIRONMENT], words[_ENVIRONMENT])
    return "/".join(words)
