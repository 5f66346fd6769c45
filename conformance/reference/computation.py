"""One function of a reference file with its arguments, ready to run in any arithmetic."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from conformance.reference.arithmetic import Arithmetic
from conformance.reference.bound import Bounded
from conformance.reference.formula import Formula
from conformance.reference.pieces import PIECE, Deferred, NotElementwiseError
from conformance.reference.rules import spread
from conformance.reference.stack import NotStackableError, Stack

if TYPE_CHECKING:  # it brings python-flint, which takes as long to import as a thousand small references
    from conformance.reference.enclosure import Enclosure

Inputs: TypeAlias = "Mapping[str, NDArray[Any]]"
Doubles: TypeAlias = "NDArray[np.float64]"

VALUE = ("value",)


@dataclass(frozen=True, slots=True, eq=False)
class Computation:
    """What to compute: a `function` of `arrays` (float64, or of integers) and `options`.

    `names` says what it returns: `VALUE`, or for gradients the input of each, None for an input that has
    no gradient.
    """

    function: Callable[..., Any]
    arrays: Mapping[str, Any]
    options: Mapping[str, Any]
    names: tuple[str, ...]

    @staticmethod
    def of_value(
        formula: Formula,
        inputs: Inputs,
        attributes: Mapping[str, Any],
        conventions: Mapping[str, str] | None,
        function: str | None,
    ) -> Computation:
        """The computation of a formula's value.

        Raises ValueError for an unknown convention or choice, and KeyError for an unknown `function`.
        """
        chosen = formula.chosen(function)
        options = {**attributes, **formula.checked(conventions, chosen)}
        return Computation(chosen, _exact(inputs), options, VALUE)

    @staticmethod
    def of_gradients(
        formula: Formula,
        inputs: Inputs,
        attributes: Mapping[str, Any],
        upstream: NDArray[Any],
        conventions: Mapping[str, str] | None,
        function: str | None,
    ) -> Computation:
        """The computation of the gradients with respect to all inputs; raises as `of_value` does."""
        chosen = formula.chosen_vjp(function)
        options = {**attributes, **formula.checked(conventions, chosen)}
        return Computation(chosen, _exact({**inputs, "upstream": upstream}), options, _inputs_of(chosen))

    @property
    def size(self) -> int:
        """The number of elements of all inputs."""
        return sum(array.size for array in self.arrays.values())

    def bounded(
        self, arithmetic: Arithmetic, relative_error: float = 0.0
    ) -> dict[str, tuple[Doubles, Doubles]]:
        """Return each result with its running error bound, for inputs off by `relative_error`."""
        with np.errstate(all="ignore"):
            if any(array.size > PIECE for array in self.arrays.values()):
                with suppress(NotElementwiseError):
                    return self._bounded(Deferred.of, arithmetic, relative_error)
            return self._bounded(_at_once, arithmetic, relative_error)

    def bounded_together(self, arithmetic: Arithmetic) -> dict[str, tuple[Doubles, Doubles]]:
        """Return the same of as many computations as the arrays have along an axis before their own.

        So have the results. Raises TypeError for a function that does what stacks cannot.
        """

        def made(array: Any) -> Stack:
            return Stack(_at_once(array, 0.0, arithmetic) if array.dtype == np.float64 else array)

        with np.errstate(all="ignore"):
            result = self.function(
                **{name: made(array) for name, array in self.arrays.items()}, **self.options
            )
        return {name: _value_and_error(_parts(part)) for name, part in self._named(result)}

    def _bounded(
        self, made: Callable[..., Any], arithmetic: Arithmetic, relative_error: float
    ) -> dict[str, tuple[Doubles, Doubles]]:
        carried = {
            name: made(array, relative_error, arithmetic) if array.dtype == np.float64 else array
            for name, array in self.arrays.items()
        }
        result = self.function(**carried, **self.options)
        return {name: _value_and_error(part) for name, part in self._named(result)}

    def enclosed(self) -> dict[str, Enclosure]:
        """Return a rigorous enclosure of each result. Raises UndecidedError."""
        from conformance.reference.cache import cached_enclosures

        return dict(self._named(cached_enclosures(self.function, self.arrays, self.options)))

    def sampled(self, count: int) -> dict[str, tuple[NDArray[np.intp], Enclosure]]:
        """Return what `enclose_sample` does of each result. Raises UndecidedError."""
        from conformance.reference.enclosure import enclose_sample

        return dict(self._named(enclose_sample(self.function, self.arrays, self.options, count)))

    def _named(self, result: Any) -> list[tuple[str, Any]]:
        parts = result if isinstance(result, tuple) else (result,)
        return [(name, part) for name, part in zip(self.names, parts, strict=True) if part is not None]


@cache
def _inputs_of(vjp: Callable[..., Any]) -> tuple[str, ...]:
    parameters = list(inspect.signature(vjp).parameters)
    return tuple(parameters[: parameters.index("upstream")])


def _exact(inputs: Inputs) -> dict[str, Any]:
    """Floating inputs as float64, which holds every narrower dtype exactly; others as they are."""
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    with np.errstate(invalid="ignore"):  # A signalling NaN of bfloat16 warns.
        return {
            name: array if array.dtype.kind in "iub" else array.astype(np.float64, copy=False)
            for name, array in arrays.items()
        }


def _at_once(array: Doubles, relative_error: float, arithmetic: Arithmetic) -> Bounded:
    return Bounded(array, relative_error * np.abs(array) if relative_error else None, arithmetic)


def _parts(result: Any) -> Any:
    if not isinstance(result, Stack):
        raise NotStackableError("the same result for all of a stack")
    return result.parts


def _value_and_error(result: Any) -> tuple[Doubles, Doubles]:
    if isinstance(result, Deferred):
        result = result.whole()
    if not isinstance(result, Bounded):
        value = np.asarray(result, dtype=np.float64)
        return value, np.zeros(value.shape)
    value = np.asarray(result.value)
    return value, np.array(spread(0.0 if result.error is None else result.error, value.shape))
