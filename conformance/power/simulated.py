"""The framework `simulated`: kernels made from the reference's formulas, each right or with one defect.

Its adapter is sent to a worker process like that of any framework that has none registered, and its
"package" is found there: it is `conformance.mutants`, whose folder the environment names. An API is
called ``simulated.<kernel or mutant>.<operator>``.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter, MissingError

FOLDER = "CONFORMANCE_SIMULATED_FOLDER"
"""The environment variable with the folder of the package `conformance`."""
CHOICES = "CONFORMANCE_SIMULATED_CHOICES"
"""The environment variable with the values of each operator's attributes, as JSON."""

VERSION = "CONFORMANCE_SIMULATED_VERSION"
"""The environment variable with the version of the suite."""


class Origin:
    """The call that a tensor came from."""

    def __init__(self, subject: Any, arrays: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
        self._subject = subject
        self._arrays = arrays
        self._attributes = attributes

    def gradient(self, tensor: Tensor, upstream: Tensor) -> Tensor:
        """The gradient with respect to one of the call's tensors."""
        of = next(name for name, array in self._arrays.items() if array is tensor.array)
        inputs = {**self._arrays, "upstream": upstream.array}
        return Tensor(self._subject.run(inputs, self._attributes, of), tensor.dtype)


class Tensor:
    """An array, the name of its dtype, and where it came from."""

    def __init__(self, array: Any, dtype: str, origin: Origin | None = None) -> None:
        self.array = array
        self.dtype = dtype
        self.origin = origin

    def __getitem__(self, key: Any) -> Tensor:
        return Tensor(self.array[key], self.dtype)

    def permute(self, *axes: int) -> Tensor:
        """Return a view with its axes in this order."""
        return Tensor(self.array.transpose(axes), self.dtype)

    def expand(self, *shape: int) -> Tensor:
        """Return a view that is repeated."""
        return Tensor(np.broadcast_to(self.array, shape), self.dtype)


class SimulatedAdapter(Adapter):
    """Calls kernels of `conformance.mutants`."""

    framework = "simulated"

    def __init__(self) -> None:
        super().__init__()
        self._values_are_right = False

    def load(self) -> None:
        """Import the kernels. Only the worker's part of `conformance` has been sent: add the rest."""
        package = importlib.import_module("conformance")
        package.__path__.append(os.environ[FOLDER])
        self.module = importlib.import_module("conformance.mutants")
        self._subjects = importlib.import_module("conformance.power.subjects")
        self._model = importlib.import_module("conformance.model")
        self._reference = importlib.import_module("conformance.reference")
        self._formats = importlib.import_module("conformance.compare")
        self._choices = json.loads(
            os.environ[CHOICES],
            object_hook=lambda found: (
                self.function(found["callable"]) if set(found) == {"callable"} else found
            ),
        )
        self._known: dict[tuple[str, str], Any] = {}

    def describe(self) -> dict[str, Any]:
        """The machine; a simulated framework has no version of its own."""
        self.module.__version__ = os.environ[VERSION]
        return super().describe()

    def resolve(self, name: str, mode: str) -> Callable[..., Any]:
        """Return the function of that name."""
        key = (name, mode)
        if key not in self._resolved:
            subject, _, operator = name.partition(".")[2].rpartition(".")
            self._resolved[key] = partial(self._called, operator, subject)
        return self._resolved[key]

    def place(self, array: Any, dtype: str, device: str) -> Tensor:
        """A tensor of its own; bfloat16 comes and goes as bit patterns."""
        own = array.copy()
        return Tensor(own.view(self._formats.format_of(dtype).dtype) if dtype == "bfloat16" else own, dtype)

    def array(self, value: Any) -> tuple[str, Any] | None:
        """What the tensor holds."""
        if not isinstance(value, Tensor):
            return None
        patterns = np.ascontiguousarray(value.array).view(np.uint16) if value.dtype == "bfloat16" else None
        return value.dtype, value.array if patterns is None else patterns.reshape(value.array.shape)

    def function(self, name: str) -> Callable[..., Any]:
        """The name itself, which is what a formula takes."""
        named: Callable[..., Any] = self._model.NamedCallable(name)
        return named

    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any]
    ) -> tuple[Any, Callable[[Any], Sequence[Any]]]:
        """Return the output of the usual kernel, and what gives the gradients with respect to `inputs`.

        What is looked at is the gradient alone: a value that is wrong as well would hide it.
        """
        self._values_are_right = True
        try:
            output = function(*inputs)
        finally:
            self._values_are_right = False

        def pull(upstream: Tensor) -> list[Any]:
            return [output.origin.gradient(tensor, upstream) for tensor in inputs]

        return output, pull

    def _called(self, operator: str, name: str, /, *args: Any, **kwargs: Any) -> Tensor:
        tensors = [part for part in (*args, *kwargs.values()) if isinstance(part, Tensor)]
        dtype = tensors[0].dtype
        found = self._of(operator, dtype)
        if name not in found:
            raise MissingError(f"there is no {name} in {dtype}")
        plain = [part.array if isinstance(part, Tensor) else part for part in args]
        named = {word: part.array if isinstance(part, Tensor) else part for word, part in kwargs.items()}
        arrays, given = found[name].bound(*plain, **named)
        attributes = {**self._defaults(operator, found[name]), **given}
        kernel = found["usual" if self._values_are_right else name]
        return Tensor(kernel.run(arrays, attributes), dtype, Origin(found[name], arrays, attributes))

    def _defaults(self, operator: str, subject: Any) -> dict[str, Any]:
        """The attributes that a call leaves out: a change may be of their value."""
        parameters = inspect.signature(subject.formula.function).parameters
        return {attribute: parameters[attribute].default for attribute in self._choices[operator]}

    def _of(self, operator: str, dtype: str) -> Any:
        """The subjects of an operator in a dtype, by name."""
        if (operator, dtype) not in self._known:
            formula = self._reference.load(operator)
            self._known[operator, dtype] = self._subjects.subjects(formula, dtype, self._choices[operator])
        return self._known[operator, dtype]
