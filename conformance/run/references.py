"""The references of each call, computed once and shared by all its APIs and environments."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from conformance.caches import Recent
from conformance.compare import Comparison, compare, compare_together
from conformance.plan import Call, upstream
from conformance.reference import (
    Formula,
    Reference,
    evaluate,
    evaluate_gradients,
    evaluate_together,
    load,
)
from conformance.run.shared import Shared

Array = np.ndarray[Any, Any]

SMALL = 4096  # bytes of a result, or of a call's inputs, up to which it is worth looking for others like it

FEW = 3  # calls of which a stack is faster: two take as long one after the other

NO_ANSWER = (LookupError, TypeError, ValueError, ArithmeticError)
"""What a reference raises for a call that it has no answer to."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What an environment declares of its arithmetic: ulps of log and exp, subnormals flushed or not."""

    log_ulps: float = 1.0
    flush_to_zero: bool = False


def inputs_of(call: Call) -> dict[str, Array]:
    """The arrays of a call, a plain number among them as one without dimensions.

    Raises TypeError where an input is neither tensor nor number: mathematics has no answer.
    """
    arrays = {}
    for name, value in call.arrays.items():
        if isinstance(value, bool) or not isinstance(value, (np.ndarray, int, float)):
            raise TypeError(f"input {name} is {type(value).__name__}, no tensor")
        arrays[name] = value if isinstance(value, np.ndarray) else np.array(float(value))
    return arrays


def judge_by(reference: Reference, actual: Array, machine: Machine) -> Comparison:
    """`actual` against `reference`, element by element."""
    return compare(
        actual,
        reference.value,
        reference.tail,
        reference.bound,
        reference.dtype,
        flush_to_zero=machine.flush_to_zero,
    )


def _nbytes(reference: Reference) -> int:
    return reference.value.nbytes * (2 if reference.tail is None else 3)


def _nbytes_of_all(references: Mapping[str, Reference]) -> int:
    return sum(map(_nbytes, references.values()))


class References:
    """References by call, bounded by bytes; alternatives are computed when asked for.

    So are comparisons with them: the APIs of a framework mostly return the same bits for one call.
    """

    def __init__(self, max_bytes: int = 48 << 20) -> None:
        self._formulas: dict[str, Formula] = {}
        self._values: Recent[Reference] = Recent(nbytes=max_bytes // 2, size=_nbytes)
        self._gradients: Recent[dict[str, Reference]] = Recent(nbytes=max_bytes // 2, size=_nbytes_of_all)
        self._others: Recent[dict[str, Reference]] = Recent(nbytes=max_bytes // 8, size=_nbytes_of_all)
        self._upstreams: Recent[Array] = Recent(nbytes=max_bytes // 8, size=lambda array: array.nbytes)
        self._comparisons = Shared(entries=1024)

    def formula(self, operator: str) -> Formula:
        """The reference file of `operator`."""
        if operator not in self._formulas:
            self._formulas[operator] = load(operator)
        return self._formulas[operator]

    def primary(self, call: Call, machine: Machine) -> Reference:
        """The reference value and bound of `call`, cached by its hash and dtype."""
        key = (call.key, call.spec.dtype, machine.log_ulps)
        return self._values.get(key, partial(self._evaluate, call, machine))

    def evaluate_together(self, calls: Iterable[Call], machine: Machine) -> None:
        """Make references that `primary` is asked for next, of small calls that differ in numbers alone.

        What has no answer, or is not usual, is left to `primary`.
        """
        alike: dict[Hashable, dict[Hashable, Call]] = {}
        for call in calls:
            key = (call.key, call.spec.dtype, machine.log_ulps)
            if call.nbytes <= SMALL and key not in self._values:
                alike.setdefault(_kind(call), {})[key] = call
        for found in alike.values():
            if len(found) >= FEW:
                with suppress(*NO_ANSWER):
                    self._put_together(found, machine)

    def _put_together(self, calls: Mapping[Hashable, Call], machine: Machine) -> None:
        spec = next(iter(calls.values())).spec
        formula = self.formula(spec.operator.name)
        inputs = [inputs_of(call) for call in calls.values()]
        made = evaluate_together(formula, inputs, spec.attributes, spec.dtype, machine.log_ulps)
        for key, reference in zip(calls, made, strict=True):
            if reference is not None:
                self._values.put(key, reference)

    def upstream(self, call: Call, machine: Machine) -> Array:
        """The upstream gradient of `call`, of its reference value's shape."""
        key = (call.key, call.spec.dtype)
        return self._upstreams.get(key, lambda: upstream(call, self.primary(call, machine).value.shape))

    def gradients(self, call: Call, machine: Machine, upstream: Array) -> dict[str, Reference]:
        """The reference of each gradient of `call`, by input; a call's `upstream` is always the same."""
        key = (call.key, call.spec.dtype, machine.log_ulps)
        return self._gradients.get(key, partial(self._evaluate_gradients, call, machine, upstream))

    def compare(self, reference: Reference, actual: Array, machine: Machine) -> Comparison:
        """`actual` against `reference`; one object for equal results."""
        make = partial(judge_by, reference, actual, machine)
        if actual.nbytes > SMALL:
            return make()
        return self._comparisons.get(reference, _same(actual, machine), _nbytes(reference), make)

    def compare_together(self, results: Iterable[tuple[Reference, Array, Machine]]) -> None:
        """Make comparisons that `compare` is going to be asked for; what is not usual is left to it."""
        alike: dict[str, dict[Hashable, tuple[Reference, Array, Hashable]]] = {}
        for reference, actual, machine in results:
            if reference.tail is not None or actual.nbytes > SMALL:
                continue
            kind = _same(actual, machine)
            if not self._comparisons.has(reference, kind):
                alike.setdefault(reference.dtype, {})[id(reference), kind] = (reference, actual, kind)
        for dtype, found in alike.items():
            each = [(actual, reference.value, reference.bound) for reference, actual, _ in found.values()]
            made = compare_together(each, dtype)
            for (reference, _, kind), comparison in zip(found.values(), made, strict=True):
                if comparison is not None:
                    self._comparisons.put(reference, kind, _nbytes(reference), comparison)

    def evaluate(
        self, call: Call, machine: Machine, *, arithmetic: str | None = None, **options: Any
    ) -> Reference:
        """The reference of `call` under other `options` of `conformance.reference.evaluate`.

        `arithmetic` names another dtype than the check's to take the error bound from.
        """
        key = _key(call, machine, "value", arithmetic, options)
        return self._others.get(
            key, lambda: {"": self._evaluate(call, machine, arithmetic=arithmetic, **options)}
        )[""]

    def evaluate_gradients(
        self, call: Call, machine: Machine, upstream: Array, **options: Any
    ) -> dict[str, Reference]:
        """The gradients of `call` under other `options` of `conformance.reference.evaluate_gradients`.

        A call's `upstream` is always the same.
        """
        key = _key(call, machine, "gradients", None, options)
        return self._others.get(key, partial(self._evaluate_gradients, call, machine, upstream, **options))

    def _evaluate(
        self, call: Call, machine: Machine, *, arithmetic: str | None = None, **options: Any
    ) -> Reference:
        return evaluate(
            self.formula(call.spec.operator.name),
            inputs_of(call),
            call.spec.attributes,
            arithmetic or call.spec.dtype,
            log_ulps=machine.log_ulps,
            **options,
        )

    def _evaluate_gradients(
        self, call: Call, machine: Machine, upstream: Array, **options: Any
    ) -> dict[str, Reference]:
        return evaluate_gradients(
            self.formula(call.spec.operator.name),
            inputs_of(call),
            call.spec.attributes,
            call.spec.dtype,
            upstream,
            log_ulps=machine.log_ulps,
            **options,
        )


def _same(actual: Array, machine: Machine) -> Hashable:
    """What results that are compared alike, with one reference, have in common."""
    return actual.tobytes(), machine.flush_to_zero


def _kind(call: Call) -> Hashable:
    """What calls have in common that differ in their numbers alone; attributes as text: True is not 1."""
    spec = call.spec
    shapes = tuple(
        (name, value.dtype, value.shape) if isinstance(value, np.ndarray) else (name, type(value))
        for name, value in call.arrays.items()
    )
    return spec.operator.name, repr(spec.attributes), spec.dtype, shapes


def _key(
    call: Call, machine: Machine, of: str, arithmetic: str | None, options: Mapping[str, Any]
) -> Hashable:
    told = tuple((name, repr(options[name])) for name in sorted(options))
    return call.key, call.spec.dtype, machine.log_ulps, of, arithmetic, told
