"""Outcomes against expectations: the verdict of each check, and whether the gate is open."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from conformance.gate.expectations import Expectation
from conformance.results import CheckRecord

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


def rule(record: CheckRecord, expectation: Expectation | None) -> Ruling:
    """The verdict of `record` under the expectation that matches it, if one does.

    A check of level `observe` never is a new failure; an expectation makes it count like the others.
    Of a flaky check, passing and the expected failure are both known; another failure is news.
    """
    outcome = record["outcome"]
    if outcome in BROKEN:
        return Ruling(Verdict(outcome), expectation, record["detail"] or "")
    if expectation is None:
        if outcome in FAILING and record["level"] == "must":
            return Ruling(Verdict.NEW_FAILURE, None, "no expectation names it")
        return Ruling(Verdict.OK)
    difference = expectation.difference(record)
    if expectation.flaky and (difference is None or outcome == "pass"):
        return Ruling(Verdict.FLAKY_KNOWN, expectation, expectation.reason)
    if difference is None:
        return Ruling(Verdict.KNOWN, expectation, expectation.reason)
    why = f"{expectation.location} expects {expectation.wanted}: {difference}"
    if outcome == "pass" and expectation.outcome != "pass":
        return Ruling(Verdict.FIXED, expectation, why)
    if _RANK.get(outcome, 3) > _RANK.get(expectation.outcome, 3):
        return Ruling(Verdict.REGRESSION, expectation, why)
    return Ruling(Verdict.CHANGED, expectation, why)


@dataclass(slots=True)
class Gate:
    """Collects rulings as results come in, and says at the end whether the gate is open.

    `rulings` holds those that are not `ok`, by check id.
    """

    expectations: Sequence[Expectation]
    strict: bool = True
    rulings: dict[str, Ruling] = field(default_factory=dict)
    counts: Counter[Verdict] = field(default_factory=Counter)
    stale: list[Expectation] = field(default_factory=list)
    _used: set[int] = field(default_factory=set)

    def add(self, record: CheckRecord, platform: str = "") -> Ruling:
        """Rule on one record. Raises ExpectationError where two expectations match it."""
        expectation = find(self.expectations, record, platform)
        if expectation is not None:
            self._used.add(id(expectation))
        ruling = rule(record, expectation)
        if ruling.verdict is not Verdict.OK:
            self.rulings[record["id"]] = ruling
        self.counts[ruling.verdict] += 1
        return ruling

    def closes(self, verdict: Verdict) -> bool:
        """Whether a verdict closes the gate."""
        return verdict in CLOSING and (self.strict or verdict is not Verdict.FIXED)

    @property
    def closing(self) -> Counter[Verdict]:
        """The verdicts that close the gate, counted; empty where it is open and checks were run."""
        return Counter({verdict: n for verdict, n in self.counts.items() if n and self.closes(verdict)})

    def find_stale(
        self,
        planned: Iterable[tuple[Mapping[str, Any], str]],
        today: datetime.date,
        *,
        covered: bool = True,
        everywhere: bool = True,
    ) -> None:
        """Count the expectations that match no check of the full plan, and those whose date has passed.

        Those of a framework that did not run are left alone; so are, but for their date, those under
        conditions, which this run may not have met.
        `planned` are the checks of all environments that ran, selected or not, each as a mapping with
        `id`, `framework`, `framework_version`, `device` and `mode`, and its environment's platform.
        Where they are not `covered`, since some case file was left out or cannot be used, only dates
        count; where not `everywhere`, since some environment did not run, entries without a framework
        are left alone.
        """
        frameworks: set[str | None] = {None} if everywhere else set()
        left = {id(entry): entry for entry in self.expectations if id(entry) not in self._used}
        for check, platform in planned:
            frameworks.add(check["framework"])
            for entry in list(left.values()):
                if entry.matches(check["id"]) and entry.applies(check, platform):
                    del left[id(entry)]
        self.stale = [
            entry
            for entry in self.expectations
            if entry.framework in frameworks
            and (entry.expired(today) or (covered and id(entry) in left and not entry.conditional))
        ]
        self.counts[Verdict.STALE] = len(self.stale)


def find(
    expectations: Sequence[Expectation], record: Mapping[str, Any], platform: str = ""
) -> Expectation | None:
    """The expectation that applies to `record`. Raises ExpectationError where two apply."""
    found: Expectation | None = None
    for expectation in expectations:
        if expectation.matches(record["id"]) and expectation.applies(record, platform):
            if found is not None:
                found.conflict(expectation, record["id"])
            found = expectation
    return found
