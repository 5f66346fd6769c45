"""The same inputs and results under other verdicts: default tolerances against the suite's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.model import Aspect, Outcome
from conformance.power.bench import Bench
from conformance.power.subjects import USUAL, Kind, Subject
from conformance.power.tolerances import TOLERANCES
from conformance.power.trials import SMALL, Trial, size_of
from conformance.run.references import Machine, References

Array = np.ndarray[Any, Any]

BOUND = "this suite"


@dataclass(slots=True)
class Rivalry:
    """What one way to judge makes of the same results in one dtype.

    `killed` are the mutants (operator, name) it sees, `alarmed` counts checks of kernels without a
    defect that it fails, of `innocent` in all.
    """

    judge: str
    dtype: str
    killed: set[tuple[str, str]] = field(default_factory=set)
    alarmed: int = 0
    innocent: int = 0


def rivalry(bench: Bench, dtype: str, trials: Iterable[Trial]) -> list[Rivalry]:
    """Judge the results of the small checks among `trials`, all in `dtype`, in each way.

    The suite's own way is what became of the trial: whatever is no mismatch is accepted. The results are
    made again here: the same kernels on the same inputs.
    """
    found = {name: Rivalry(name, dtype) for name in (BOUND, *(one.name for one in TOLERANCES))}
    references = References()
    small = [
        trial for trial in trials if trial.check.aspect is Aspect.VALUE and size_of(trial.check) <= SMALL
    ]
    groups: dict[int, list[Trial]] = {}
    for trial in small:
        groups.setdefault(id(trial.check.spec), []).append(trial)
    for members in groups.values():
        value = references.primary(bench.call(members[0].check), Machine()).value
        verdicts = {trial.subject: _verdicts(bench, trial, value) for trial in members}
        sound = {name for name, accepted in verdicts.get(USUAL, {}).items() if accepted}
        for trial in members:
            subject = bench.subject(trial.check)
            for name, accepted in verdicts[trial.subject].items():
                if subject.kind in (Kind.MUTANT, Kind.LEGITIMATE):
                    operator = trial.check.spec.operator.name
                    _count(found[name], subject, operator, accepted, name in sound)
    return list(found.values())


def _verdicts(bench: Bench, trial: Trial, value: Array) -> dict[str, bool]:
    """Whether each way to judge accepts the result; none where there is none."""
    actual = bench.result(bench.subject(trial.check), trial.check)
    if actual is None:
        return {}  # a refusal, which nothing could accept
    others = {one.name: one.accepts(actual, value, trial.check.spec.dtype) for one in TOLERANCES}
    return {BOUND: trial.outcome is not Outcome.MISMATCH, **others}


def _count(rivalry: Rivalry, subject: Subject, operator: str, accepted: bool, sound: bool) -> None:
    """Count a verdict; one that fails the kernel without a change as well (not `sound`) tells no mutant."""
    if subject.kind is Kind.MUTANT:
        if sound and not accepted:
            rivalry.killed.add((operator, subject.name))
        return
    rivalry.innocent += 1
    rivalry.alarmed += not accepted
