"""The power run of one dtype: mutants and right kernels through plan, worker, judge and results file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.model import Aspect, CallSpec, Check, Operator, Outcome, Subtype
from conformance.mutants import UPSTREAM, Mutant, choices_of, gradient_of
from conformance.power.bench import Bench, Known, identical
from conformance.power.domain import probes, wrong_elements
from conformance.power.figures import Evidence, Innocent, Pair, Side
from conformance.power.plan import checks_of, simulated, subject_of
from conformance.power.rivals import rivalry
from conformance.power.subjects import USUAL, Kind, Subject, differentiable, subjects
from conformance.power.trials import Trial, attempt, rounds
from conformance.reference import evaluate, evaluate_gradients, load

Tell = Callable[[tuple[str, int, int]], None]


def measure(operators: Sequence[Operator], dtype: str, results: Path, tell: Tell) -> Evidence:
    """Run every subject of `operators` in `dtype`, writing files into the folder `results`.

    A mutant whose result is the usual kernel's, bit for bit, is not sent through the suite for it.
    `tell` gets a stage, what is done of it and how much there is. Raises PowerError and ResultsError.
    """
    fakes = [simulated(operator, dtype) for operator in operators]
    known = {
        (operator.name, name): subject
        for operator in fakes
        for name, subject in subjects(load(operator.name), dtype, choices_of(operator)).items()
    }
    bench = Bench(known)
    evidence = _empty(known, dtype)
    checks = checks_of(fakes, dtype)
    every, rest = rounds(checks, {subject.name: subject.kind for subject in known.values()})

    def run(name: str, wanted: Sequence[Check]) -> list[Trial]:
        changed = [
            check
            for check in _told(wanted, f"{dtype}: {name} results", tell)
            if bench.subject(check).kind is not Kind.MUTANT or bench.changed(check)
        ]
        if not changed:
            return []
        trials = attempt(changed, fakes, results / f"{dtype}-{name}.jsonl")
        return list(_told(trials, f"{dtype}: {name} checks", tell, len(changed)))

    first = run("first", every)
    unsound = _unsound(first)
    _add(evidence, bench, first, unsound)
    second = run("second", [check for check in rest if not evidence.pairs[side_of(check)].killed])
    _add(evidence, bench, second, unsound)
    _search_domain(evidence, fakes, known, dtype, {id(check.spec): check.spec for check in checks}.values())
    findings = {name for one in evidence.innocents.values() for name in (*one.overflowed, *one.undefined)}
    comparable = [
        trial
        for trial in first
        if trial.check.id not in findings and (id(trial.check.spec), trial.check.aspect_word) not in unsound
    ]
    evidence.rivalries = rivalry(bench, dtype, comparable)
    return evidence


def side_of(check: Check) -> Side:
    """Whose check it is, and of what."""
    return check.spec.operator.name, check.aspect_word, check.spec.dtype, subject_of(check)


def aspect_word(of: str | None) -> str:
    """The aspect of a value (None), or of the gradient of an input, as checks have it."""
    return str(Aspect.VALUE) if of is None else f"{Aspect.GRADIENT}:{of}"


def _told(items: Iterable[Any], stage: str, tell: Tell, total: int | None = None) -> Iterator[Any]:
    """The items, of which progress is told now and then."""
    whole = len(items) if isinstance(items, Sequence) else total or 0
    for count, item in enumerate(items, start=1):
        if count % 500 == 0 or count == whole:
            tell((stage, count, whole))
        yield item


def _empty(known: Known, dtype: str) -> Evidence:
    evidence = Evidence()
    for (operator, name), subject in known.items():
        for of in subject.parts:
            aspect = aspect_word(of)
            side = (operator, aspect, dtype, name)
            if subject.kind is Kind.MUTANT:
                evidence.pairs[side] = Pair(operator, aspect, name, subject.text, dtype)
            else:
                evidence.innocents[side] = Innocent(operator, aspect, name, subject.kind, dtype)
    return evidence


def _unsound(trials: Iterable[Trial]) -> set[tuple[int, str]]:
    """The calls (by id) and aspects that the usual kernel itself gets wrong: it overflows on the way.

    What a mutant of it gets wrong there says nothing about the mutant.
    """
    return {
        (id(trial.check.spec), trial.check.aspect_word)
        for trial in trials
        if trial.subject == USUAL and trial.outcome is Outcome.MISMATCH
    }


def _add(evidence: Evidence, bench: Bench, trials: Iterable[Trial], unsound: set[tuple[int, str]]) -> None:
    for trial in trials:
        check, side = trial.check, side_of(trial.check)
        if side in evidence.innocents:
            _add_innocent(evidence.innocents[side], bench, trial)
            continue
        pair = evidence.pairs[side]
        pair.checks += 1
        if trial.outcome is Outcome.DEGRADED:
            pair.degraded += 1
        elif trial.outcome is Outcome.MISMATCH and (id(check.spec), check.aspect_word) not in unsound:
            pair.killed_by[check.spec.case.id] += 1
            pair.named[trial.hypothesis or "nothing"] += 1
            pair.right += _diagnosed(bench, trial)


def _add_innocent(one: Innocent, bench: Bench, trial: Trial) -> None:
    one.outcomes[str(trial.outcome)] += 1
    if trial.outcome is Outcome.MISMATCH:
        found = one.false_alarms if trial.finite else _where_not_finite(one, bench, trial.check)
        if found is not one.false_alarms or one.kind is not Kind.COMBINED:
            found.append(trial.check.id)


def _where_not_finite(one: Innocent, bench: Bench, check: Check) -> list[str]:
    """Where to note a result that is not finite: by what the same form of the formula is in long double,
    which has as many bits of exponent as it takes for nothing to overflow.
    """
    subject, inputs, attributes = bench.subject(check), bench.inputs(check), check.spec.attributes
    part = subject.parts[check.of]
    side = subject.formula if check.of is None else gradient_of(subject.formula, check.of)
    with np.errstate(all="ignore"):
        wide = {name: array.astype(np.longdouble) for name, array in inputs.items()}
        form = None if isinstance(part, Mutant) else part.form
        value = np.asarray(side.chosen(form)(**wide, **attributes))
        actual = value.astype(format_of(check.spec.dtype).dtype)
    if check.of is None:
        right = evaluate(subject.formula, inputs, attributes, check.spec.dtype)
    else:
        upstream = inputs.pop(UPSTREAM)
        right = evaluate_gradients(subject.formula, inputs, attributes, check.spec.dtype, upstream)[check.of]
    if not wrong_elements(actual, right).any():
        return one.overflowed
    undefined = bool(np.any(np.isnan(value) & ~np.isnan(right.value)))
    return one.undefined if undefined else one.false_alarms


def _diagnosed(bench: Bench, trial: Trial) -> bool:
    """Whether the explanation of a mismatch is the mutant, or another that returns the same bits."""
    check, named = trial.check, trial.hypothesis
    mutant = bench.subject(check)
    if trial.subtype is Subtype.MISSING_GRADIENT:
        named = "gradient-dropped"  # what that outcome says by itself
    if named is None or named in (mutant.name, mutant.family):
        return named is not None
    other = bench.named(check, named)
    if other is None:
        return False
    mine, theirs = bench.result(mutant, check), bench.result(other, check)
    return mine is not None and theirs is not None and identical(mine, theirs)


def _search_domain(
    evidence: Evidence, operators: Iterable[Operator], known: Known, dtype: str, specs: Iterable[CallSpec]
) -> None:
    """Note for what inputs each mutant that nothing has killed would show."""
    every = list(specs)
    for operator in operators:
        formula = load(operator.name)
        mine = [spec for spec in every if spec.operator is operator]
        for of in (None, *differentiable(formula)):
            left: dict[Side, Subject] = {
                side: known[operator.name, side[3]]
                for side, pair in evidence.pairs.items()
                if side[:2] == (operator.name, aspect_word(of)) and not pair.killed
            }
            for probe in probes(formula, operator.inputs, mine, dtype, of) if left else ():
                for side, subject in left.items():
                    if not evidence.pairs[side].shows:
                        evidence.pairs[side].shows = probe.shows(subject)
