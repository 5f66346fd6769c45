"""A call whose result is to be explained."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from conformance.mutants import UPSTREAM, gradient_of, operations_of
from conformance.plan import Call
from conformance.reference import Formula, Reference, evaluate, evaluate_gradients
from conformance.run.references import inputs_of

Array = np.ndarray[Any, Any]


class Question:
    """A call whose value, or whose gradient `of` an input, is to be explained."""

    def __init__(self, formula: Formula, call: Call, of: str | None, upstream: Array | None) -> None:
        self.call = call
        self.dtype = call.spec.dtype
        self.formula = formula if of is None else gradient_of(formula, of)
        self.inputs = inputs_of(call)
        self._original = formula
        self._of = of
        self._upstream = upstream

    @property
    def all_inputs(self) -> dict[str, Array]:
        """The inputs of the formula that is looked at, the upstream gradient among them."""
        return self.inputs if self._upstream is None else {**self.inputs, UPSTREAM: self._upstream}

    def evaluate(
        self,
        attributes: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Array] | None = None,
        dtype: str | None = None,
        **options: Any,
    ) -> Reference:
        """The reference of other arguments, in another dtype's arithmetic, or under other options."""
        given = {**(self.all_inputs if inputs is None else inputs)}
        upstream = given.pop(UPSTREAM, None)
        attributes = self.call.spec.attributes if attributes is None else attributes
        wanted = (self._original, given, attributes, dtype or self.dtype)
        if self._of is None or upstream is None:
            return evaluate(*wanted, certified=False, **options)
        return evaluate_gradients(*wanted, upstream, certified=False, **options)[self._of]

    def operations(self, conventions: Mapping[str, str]) -> frozenset[Any]:
        """What the formula applies under `conventions`. Raises one of `NO_SENSE`: one may be to refuse."""
        options = {**self.call.spec.attributes, **conventions}
        return operations_of(self.formula.function, self.all_inputs, options, self.dtype)

    def conventions(self) -> Iterator[tuple[dict[str, str], str]]:
        """The reference's conventions, then each other choice that the case is about."""
        yield {}, ""
        parameters = inspect.signature(self.formula.function).parameters
        known = self.call.spec.operator.conventions
        for name in self.call.spec.case.conventions:
            for choice in known[name].choices if name in parameters else ():
                if choice != known[name].reference:
                    yield {name: choice}, f", under the convention {name}={choice}"
