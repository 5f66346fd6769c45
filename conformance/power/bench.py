"""Subjects at work in this process, on the inputs of checks: the same results as the worker's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from conformance.model import Check
from conformance.mutants import UPSTREAM
from conformance.plan import Call, CallCache, upstream
from conformance.power.plan import subject_of
from conformance.power.subjects import USUAL, Subject
from conformance.reference import Formula
from conformance.run.references import inputs_of

Array = np.ndarray[Any, Any]
Known = Mapping[tuple[str, str], Subject]
"""Subjects by operator and name."""

KEPT = 256  # results of the usual kernel


class Bench:
    """Runs the subjects `known`, all of one dtype."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._calls = CallCache()
        self._usual: OrderedDict[tuple[int, str | None], Array | None] = OrderedDict()

    def subject(self, check: Check) -> Subject:
        """The subject that `check` calls."""
        return self._known[check.spec.operator.name, subject_of(check)]

    def named(self, check: Check, name: str) -> Subject | None:
        """Another subject of the same operator."""
        return self._known.get((check.spec.operator.name, name))

    def call(self, check: Check) -> Call:
        """The call of `check`."""
        return self._calls.get(check.spec)

    def inputs(self, check: Check) -> dict[str, Array]:
        """What the formula of the check's aspect takes: the upstream gradient as well, for a gradient."""
        call = self.call(check)
        inputs = inputs_of(call)
        if check.of is None:
            return inputs
        return {**inputs, UPSTREAM: _upstream(self.subject(check).formula, call)}

    def result(self, subject: Subject, check: Check) -> Array | None:
        """What `subject` returns for the inputs of `check`; None where it refuses them."""
        try:
            return subject.run(self.inputs(check), check.spec.attributes, check.of)
        except (TypeError, ValueError, ArithmeticError):
            return None

    def changed(self, check: Check) -> bool:
        """Whether the subject's result differs from the usual kernel's, were it in one bit."""
        key = (id(check.spec), check.of)
        if key not in self._usual:
            usual = self.named(check, USUAL)
            self._usual[key] = None if usual is None else self.result(usual, check)
            if len(self._usual) > KEPT:
                self._usual.popitem(last=False)
        right, actual = self._usual[key], self.result(self.subject(check), check)
        return right is None or actual is None or not identical(right, actual)


def identical(one: Array, other: Array) -> bool:
    """Whether two results are of the same shape and bits."""
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def _upstream(formula: Formula, call: Call) -> Array:
    with np.errstate(all="ignore"):
        wide = {name: array.astype(np.float64) for name, array in inputs_of(call).items()}
        return upstream(call, np.shape(formula.function(**wide, **call.spec.attributes)))
