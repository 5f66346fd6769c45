"""Subjects at work in this process, on the inputs of checks: the same results as the worker's."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.model import Check, Operator
from conformance.mutants import NO_SENSE, UPSTREAM, Mutant, catalogue, choices_of, gradient_of
from conformance.plan import Call, CallCache
from conformance.power.plan import subject_of
from conformance.power.sample import Sample
from conformance.power.subjects import Subject, subjects
from conformance.reference import Formula, Reference, load
from conformance.run.references import Machine, References, inputs_of

Array = np.ndarray[Any, Any]


class Bench:
    """Runs the subjects of one operator in one dtype."""

    def __init__(self, operator: Operator, dtype: str) -> None:
        self._choices = choices_of(operator)
        self._dtype = dtype
        self._catalogues: dict[str | None, dict[str, Mutant]] = {}
        self.formula = load(operator.name)
        self.known = subjects(self.formula, dtype, self._choices)
        self._references = References()
        self._calls = CallCache()

    def subject(self, check: Check) -> Subject:
        """The subject that `check` calls."""
        return self.known[subject_of(check)]

    def call(self, check: Check) -> Call:
        """The call of `check`."""
        return self._calls.get(check.spec)

    def inputs(self, check: Check) -> dict[str, Array]:
        """What the formula of the check's aspect takes: the upstream gradient as well, for a gradient."""
        call = self.call(check)
        inputs = inputs_of(call)
        if check.of is None:
            return inputs
        return {**inputs, UPSTREAM: self._references.upstream(call, Machine())}

    def reference(self, check: Check) -> Reference:
        """What is right."""
        call = self.call(check)
        if check.of is None:
            return self._references.primary(call, Machine())
        upstream = self._references.upstream(call, Machine())
        return self._references.gradients(call, Machine(), upstream)[check.of]

    def result(self, subject: Subject, check: Check) -> Array | None:
        """What `subject` returns for the inputs of `check`; None where it refuses them."""
        try:
            return subject.run(self.inputs(check), check.spec.attributes, check.of)
        except NO_SENSE:
            return None

    def sample(self, check: Check) -> Sample | None:
        """The call of `check`; None where the formula refuses it."""
        try:
            return Sample(self.formula, self.inputs(check), check.spec.attributes, self._dtype, check.of)
        except NO_SENSE:
            return None

    def alike(self, name: str, other: str, check: Check) -> bool:
        """Whether two mutants come to the same for the inputs of `check`: in what they return, or, but for
        float64, in their exact results."""
        side = self._side(check.of)
        known = self._mutants(check.of)
        if name not in known or other not in known:
            return False
        inputs, attributes, dtype = self.inputs(check), check.spec.attributes, check.spec.dtype
        try:
            results = [known[each].simulated(side, inputs, attributes, dtype) for each in (name, other)]
        except NO_SENSE:
            return False
        if _equal(results[0], results[1]):
            return True
        with np.errstate(all="ignore"):
            exact = [known[each].exact(side, inputs, attributes, {}) for each in (name, other)]
        return dtype != "float64" and _equal(exact[0], exact[1], relative=2.0**-45)

    def _side(self, of: str | None) -> Formula:
        return self.formula if of is None else gradient_of(self.formula, of)

    def _mutants(self, of: str | None) -> dict[str, Mutant]:
        """Every mutant of the value, or of a gradient: those that merely lose accuracy as well."""
        if of not in self._catalogues:
            mutants = catalogue(self._side(of), self._dtype, self._choices)
            self._catalogues[of] = {one.name: one for one in mutants}
        return self._catalogues[of]


def _equal(one: Array | None, other: Array | None, relative: float = 0.0) -> bool:
    if one is None or other is None or one.shape != other.shape:
        return False
    wide = one.astype(np.float64), other.astype(np.float64)
    return bool(np.allclose(*wide, rtol=relative, atol=0.0, equal_nan=True))
