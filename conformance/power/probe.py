"""One call from an operator's domain, and whether a mutant shows in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from conformance.mutants import UPSTREAM, gradient_of, operations_of, simulate, usual
from conformance.power.subjects import Subject
from conformance.power.survey import changed, wrong_elements
from conformance.reference import Formula, Reference, evaluate, evaluate_gradients

Array = np.ndarray[Any, Any]


class Probe:
    """A call from the domain, whose `inputs` include the upstream gradient if `of` an input is given."""

    def __init__(
        self,
        formula: Formula,
        inputs: Mapping[str, Array],
        attributes: Mapping[str, Any],
        dtype: str,
        of: str | None,
    ) -> None:
        """Run the usual kernel; raise one of `NO_SENSE` for attributes that are refused for these inputs."""
        self._formula = formula
        self._inputs = inputs
        self._attributes = attributes
        self._dtype = dtype
        self._of = of
        side = formula if of is None else gradient_of(formula, of)
        self._usual = simulate(side.function, inputs, attributes, dtype, usual(dtype))
        self._operations = operations_of(side.function, inputs, attributes, dtype)

    @cached_property
    def reference(self) -> Reference:
        """What is right."""
        inputs = dict(self._inputs)
        upstream = inputs.pop(UPSTREAM, None)
        given = (self._formula, inputs, self._attributes, self._dtype)
        if upstream is None or self._of is None:
            return evaluate(*given, certified=False)
        return evaluate_gradients(*given, upstream, certified=False)[self._of]

    @cached_property
    def sound(self) -> Array:
        """Where the usual kernel is right."""
        return ~wrong_elements(self._usual, self.reference)

    def shows(self, subject: Subject) -> str | None:
        """For which inputs the subject's result leaves the acceptable set; None where it does not."""
        actual = changed(subject, self._operations, self._inputs, self._attributes, self._of, self._usual)
        if actual is None:
            return None
        if actual.shape != self._usual.shape:
            return f"{self._told()}: another shape" if self.sound.all() else None
        wrong = wrong_elements(actual, self.reference) & self.sound
        if not wrong.any():
            return None
        if any(array.shape != actual.shape for array in self._inputs.values()):
            return self._told()
        place = np.unravel_index(int(np.argmax(wrong)), actual.shape)
        numbers = (f"{name}={float(array[place])!r}" for name, array in self._inputs.items())
        return f"{self._told()}: {', '.join(numbers)}"

    def _told(self) -> str:
        attributes = ", ".join(
            f"{name}={value!r}" for name, value in self._attributes.items() if value is not None
        )
        shape = np.shape(next(iter(self._inputs.values())))
        return f"{attributes}, shape {'x'.join(map(str, shape))}"
