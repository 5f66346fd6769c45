"""Work that can be done before it is needed, while the frameworks are imported."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from conformance.model import CallSpec, Check
from conformance.plan import Call, CallCache
from conformance.reference import Reference
from conformance.run.record import Recorder
from conformance.run.references import Machine, References

Array = np.ndarray[Any, Any]

LARGEST = 1 << 16  # bytes of a call's arrays; a larger one would keep the host from hearing its workers
TOGETHER = 100  # calls of which the same is made, one kind of work after the other
STEP = 1e-3  # seconds between looks at what workers have to say, which take as long as a small draw
MOST = 16 << 20  # bytes of all calls prepared, far below what the caches hold


class Ahead:
    """Makes calls, their references and what records tell of these, some at each step.

    All of it goes into the caches that the run takes it from.
    """

    def __init__(
        self,
        checks: Iterable[Check],
        calls: CallCache,
        references: References,
        recorder: Recorder,
        machine: Machine,
    ) -> None:
        self.finished = False
        self._references = references
        self._recorder = recorder
        self._calls = calls
        self._machine = machine
        self._steps = self._work(dict.fromkeys(check.spec for check in checks))

    def step(self, seconds: float = STEP) -> None:
        """Do one piece of work, and others until that time is over; `finished` says that nothing is left."""
        until = time.perf_counter() + seconds
        while True:
            self.finished = next(self._steps, None) is None
            if self.finished or time.perf_counter() >= until:
                return

    def _work(self, specs: Iterable[CallSpec]) -> Iterator[bool]:
        """Some calls, then the references of all these, alike ones together, then the forms of all of them.

        One after the other, each finds the processor's caches full of the others' code, and a call takes a
        third longer. What fails here fails again where it is needed, and is told there.
        """
        total, left = 0, iter(specs)
        while total <= MOST and (some := list(itertools.islice(left, TOGETHER))):
            calls: list[Call] = []
            for spec in some:
                with suppress(Exception):
                    calls.append(self._calls.get(spec))
                    total += calls[-1].nbytes
                yield True
                if total > MOST:
                    break
            with suppress(Exception):
                self._references.evaluate_together(calls, self._machine)
            yield True
            values: list[tuple[Call, Array]] = []
            for call in calls:
                with suppress(Exception):
                    values += [(call, reference.value) for reference in self._references_of(call)]
                yield True
            for call, value in values:
                with suppress(Exception):
                    self._recorder.prepare(call, value)
            yield True

    def _references_of(self, call: Call) -> Iterator[Reference]:
        if call.nbytes > LARGEST:
            return
        yield self._references.primary(call, self._machine)
        if call.spec.case.gradients:
            upstream = self._references.upstream(call, self._machine)
            yield from self._references.gradients(call, self._machine, upstream).values()
