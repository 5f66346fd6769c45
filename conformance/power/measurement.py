"""The power run of one operator in one dtype: mutants and right kernels through the whole suite."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from conformance.model import Aspect, Check, Operator, Outcome, Subtype
from conformance.power.bench import Bench
from conformance.power.domain import probes
from conformance.power.excuses import excuse
from conformance.power.figures import Evidence, Innocent, Pair, Side
from conformance.power.plan import Cast, checks_of, simulated, subject_of
from conformance.power.rivals import Rivals
from conformance.power.subjects import Kind, Subject
from conformance.power.survey import TRIED_AGAIN, Part, Survey, nearest, spread, survey
from conformance.power.trials import Trial, attempt, rounds

T = TypeVar("T")
Tell = Callable[[tuple[str, int, int]], None]


class _Suite:
    """What becomes of checks in the suite; `results` is a folder for its files, `tell` gets the progress."""

    def __init__(self, operator: Operator, dtype: str, results: Path, tell: Tell) -> None:
        self._operator = operator
        self._dtype = dtype
        self._results = results
        self._tell = tell
        self._cast = Cast(operator)

    def run(self, name: str, wanted: Iterable[tuple[Check, str]]) -> list[Trial]:
        """The trials of checks, each by a subject."""
        checks = [self._cast.check(check, subject) for check, subject in wanted]
        if not checks:
            return []
        file = self._results / f"{self._operator.name}-{self._dtype}-{name}.jsonl"
        return list(self.told(attempt(checks, self._operator, file), f"{name} checks", len(checks)))

    def told(self, items: Iterable[T], stage: str, whole: int) -> Iterator[T]:
        """The items, of which progress is told now and then."""
        title = f"{self._operator.name}, {self._dtype}: {stage}"
        for count, item in enumerate(items, start=1):
            if count % 100 == 0 or count == whole:
                self._tell((title, count, whole))
            yield item


def measure(operator: Operator, dtype: str, results: Path, tell: Tell) -> Evidence:
    """Run every subject of `operator` in `dtype`, writing files into the folder `results`.

    The suite is asked about a mutant on a few calls of as many cases where its result is wrong, about one
    that it does not kill there on many, and about kernels without a defect on every value and on a few
    gradients of every case.
    `tell` gets a stage, what is done of it and how much there is. Raises PowerError and ResultsError.
    """
    began = _processor_time()
    fake = simulated(operator, dtype)
    bench = Bench(operator, dtype)
    suite = _Suite(fake, dtype, results, tell)
    checks = checks_of(fake)
    parts = rounds(checks)
    rivals = Rivals(operator.name, dtype)
    evidence = _empty(operator.name, bench, dtype, {check.of for check in checks})
    innocents = [
        (check, name)
        for check in parts.innocent
        for name, subject in bench.known.items()
        if subject.kind is not Kind.MUTANT and check.of in subject.parts
    ]
    right = suite.run("right", innocents)
    _add(evidence, bench, right)
    everything = {(check.of, name) for check in checks for name in bench.known}
    # One call of each case comes before a second of any, the same ones for all mutants: most of what explains
    # their results is worked out once for a call.
    found = _surveyed(suite, bench, spread(parts.first, len(parts.first)), everything, rivals, whole=False)
    tried = {part: found.chosen(part) for part in everything}
    first = suite.run("first", _in_order(parts.first, tried))
    _add(evidence, bench, first)
    # What was wrong, and yet no mismatch, is asked about wherever it is wrong; the rest elsewhere.
    left = {part for part in everything if _alive(evidence, operator.name, dtype, part)}
    found.wrong |= _surveyed(suite, bench, parts.first, {part for part in left if found.enough(part)}).wrong
    more = _surveyed(suite, bench, parts.second, left)
    every = {part: [*found.rest(part, tried[part]), *more.chosen(part, TRIED_AGAIN)] for part in left}
    second = suite.run("second", _in_order([*parts.first, *parts.second], every))
    _add(evidence, bench, second)
    _search_domain(evidence, operator.name, bench, checks, dtype)
    _note_nearest(evidence, operator.name, bench, dtype, (found, more))
    findings = {name for one in evidence.innocents.values() for name in one.explained}
    rivals.judge(bench, (trial for trial in (*right, *first) if trial.check.id not in findings))
    evidence.rivalries = rivals.rivalries
    evidence.cost[operator.name] = _processor_time() - began
    return evidence


def _processor_time() -> float:
    """Seconds of this process and of those that it has seen end."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _surveyed(
    suite: _Suite,
    bench: Bench,
    checks: Sequence[Check],
    wanted: set[Part],
    rivals: Rivals | None = None,
    *,
    whole: bool = True,
) -> Survey:
    found = Survey()
    looks = survey(bench, checks if wanted else (), sorted(wanted, key=repr), rivals, whole=whole)
    for latest in suite.told(looks, "mutants' results", len(checks)):
        found = latest
    return found


def _in_order(checks: Sequence[Check], chosen: dict[Part, list[Check]]) -> list[tuple[Check, str]]:
    """Checks and names of subjects, in the order of `checks`, so that those of one call follow each other."""
    place = {id(check): count for count, check in enumerate(checks)}
    wanted = [(check, name) for (_, name), every in chosen.items() for check in every]
    return sorted(wanted, key=lambda one: (place[id(one[0])], one[1]))


def _alive(evidence: Evidence, operator: str, dtype: str, part: Part) -> bool:
    of, name = part
    pair = evidence.pairs.get((operator, aspect_word(of), dtype, name))
    return pair is not None and not pair.killed


def side_of(check: Check) -> Side:
    """Whose check it is, and of what."""
    return check.spec.operator.name, check.aspect_word, check.spec.dtype, subject_of(check)


def aspect_word(of: str | None) -> str:
    """The aspect of a value (None), or of the gradient of an input, as checks have it."""
    return str(Aspect.VALUE) if of is None else f"{Aspect.GRADIENT}:{of}"


def _empty(operator: str, bench: Bench, dtype: str, parts: set[str | None]) -> Evidence:
    evidence = Evidence()
    for name, subject in bench.known.items():
        for of in parts & set(subject.parts):
            aspect = aspect_word(of)
            side = (operator, aspect, dtype, name)
            if subject.kind is Kind.MUTANT:
                evidence.pairs[side] = Pair(operator, aspect, name, subject.text, dtype)
            else:
                evidence.innocents[side] = Innocent(operator, aspect, name, subject.kind, dtype)
    return evidence


def _add(evidence: Evidence, bench: Bench, trials: Iterable[Trial]) -> None:
    for trial in trials:
        check, side = trial.check, side_of(trial.check)
        if side in evidence.innocents:
            _add_innocent(evidence.innocents[side], bench, trial)
            continue
        pair = evidence.pairs[side]
        pair.checks += 1
        if trial.outcome is Outcome.DEGRADED:
            pair.degraded += 1
        elif trial.outcome is Outcome.MISMATCH:
            pair.killed_by[check.spec.case.id] += 1
            pair.named[trial.hypothesis or "nothing"] += 1
            pair.right += _diagnosed(bench, trial)


def _add_innocent(one: Innocent, bench: Bench, trial: Trial) -> None:
    one.outcomes[str(trial.outcome)] += 1
    if trial.outcome is Outcome.MISMATCH:
        found = excuse(one, bench, trial.check)
        if found is not one.false_alarms or one.kind is not Kind.COMBINED:
            found.append(trial.check.id)


def _diagnosed(bench: Bench, trial: Trial) -> bool:
    """Whether the explanation of a mismatch is the mutant, or another that comes to the same."""
    check, named = trial.check, trial.hypothesis
    mutant = bench.subject(check)
    if trial.subtype is Subtype.MISSING_GRADIENT:
        named = "gradient-dropped"  # what that outcome says by itself
    if named is None or named in (mutant.name, mutant.family):
        return named is not None
    return bench.alike(mutant.name, named, check)


def _search_domain(
    evidence: Evidence, operator: str, bench: Bench, checks: Sequence[Check], dtype: str
) -> None:
    """Note for what inputs each mutant that nothing has killed would show."""
    for of in dict.fromkeys(check.of for check in checks):
        left: dict[Side, Subject] = {
            side: bench.known[side[3]]
            for side, pair in evidence.pairs.items()
            if side[:3] == (operator, aspect_word(of), dtype) and not pair.killed
        }
        mine = [check for check in checks if check.of == of]
        for probe in probes(bench, mine, dtype, of) if left else ():
            for side, subject in left.items():
                if not evidence.pairs[side].shows:
                    evidence.pairs[side].shows = probe.shows(subject)


def _note_nearest(
    evidence: Evidence, operator: str, bench: Bench, dtype: str, surveys: Sequence[Survey]
) -> None:
    """Note in which cases each survivor's result is farthest from the right one."""
    for of in dict.fromkeys(of for one in surveys for of, _ in one.accepted):
        for side, pair in evidence.pairs.items():
            if side[:3] == (operator, aspect_word(of), dtype) and pair.counts and not pair.killed:
                checks = [check for one in surveys for check in one.accepted.get((of, side[3]), ())]
                pair.nearest = nearest(bench, bench.known[side[3]], checks)
