"""The power run: which mutants the golden cases kill, and whether they leave right kernels alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from conformance.model import DTYPES, Aspect, CallSpec, Check, Operator, Outcome, Subtype
from conformance.mutants import UPSTREAM, Mutant, choices_of
from conformance.plan import Call, CallCache, materialise, upstream
from conformance.power.domain import probes
from conformance.power.figures import Innocent, Pair
from conformance.power.plan import checks_of, simulated, subject_of
from conformance.power.rivals import Rivalry, rivalry
from conformance.power.subjects import USUAL, Kind, Subject, differentiable, subjects
from conformance.power.trials import Trial, attempt, rounds
from conformance.reference import Formula, evaluate, evaluate_gradients, load
from conformance.run.references import inputs_of

Key = tuple[str, str, str]  # operator, dtype, name
Side = tuple[str, str, str, str]  # operator, aspect, dtype, name


@dataclass(slots=True)
class Evidence:
    """What a power run has found."""

    pairs: dict[Side, Pair] = field(default_factory=dict)
    innocents: dict[Side, Innocent] = field(default_factory=dict)
    rivalries: list[Rivalry] = field(default_factory=list)
    seconds: float = 0.0


def experiment(
    operators: Sequence[Operator], results: Path, progress: Callable[[str, int, int], None]
) -> Evidence:
    """Run every subject of `operators` through the suite, writing files into the folder `results`.

    `progress` is told a stage, what is done of it and how much there is. Raises PowerError and
    ResultsError.
    """
    began = time.perf_counter()
    fakes = [simulated(operator) for operator in operators]
    known = _subjects(fakes)
    checks = checks_of(fakes)
    kinds = {subject.name: subject.kind for subject in known.values()}
    first, second = rounds(checks, kinds)
    evidence = _empty(known)
    trials = list(_told(attempt(first, fakes, results / "first.jsonl"), "first round", len(first), progress))
    unsound = _unsound(trials)
    _add(evidence, known, trials, unsound)
    left = [check for check in second if not evidence.pairs[_side(check)].killed]
    if left:
        trials = list(
            _told(attempt(left, fakes, results / "second.jsonl"), "second round", len(left), progress)
        )
        _add(evidence, known, trials, unsound)
    _search_domain(evidence, fakes, known, {id(check.spec): check.spec for check in checks}.values())
    wrong_values = {spec for spec, aspect in unsound if aspect == str(Aspect.VALUE)}
    evidence.rivalries = rivalry(known, first, wrong_values, progress)
    evidence.seconds = time.perf_counter() - began
    return evidence


def _key(check: Check) -> Key:
    return check.spec.operator.name, check.spec.dtype, subject_of(check)


def _side(check: Check) -> Side:
    return check.spec.operator.name, check.aspect_word, check.spec.dtype, subject_of(check)


def _subjects(operators: Iterable[Operator]) -> dict[Key, Subject]:
    return {
        (operator.name, dtype, name): subject
        for operator in operators
        for dtype in DTYPES
        for name, subject in subjects(load(operator.name), dtype, choices_of(operator)).items()
    }


def _empty(known: dict[Key, Subject]) -> Evidence:
    evidence = Evidence()
    for (operator, dtype, name), subject in known.items():
        for of in subject.parts:
            aspect = aspect_word(of)
            side = (operator, aspect, dtype, name)
            if subject.kind is Kind.MUTANT:
                evidence.pairs[side] = Pair(operator, aspect, name, subject.text, dtype)
            else:
                evidence.innocents[side] = Innocent(operator, aspect, name, subject.kind, dtype)
    return evidence


def aspect_word(of: str | None) -> str:
    """The aspect of a value (None), or of the gradient of an input, as checks have it."""
    return str(Aspect.VALUE) if of is None else f"{Aspect.GRADIENT}:{of}"


def _told(
    trials: Iterator[Trial], stage: str, total: int, progress: Callable[[str, int, int], None]
) -> Iterator[Trial]:
    for count, trial in enumerate(trials, start=1):
        if count % 500 == 0 or count == total:
            progress(stage, count, total)
        yield trial


def _unsound(trials: Iterable[Trial]) -> set[tuple[int, str]]:
    """The calls (by id) and aspects that the usual kernel itself gets wrong: it overflows on the way.

    What a mutant of it gets wrong there says nothing about the mutant.
    """
    return {
        (id(trial.check.spec), trial.check.aspect_word)
        for trial in trials
        if trial.subject == USUAL and trial.outcome is Outcome.MISMATCH
    }


def _add(
    evidence: Evidence, known: dict[Key, Subject], trials: Iterable[Trial], unsound: set[tuple[int, str]]
) -> None:
    diagnosis = _Diagnosis(known)
    for trial in trials:
        check, side = trial.check, _side(trial.check)
        if side in evidence.innocents:
            _add_innocent(evidence.innocents[side], known[_key(check)], trial)
            continue
        pair = evidence.pairs[side]
        pair.checks += 1
        if trial.outcome is Outcome.DEGRADED:
            pair.degraded += 1
        elif trial.outcome is Outcome.MISMATCH and (id(check.spec), check.aspect_word) not in unsound:
            pair.killed_by[check.spec.case.id] += 1
            pair.named[trial.hypothesis or "nothing"] += 1
            pair.right += diagnosis.right(trial)


def _add_innocent(one: Innocent, subject: Subject, trial: Trial) -> None:
    one.outcomes[str(trial.outcome)] += 1
    if trial.outcome is not Outcome.MISMATCH:
        return
    if not trial.finite:
        one.overflowed.append(trial.check.id)
    elif _cancels(subject, trial.check):
        one.cancelled.append(trial.check.id)
    else:
        one.false_alarms.append(trial.check.id)


def _cancels(subject: Subject, check: Check) -> bool:
    """Whether the subject's form of the formula has, by its own running bound, no claim to the allowance."""
    form = subject.parts[check.of]
    if isinstance(form, Mutant) or form.form is None:
        return False
    call = materialise(check.spec)
    arguments = (subject.formula, inputs_of(call), check.spec.attributes, check.spec.dtype)
    if check.of is None:
        usual, other = (evaluate(*arguments, certified=False, function=name) for name in (None, form.form))
    else:
        given = _upstream(subject.formula, call)
        usual, other = (
            evaluate_gradients(*arguments, given, certified=False, function=name)[check.of]
            for name in (None, form.form)
        )
    return bool(np.any(other.bound > 2.0 * usual.bound))


def _upstream(formula: Formula, call: Call) -> np.ndarray[Any, Any]:
    with np.errstate(all="ignore"):
        wide = {name: array.astype(np.float64) for name, array in inputs_of(call).items()}
        return upstream(call, np.shape(formula.function(**wide, **call.spec.attributes)))


class _Diagnosis:
    """Whether the explanation of a mismatch is the mutant, or another that returns the same bits."""

    def __init__(self, known: dict[Key, Subject]) -> None:
        self._known = known
        self._calls = CallCache()

    def right(self, trial: Trial) -> bool:
        check, named = trial.check, trial.hypothesis
        mutant = self._known[_key(check)]
        if trial.subtype is Subtype.MISSING_GRADIENT:
            named = "gradient-dropped"  # what that outcome says by itself
        if named is None or named in (mutant.name, mutant.family):
            return named is not None
        other = self._known.get((*_key(check)[:2], named))
        if other is None:
            return False
        call = self._calls.get(check.spec)
        inputs = dict(call.arrays)
        try:
            if check.of is not None:
                inputs[UPSTREAM] = _upstream(mutant.formula, call)
            mine, theirs = (one.run(inputs, call.spec.attributes, check.of) for one in (mutant, other))
        except (TypeError, ValueError, ArithmeticError):
            return False
        return mine.shape == theirs.shape and mine.tobytes() == theirs.tobytes()


def _search_domain(
    evidence: Evidence, operators: Iterable[Operator], known: dict[Key, Subject], specs: Iterable[CallSpec]
) -> None:
    """Note for what inputs each mutant that nothing has killed would show."""
    every = list(specs)
    for operator in operators:
        formula = load(operator.name)
        for dtype in DTYPES:
            mine = [spec for spec in every if spec.operator is operator and spec.dtype == dtype]
            for of in (None, *differentiable(formula)):
                left = {
                    side: known[operator.name, dtype, side[3]]
                    for side, pair in evidence.pairs.items()
                    if side[:3] == (operator.name, aspect_word(of), dtype) and not pair.killed
                }
                for probe in probes(formula, operator.inputs, mine, dtype, of) if left else ():
                    for side, subject in left.items():
                        if not evidence.pairs[side].shows:
                            evidence.pairs[side].shows = probe.shows(subject)
