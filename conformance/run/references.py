"""The reference of each call, computed once and shared by all its APIs and environments."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from conformance.compare import Comparison, compare
from conformance.plan import Call
from conformance.reference import Formula, Reference, evaluate, load
from conformance.run.shared import Shared

Array = np.ndarray[Any, Any]

SMALL = 4096  # bytes of a result up to which it is worth looking whether another was the same


@dataclass(frozen=True, slots=True)
class Machine:
    """What an environment declares of its arithmetic: ulps of log and exp, subnormals flushed or not."""

    log_ulps: float = 1.0
    flush_to_zero: bool = False


def inputs_of(call: Call) -> dict[str, Array]:
    """The arrays of a call. Raises TypeError where an input is no tensor: mathematics has no answer."""
    arrays = {}
    for name, value in call.arrays.items():
        if not isinstance(value, np.ndarray):
            raise TypeError(f"input {name} is {type(value).__name__}, no tensor")
        arrays[name] = value
    return arrays


def _nbytes(reference: Reference) -> int:
    return reference.value.nbytes * (2 if reference.tail is None else 3)


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


class References:
    """References by call, bounded by bytes; alternatives are computed when asked for.

    So are comparisons with them: the APIs of a framework mostly return the same bits for one call.
    """

    def __init__(self, max_bytes: int = 64 << 20) -> None:
        self._formulas: dict[str, Formula] = {}
        self._cache: OrderedDict[tuple[str, str, float], Reference] = OrderedDict()
        self._bytes = 0
        self._max_bytes = max_bytes
        self._comparisons = Shared(entries=1024)

    def formula(self, operator: str) -> Formula:
        """The reference file of `operator`."""
        if operator not in self._formulas:
            self._formulas[operator] = load(operator)
        return self._formulas[operator]

    def primary(self, call: Call, machine: Machine) -> Reference:
        """The reference value and bound of `call`, cached by its hash and dtype."""
        key = (call.key, call.spec.dtype, machine.log_ulps)
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self.evaluate(call, machine)
            self._bytes += _nbytes(found)
            while len(self._cache) > 1 and self._bytes > self._max_bytes:
                self._bytes -= _nbytes(self._cache.popitem(last=False)[1])
        else:
            self._cache.move_to_end(key)
        return found

    def compare(self, reference: Reference, actual: Array, machine: Machine) -> Comparison:
        """`actual` against `reference`; one object for equal results."""
        make = partial(judge_by, reference, actual, machine)
        if actual.nbytes > SMALL:
            return make()
        kind = (actual.tobytes(), machine.flush_to_zero)
        return self._comparisons.get(reference, kind, _nbytes(reference), make)

    def evaluate(
        self, call: Call, machine: Machine, *, arithmetic: str | None = None, **options: Any
    ) -> Reference:
        """The reference of `call` under other `options` of `conformance.reference.evaluate`.

        `arithmetic` names another dtype than the check's to take the error bound from.
        """
        return evaluate(
            self.formula(call.spec.operator.name),
            inputs_of(call),
            call.spec.attributes,
            arithmetic or call.spec.dtype,
            log_ulps=machine.log_ulps,
            **options,
        )
