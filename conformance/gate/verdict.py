"""Outcomes against expectations: the verdict of each check, and whether the gate is open."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from conformance.gate.expectations import Expectation, printable
from conformance.gate.index import Index
from conformance.gate.stale import Facts, Search

FAILING = frozenset({"mismatch", "not_rejected", "wrong_error", "error", "crash", "timeout"})
BROKEN = frozenset({"harness_error", "invalid_case", "not_run"})
_RANK = {"pass": 0, "degraded": 1, "vacuous": 2, "observed": 2, "unsupported": 2}


class Verdict(str, Enum):
    """What an outcome means to the gate. The last three are outcomes that are nobody's expectation."""

    OK = "ok"
    KNOWN = "known"
    NEW_FAILURE = "new_failure"
    REGRESSION = "regression"
    CHANGED = "changed"
    FIXED = "fixed"
    STALE = "stale"
    FLAKY_KNOWN = "flaky_known"
    HARNESS_ERROR = "harness_error"
    INVALID_CASE = "invalid_case"
    NOT_RUN = "not_run"

    def __str__(self) -> str:
        return self.value


CLOSING = frozenset(Verdict) - {Verdict.OK, Verdict.KNOWN, Verdict.FLAKY_KNOWN}


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict of one check, with the expectation that was applied and why it differs from it."""

    verdict: Verdict
    expectation: Expectation | None = None
    why: str = ""
    environment: str = ""


def rule(record: Mapping[str, Any], expectation: Expectation | None) -> Ruling:
    """The verdict of `record` under the expectation that matches it, if one does.

    A check of level `observe` never is a new failure; an expectation makes it count like the others.
    Of a flaky check it is known that it ends as expected, passes, or is refused without having been promised
    (`unsupported`); anything else is news.
    """
    outcome = record["outcome"]
    if outcome in BROKEN:
        return Ruling(Verdict(outcome), expectation, record["detail"] or "", record["environment"])
    if expectation is None:
        if outcome in FAILING and record["level"] == "must":
            return Ruling(Verdict.NEW_FAILURE, None, "no expectation names it")
        return Ruling(Verdict.OK)
    difference = expectation.difference(record)
    if expectation.flaky and (difference is None or outcome in ("pass", "unsupported")):
        return Ruling(Verdict.FLAKY_KNOWN, expectation, expectation.reason)
    if difference is None:
        return Ruling(Verdict.KNOWN, expectation, expectation.reason)
    why = f"{expectation.location} expects {expectation.wanted}: {difference}"
    if outcome == "pass" and expectation.outcome != "pass":
        return Ruling(Verdict.FIXED, expectation, why)
    if _RANK.get(outcome, 3) > _RANK.get(expectation.outcome, 3):
        return Ruling(Verdict.REGRESSION, expectation, why)
    return Ruling(Verdict.CHANGED, expectation, why)


@dataclass(frozen=True, slots=True)
class Stale:
    """An expectation that closes the gate by itself, and why; `misspelt` where it names a near miss."""

    expectation: Expectation
    why: str
    misspelt: bool = False

    def __str__(self) -> str:
        return f"{self.expectation.location}: {self.why}"


class Gate:
    """Collects rulings as results come in, and says at the end whether the gate is open.

    `rulings` holds those that are not `ok`, by check id; `counts` has all; `stale` is what `find_stale`
    found. `expectations` may grow until the first check that they are about comes in.
    """

    def __init__(self, expectations: Sequence[Expectation], strict: bool = True) -> None:
        self.expectations = expectations
        self.strict = strict
        self.rulings: dict[str, Ruling] = {}
        self.counts: Counter[Verdict] = Counter()
        self.stale: list[Stale] = []
        self._index = Index(expectations)
        self._used: set[int] = set()
        self._frameworks: set[str] = set()

    def add(self, record: Mapping[str, Any], platform: str = "") -> Ruling:
        """Rule on one record. Raises ExpectationError where two expectations match it."""
        expectation = self._expectation(record, platform)
        self._frameworks.add(record["framework"])
        ruling = rule(record, expectation)
        if ruling.verdict is not Verdict.OK:
            self.rulings[record["id"]] = ruling
        self.counts[ruling.verdict] += 1
        return ruling

    def _expectation(self, record: Mapping[str, Any], platform: str) -> Expectation | None:
        """The expectation of `record`; the patterns of one entry that match it all count as used."""
        first: Expectation | None = None
        for entry in self.matching(record, platform):
            self._used.add(id(entry))
            if first is None:
                first = entry
            elif not first.same_entry(entry):
                first.conflict(entry, record["id"])
        return first

    def matching(self, record: Mapping[str, Any], platform: str) -> Iterator[Expectation]:
        """The expectations about one record: of a good file, patterns of one entry."""
        return self._index.matching(record, platform)

    def closes(self, verdict: Verdict) -> bool:
        """Whether a verdict closes the gate."""
        return verdict in CLOSING and (self.strict or verdict is not Verdict.FIXED)

    @property
    def closing(self) -> Counter[Verdict]:
        """The verdicts that close the gate, counted; empty where it is open and checks were run."""
        return Counter({verdict: n for verdict, n in self.counts.items() if n and self.closes(verdict)})

    @property
    def misspelt(self) -> bool:
        """Whether an expectation is stale since it names a check wrongly: bad input, and no verdict."""
        return any(each.misspelt for each in self.stale)

    @property
    def unused(self) -> list[Expectation]:
        """The expectations that no check was ruled by."""
        return [entry for entry in self.expectations if id(entry) not in self._used]

    @property
    def to_review(self) -> int:
        """How many entries no person has confirmed yet."""
        return len({(each.location.path, each.entry) for each in self.expectations if each.review})

    def find_stale(
        self,
        planned: Iterable[Facts],
        today: datetime.date,
        *,
        covered: bool = True,
        everywhere: bool = True,
        left_out: Iterable[Facts] = (),
    ) -> None:
        """Count the expectations that match no check of the full plan, and those whose date has passed.

        Those of a framework that did not run are left alone; so are, but for their date, those under
        conditions that no check of the plan meets.
        `planned` are the checks of all environments that ran, selected or not, each as a mapping with
        `id`, `framework`, `framework_version`, `device` and `mode`, and its environment's platform.
        Where they are not `covered`, since some case file was left out or cannot be used, only dates
        count; where not `everywhere`, since some environment did not run, entries without a framework
        are left alone. `left_out` adds checks that could have been planned, such as those of other modes.
        Neither is looked at where every entry was used by `add`.
        """
        search = Search(self.unused if covered else [])
        for facts in (planned, left_out):
            for check, platform in facts if search.unmatched else ():
                self._frameworks.add(check["framework"])
                search.see(check, platform)
        frameworks = {*self._frameworks, *([None] if everywhere else [])}
        self.stale = [
            Stale(entry, *found)
            for entry in self.expectations
            if entry.framework in frameworks and (found := _staleness(entry, search, today)) is not None
        ]
        self.counts[Verdict.STALE] = len(self.stale)


def _staleness(entry: Expectation, search: Search, today: datetime.date) -> tuple[str, bool] | None:
    """Why an entry is stale and whether it is misspelt; None where it is not stale."""
    if entry.expired(today):
        return f"the last day of {entry.checks}, {entry.until}, has passed", False
    if entry not in search.unmatched or not search.met(entry):
        return None
    nearest, misspelt = search.nearest(entry)
    hint = "; nearest: " + ", ".join(map(printable, nearest)) if nearest else ""
    return f"no check matches {entry.checks}{hint}", misspelt
