"""The same inputs and results under other verdicts: default tolerances against the derived bound."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from conformance.compare import compare
from conformance.model import DTYPES, Aspect, Check
from conformance.plan import CallCache
from conformance.power.plan import subject_of
from conformance.power.subjects import USUAL, Kind, Subject
from conformance.power.tolerances import TOLERANCES
from conformance.power.trials import SMALL, size_of
from conformance.reference import Reference
from conformance.run.references import Machine, References

Array = np.ndarray[Any, Any]

BOUND = "derived bound"


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


def rivalry(
    known: Mapping[tuple[str, str, str], Subject],
    checks: Sequence[Check],
    unsound: Collection[int],
    progress: Callable[[str, int, int], None],
) -> list[Rivalry]:
    """Judge the results of all small `checks` in each way; calls in `unsound` are left out.

    The results are those of the worker: the same kernels on the same inputs.
    """
    names = (BOUND, *(tolerance.name for tolerance in TOLERANCES))
    found = {(name, dtype): Rivalry(name, dtype) for dtype in DTYPES for name in names}
    calls, references = CallCache(), References()
    small = [
        check
        for check in checks
        if check.aspect is Aspect.VALUE and size_of(check) <= SMALL and id(check.spec) not in unsound
    ]
    done = 0
    for _, group in groupby(small, key=lambda check: id(check.spec)):
        members = list(group)
        spec = members[0].spec
        call = calls.get(spec)
        try:
            reference = references.primary(call, Machine())
        except ValueError:
            continue  # mathematics has no answer
        usual = known[spec.operator.name, spec.dtype, USUAL].run(call.arrays, spec.attributes)
        sound = {name for name, accepted in _verdicts(usual, reference).items() if accepted}
        for check in members:
            subject = known[spec.operator.name, spec.dtype, subject_of(check)]
            if subject.kind is Kind.LOSSY:
                continue
            try:
                actual = subject.run(call.arrays, spec.attributes)
            except (TypeError, ValueError, ArithmeticError):
                continue  # a refusal, which nothing could accept
            for name, accepted in _verdicts(actual, reference).items():
                _count(found[name, spec.dtype], subject, spec.operator.name, accepted, name in sound)
        done += len(members)
        progress("other tolerances", done, len(small))
    return list(found.values())


def _verdicts(actual: Array, reference: Reference) -> dict[str, bool]:
    """Whether each way to judge accepts `actual`."""
    right = reference
    inside = actual.shape == right.value.shape and not (
        compare(actual, right.value, right.tail, right.bound, right.dtype).mismatched
    )
    others = {one.name: one.accepts(actual, right.value, right.dtype) for one in TOLERANCES}
    return {BOUND: inside, **others}


def _count(rivalry: Rivalry, subject: Subject, operator: str, accepted: bool, sound: bool) -> None:
    """Count a verdict; one that fails the kernel without a change as well (not `sound`) tells no mutant."""
    if subject.kind is Kind.MUTANT:
        if sound and not accepted:
            rivalry.killed.add((operator, subject.name))
        return
    rivalry.innocent += 1
    rivalry.alarmed += not accepted
