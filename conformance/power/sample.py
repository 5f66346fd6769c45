"""One call, what the usual kernel returns for it, and what others return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from conformance.compare import compare
from conformance.mutants import NO_SENSE, gradient_of, operations_of, simulate, usual
from conformance.power.subjects import Subject
from conformance.reference import Formula, Reference

Array = np.ndarray[Any, Any]


class Sample:
    """A call of a formula or, `of` an input, of that gradient, whose `inputs` include the upstream one."""

    def __init__(
        self,
        formula: Formula,
        inputs: Mapping[str, Array],
        attributes: Mapping[str, Any],
        dtype: str,
        of: str | None,
    ) -> None:
        """Run the usual kernel; raise one of `NO_SENSE` where the formula refuses the call."""
        self.formula = formula
        self.inputs = inputs
        self.attributes = attributes
        self.dtype = dtype
        self.of = of
        function = (formula if of is None else gradient_of(formula, of)).function
        self.usual = simulate(function, inputs, attributes, dtype, usual(dtype))
        self._operations = operations_of(function, inputs, attributes, dtype)

    def changed(self, subject: Subject) -> Array | None:
        """What `subject` returns, where that differs from the usual kernel's result in a bit; else None."""
        if subject.idle(self._operations, self.attributes, self.of):
            return None
        try:
            actual = subject.run(self.inputs, self.attributes, self.of)
        except NO_SENSE:
            return None  # a refusal is no number that could be wrong
        same = actual.shape == self.usual.shape and actual.tobytes() == self.usual.tobytes()
        return None if same else actual


def is_wrong(actual: Array, right: Reference) -> bool:
    """Whether `actual` leaves the acceptable set somewhere."""
    return actual.shape != right.value.shape or bool(wrong_elements(actual, right).any())


def wrong_elements(actual: Array, right: Reference) -> Array:
    """Where `actual`, of the reference's shape, lies outside the acceptable set."""
    found = compare(actual, right.value, right.tail, right.bound, right.dtype).mismatches
    return np.zeros(actual.shape, bool) if found is None else np.asarray(found)
