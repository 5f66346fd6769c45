"""Work that can be done before it is needed, while the frameworks are imported."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

from conformance.model import Check
from conformance.plan import Call, CallCache
from conformance.run.record import Recorder
from conformance.run.references import Machine, References

LARGEST = 1 << 16  # bytes of a call's arrays; a larger one would keep the host from hearing its workers
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
        self._steps = self._work({check.spec: check for check in checks}.values())

    def step(self, seconds: float = STEP) -> None:
        """Do one piece of work, and others until that time is over; `finished` says that nothing is left."""
        until = time.perf_counter() + seconds
        while True:
            self.finished = next(self._steps, None) is None
            if self.finished or time.perf_counter() >= until:
                return

    def _prepare(self, check: Check, call: Call) -> None:
        reference = self._references.primary(call, self._machine)
        self._recorder.prepare(call, reference.value)
        if check.spec.case.gradients:
            upstream = self._references.upstream(call, self._machine)
            gradients = self._references.gradients(call, self._machine, upstream)
            for gradient in gradients.values():
                self._recorder.prepare(call, gradient.value)

    def _work(self, checks: Iterable[Check]) -> Iterator[Check]:
        total = 0
        for check in checks:
            # What fails here fails again where it is needed, and is told there.
            with suppress(Exception):
                call = self._calls.get(check.spec)
                total += call.nbytes
                if call.nbytes <= LARGEST:
                    self._prepare(check, call)
            yield check
            if total > MOST:
                return
