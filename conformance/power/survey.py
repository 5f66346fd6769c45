"""Where mutants show: their results beside the usual kernel's, before the suite is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.compare import compare
from conformance.model import Check
from conformance.power.bench import Bench
from conformance.power.rivals import Rivals
from conformance.power.sample import is_wrong
from conformance.power.subjects import Kind, Subject
from conformance.run.hypotheses import FACTOR_ELEMENTS

Array = np.ndarray[Any, Any]
Part = tuple[str | None, str]
"""The value (None) or the gradient of an input, and the name of a subject."""

# So many checks that show a mutant, of as many cases as there are, is the whole suite asked about; and about
# one that survives these.
TRIED = 6
TRIED_AGAIN = 80
NEAREST = 2  # cases that are named for a survivor
TELLING = 3  # checks whose results are of several numbers, which are enough without any of a single one


@dataclass(slots=True)
class Survey:
    """Where a mutant's result differs from the usual kernel's in some bit: `wrong` outside the acceptable
    set, else `accepted`; by side. `telling` are the ids of checks whose result is of several numbers: a
    single one may be explained in many ways."""

    wrong: dict[Part, list[Check]] = field(default_factory=dict)
    accepted: dict[Part, list[Check]] = field(default_factory=dict)
    telling: set[int] = field(default_factory=set)

    def chosen(self, part: Part, count: int = TRIED) -> list[Check]:
        """What the suite is asked about: `count` that are wrong, of many cases, else one that differs."""
        return self._spread(self.wrong.get(part, ()), count) or self.accepted.get(part, [])[:1]

    def rest(self, part: Part, tried: Iterable[Check]) -> list[Check]:
        """More of those that are wrong, where the suite was asked about those `tried` and it survived."""
        known = set(map(id, tried))
        others = [check for check in self.wrong.get(part, ()) if id(check) not in known]
        return self._spread(others, TRIED_AGAIN)

    def enough(self, part: Part) -> bool:
        """Whether there are as many wrong results that tell much as are asked about."""
        return sum(id(check) in self.telling for check in self.wrong.get(part, ())) >= TRIED

    def _spread(self, checks: Sequence[Check], count: int) -> list[Check]:
        """`count` of `checks`, those that tell most first, or alone if there are enough of them."""
        chosen = spread([check for check in checks if id(check) in self.telling], count)
        if len(chosen) >= TELLING:
            return chosen
        others = [check for check in checks if id(check) not in self.telling]
        return chosen + spread(others, count - len(chosen))


def survey(
    bench: Bench,
    checks: Iterable[Check],
    wanted: Iterable[Part],
    rivals: Rivals | None = None,
    *,
    whole: bool = True,
) -> Iterator[Survey]:
    """Look at the mutants `wanted` on the calls of `checks`; the one survey is yielded after each check.

    `rivals` are told of the results that differ. Unless the `whole` is wanted, a mutant is looked at until
    there is `enough` of it, for them as well. Calls that the usual kernel itself gets wrong say nothing about
    a mutant of it.
    """
    found = Survey()
    asked: dict[str | None, list[Subject]] = {}
    for of, name in wanted:
        if bench.known[name].kind is Kind.MUTANT:
            asked.setdefault(of, []).append(bench.known[name])
    for check in checks:
        _look(found, bench, check, asked.get(check.of, ()), rivals, whole)
        yield found


def _look(
    found: Survey,
    bench: Bench,
    check: Check,
    subjects: Iterable[Subject],
    rivals: Rivals | None,
    whole: bool,
) -> None:
    sample = bench.sample(check) if subjects else None
    if sample is None:
        return
    reference = bench.reference(check)
    if is_wrong(sample.usual, reference):
        return
    if _numbers(sample.usual) >= FACTOR_ELEMENTS:
        found.telling.add(id(check))
    for subject in subjects:
        part = (check.of, subject.name)
        settled = rivals is None or rivals.settled(check, subject)
        actual = None if settled and not whole and found.enough(part) else sample.changed(subject)
        if actual is None:
            continue
        kept = found.wrong if is_wrong(actual, reference) else found.accepted
        kept.setdefault(part, []).append(check)
        if rivals is not None:
            rivals.look(check, subject, actual, sample.usual, reference.value)


def _numbers(result: Array) -> int:
    """How many elements there are that a factor would change."""
    wide = result.astype(np.float64)
    return int(np.count_nonzero(np.isfinite(wide) & (wide != 0)))


def nearest(bench: Bench, subject: Subject, checks: Iterable[Check]) -> list[tuple[str, float]]:
    """The cases of `checks` in which the subject's result is farthest from the right one, in allowances."""
    farthest: dict[str, float] = {}
    for check in checks:
        actual, right = bench.result(subject, check), bench.reference(check)
        if actual is not None and actual.shape == right.value.shape:
            ratio = compare(actual, right.value, right.tail, right.bound, right.dtype).max_bound_ratio or 0.0
            farthest[check.spec.case.id] = max(ratio, farthest.get(check.spec.case.id, 0.0))
    return sorted(farthest.items(), key=lambda one: -one[1])[:NEAREST]


def spread(checks: Sequence[Check], count: int) -> list[Check]:
    """Up to `count` of `checks`, one of each case before a second of any; cases evenly from all over."""
    by_case: dict[str, list[Check]] = {}
    for check in checks:
        by_case.setdefault(check.spec.case.id, []).append(check)
    cases = list(by_case.values())
    if len(cases) > count:
        cases = [cases[place * len(cases) // count] for place in range(count)]
    chosen: list[Check] = []
    for turn in range(max(map(len, cases), default=0)):
        chosen += [case[turn] for case in cases if turn < len(case)]
    return chosen[:count]
