"""A mutant: the reference's formula with one thing changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.mutants.altered import Alteration, Altered, is_floating, plain
from conformance.mutants.kernels import Kernel, simulate, usual
from conformance.reference import Formula

Array = np.ndarray[Any, Any]
Inputs = Mapping[str, Any]

NO_SENSE = (ArithmeticError, LookupError, TypeError, ValueError)
"""What a changed formula raises where the change makes no sense for the inputs."""


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """A changed formula; `text` completes "the result equals ...".

    What is changed: the `attributes` or `conventions` (those named; an attribute may be given as a function
    of its value), the `inputs` before they are used,
    the operations (`alteration`), the `function` (a documented form by name), or the `result`, given the
    inputs. `family` is what mutants share that differ in a number alone, such as a factor.

    `overflow`: it is about results that are not finite; a mutant that is not and gives no finite number
    explains nothing. `lossy`: it loses accuracy, which need not make it wrong; it explains nothing where
    it does not.
    """

    name: str
    text: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    inputs: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    alteration: Alteration | None = None
    function: str | None = None
    result: Callable[[Any, Inputs], Any] | None = None
    family: str = ""
    overflow: bool = False
    lossy: bool = False

    def exact(
        self, formula: Formula, inputs: Inputs, attributes: Mapping[str, Any], conventions: Mapping[str, str]
    ) -> Array | None:
        """The float64 result for `inputs`, or None where the change makes no sense for them."""
        doubles = {
            name: array.astype(np.float64) if is_floating(array) else array for name, array in inputs.items()
        }
        try:
            changed = self.changed(doubles)
            if self.alteration is not None:
                changed = {
                    name: Altered(array, self.alteration) if is_floating(array) else array
                    for name, array in changed.items()
                }
            result = self._function(formula, doubles)(**changed, **self._options(attributes, conventions))
        except NO_SENSE:
            return None
        return np.asarray(plain(result), dtype=np.float64)

    def simulated(
        self,
        formula: Formula,
        inputs: Inputs,
        attributes: Mapping[str, Any],
        dtype: str,
        kernel: Kernel | None = None,
    ) -> Array:
        """What a kernel (the usual one) with this change returns. Raises what the formula raises."""
        changes = () if self.alteration is None else (self.alteration,)
        return simulate(
            self._function(formula, inputs),
            self.changed(dict(inputs)),
            self._options(attributes, {}),
            dtype,
            kernel or usual(dtype),
            *changes,
        )

    def idle(self, operations: Collection[Any], attributes: Mapping[str, Any]) -> bool:
        """Whether nothing changes in a call with `attributes`, of a formula of these `operations` alone."""
        if self.conventions or self.inputs or self.function or self.result:
            return False
        made = self.alteration or Alteration()
        if made.after or made.numbers or not made.operations.keys().isdisjoint(operations):
            return False
        try:
            return self.options(attributes) == dict(attributes)
        except NO_SENSE:
            return False

    @property
    def of_arguments(self) -> bool:
        """Whether it is the formula as it stands, of other attributes or inputs."""
        other = (self.conventions, self.alteration, self.function, self.result)
        return not any(other) and bool(self.attributes or self.inputs)

    def changed(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs, changed where the mutant changes them. Raises one of `NO_SENSE`."""
        return inputs if self.inputs is None else self.inputs(inputs)

    def options(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes with those changed that the mutant changes. Raises one of `NO_SENSE`."""
        changed = {
            name: value(attributes[name]) if callable(value) else value
            for name, value in self.attributes.items()
        }
        return {**attributes, **changed}

    def _options(self, attributes: Mapping[str, Any], conventions: Mapping[str, str]) -> dict[str, Any]:
        chosen = self.options(attributes)
        return chosen if self.function is not None else {**chosen, **conventions, **self.conventions}

    def _function(self, formula: Formula, inputs: Inputs) -> Callable[..., Any]:
        function, result = formula.chosen(self.function), self.result
        if result is None:
            return function
        return lambda **arguments: result(np.asarray(plain(function(**arguments))), inputs)
