"""One call from an operator's domain, and whether a mutant shows in it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from conformance.mutants import UPSTREAM
from conformance.power.sample import Sample, wrong_elements
from conformance.power.subjects import Subject
from conformance.reference import Reference, evaluate, evaluate_gradients

Array = np.ndarray[Any, Any]


class Probe(Sample):
    """A call that no case makes."""

    @cached_property
    def reference(self) -> Reference:
        """What is right."""
        inputs = dict(self.inputs)
        upstream = inputs.pop(UPSTREAM, None)
        given = (self.formula, inputs, self.attributes, self.dtype)
        if upstream is None or self.of is None:
            return evaluate(*given, certified=False)
        return evaluate_gradients(*given, upstream, certified=False)[self.of]

    @cached_property
    def sound(self) -> Array:
        """Where the usual kernel is right."""
        return ~wrong_elements(self.usual, self.reference)

    def shows(self, subject: Subject) -> str | None:
        """For which inputs the subject's result leaves the acceptable set; None where it does not."""
        actual = self.changed(subject)
        if actual is None:
            return None
        if actual.shape != self.usual.shape:
            return f"{self._told()}: another shape" if self.sound.all() else None
        wrong = wrong_elements(actual, self.reference) & self.sound
        if not wrong.any():
            return None
        if any(array.shape != actual.shape for array in self.inputs.values()):
            return self._told()
        place = np.unravel_index(int(np.argmax(wrong)), actual.shape)
        numbers = (f"{name}={float(array[place])!r}" for name, array in self.inputs.items())
        return f"{self._told()}: {', '.join(numbers)}"

    def _told(self) -> str:
        attributes = ", ".join(
            f"{name}={value!r}" for name, value in self.attributes.items() if value is not None
        )
        shape = np.shape(next(iter(self.inputs.values())))
        return f"{attributes}, shape {'x'.join(map(str, shape))}"
