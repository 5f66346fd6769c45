"""The same inputs and results under other verdicts: default tolerances against the suite's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.model import Aspect, Check, Outcome
from conformance.power.bench import Bench
from conformance.power.subjects import Kind, Subject
from conformance.power.tolerances import TOLERANCES
from conformance.power.trials import SMALL, Trial, size_of

Array = np.ndarray[Any, Any]

BOUND = "this suite"


@dataclass(slots=True)
class Rivalry:
    """What one way to judge makes of the same results of an operator in one dtype.

    `killed` are the mutants it sees, `alarmed` counts checks of kernels without a defect that it fails, of
    `innocent` in all.
    """

    operator: str
    judge: str
    dtype: str
    killed: set[str] = field(default_factory=set)
    alarmed: int = 0
    innocent: int = 0


class Rivals:
    """Judges the results of small checks of values by default tolerances, and counts.

    The suite's own way is what became of the trials: whatever is no mismatch is accepted.
    """

    def __init__(self, operator: str, dtype: str) -> None:
        self.dtype = dtype
        self._found = {
            name: Rivalry(operator, name, dtype) for name in (BOUND, *(one.name for one in TOLERANCES))
        }

    @property
    def rivalries(self) -> list[Rivalry]:
        """What has been found, the suite's own first."""
        return list(self._found.values())

    def look(self, check: Check, subject: Subject, actual: Array, usual: Array, value: Array) -> None:
        """Judge a mutant's result; who refuses the `usual` kernel's as well tells no mutant."""
        if not _compared(check):
            return
        for one in TOLERANCES:
            killed = self._found[one.name].killed
            if subject.name in killed or one.accepts(actual, value, self.dtype):
                continue
            if one.accepts(usual, value, self.dtype):
                killed.add(subject.name)

    def settled(self, check: Check, subject: Subject) -> bool:
        """Whether there is nothing to learn of a mutant from `check`."""
        return not _compared(check) or all(subject.name in self._found[one.name].killed for one in TOLERANCES)

    def judge(self, bench: Bench, trials: Iterable[Trial]) -> None:
        """Judge what `trials` were about: kernels without a defect, whose results are made again."""
        for trial in trials:
            check, subject = trial.check, bench.subject(trial.check)
            if not _compared(check):
                continue
            if subject.kind is Kind.MUTANT and trial.outcome is Outcome.MISMATCH:
                self._found[BOUND].killed.add(subject.name)
            elif subject.kind is Kind.LEGITIMATE:
                self._alarms(bench, trial)

    def _alarms(self, bench: Bench, trial: Trial) -> None:
        actual = bench.result(bench.subject(trial.check), trial.check)
        if actual is None:
            return  # a refusal, which nothing could accept
        value = bench.reference(trial.check).value
        verdicts = {one.name: one.accepts(actual, value, self.dtype) for one in TOLERANCES}
        for name, accepted in {BOUND: trial.outcome is not Outcome.MISMATCH, **verdicts}.items():
            self._found[name].innocent += 1
            self._found[name].alarmed += not accepted


def _compared(check: Check) -> bool:
    return check.aspect is Aspect.VALUE and size_of(check) <= SMALL
