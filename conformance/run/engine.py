"""Drives the environments, judges what comes back, and writes each result as it is known."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from conformance.environments import EnvironmentSpec, Pool
from conformance.environments.events import Answered, Crashed, Event, Ready, TimedOut, Unavailable
from conformance.model import Check, Outcome
from conformance.plan import EAGER, Call
from conformance.reference import Reference
from conformance.results import CheckRecord
from conformance.run.ahead import Ahead
from conformance.run.allocator import give_back_large_blocks
from conformance.run.assess import Assessor, Judged
from conformance.run.execution import Execution, Repeat, executions
from conformance.run.introductions import Introductions, missing_device
from conformance.run.judgement import Judgement, unanswerable
from conformance.run.references import NO_ANSWER, Machine
from conformance.run.request import request
from conformance.run.session import COMPILATION
from conformance.run.sink import Sink

Array = np.ndarray[Any, Any]

_HELD = 0.05  # seconds that what has been judged may wait to be recorded
_IDLE = 0.2  # seconds without any event after which what was written is handed to the operating system


class Run:
    """One run over `checks`. Iterate over it for the results, in the order in which they finish.

    An environment that cannot run leaves its checks `not_run`, with the reason; the others are not
    disturbed. A result is handed to `sink` before it is yielded. Stopping the iteration early ends
    the workers and closes the results, as incomplete unless everything had been obtained.

    `pool`, where there is one already, has this `deadline`, and `environments`; its others are released.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        environments: Sequence[EnvironmentSpec],
        sink: Sink,
        *,
        deadline: float,
        compilation: float = COMPILATION,
        pool: Pool | None = None,
    ) -> None:
        self.sink = sink
        self._deadlines = (deadline, deadline + compilation)
        self._executions = executions(checks)
        self._pool = pool or Pool(environments, deadline=deadline)
        self._machines = {spec.name: Machine(spec.log_ulps, spec.flush_to_zero) for spec in environments}
        for idle in self._pool.environments - self._machines.keys():
            self._pool.release(idle)
        self._introductions = Introductions({spec.name: sink.apis(spec.framework) for spec in environments})
        self._assessor = own = Assessor(self._machines, sink)
        machine = next(iter(self._machines.values()), Machine())
        self._ahead = Ahead(checks, own.calls, own.references, own.recorder, machine)
        self._left = len(self._executions)
        self._invalid: deque[tuple[Execution, Judgement]] = deque()
        self._repeats: dict[str, deque[dict[str, Any]]] = {spec.name: deque() for spec in environments}
        self._asked: set[str] = set()  # environments whose checks have all been asked for
        self._settled: deque[CheckRecord] = deque()
        self._stopped = False

    def __iter__(self) -> Generator[CheckRecord, None, None]:
        """Run everything. Raises ResultsError where results cannot be written."""
        self.sink.check()
        give_back_large_blocks()
        reason: str | None = None
        try:
            yield from self._run()
            reason = self._unfinished()
        except GeneratorExit:
            reason = self._unfinished()
            raise
        except KeyboardInterrupt:
            reason = "interrupted"
            raise
        except BaseException as problem:
            reason = f"the suite failed: {type(problem).__name__}: {problem}"
            raise
        finally:
            try:
                self._write_waiting()
            finally:
                self.sink.close(reason is None, reason)

    def stop(self) -> None:
        """Have the iteration end soon; for another thread than the one that iterates."""
        self._stopped = True

    def _run(self) -> Iterator[CheckRecord]:
        with self._pool as pool:
            for name in self._machines:
                pool.submit(name, self._requests(name))
            pool.start()
            while (self._left or self._unsettled()) and not self._stopped:
                event = pool.next_event(_IDLE if self._ahead.finished else 0.0)
                if event is not None:
                    events = [self._introductions.seen(each) for each in (event, *pool.more_events())]
                    self._handle([each for each in events if each is not None])
                elif self._ahead.finished:
                    self.sink.flush()
                else:
                    self._ahead.step()
                while self._invalid and self._known(self._invalid[0][0]):
                    self._settle(*self._invalid.popleft())
                while self._settled:
                    yield self._settled.popleft()

    def _unfinished(self) -> str | None:
        """Why the results are not complete; None where they are, whether or not anybody took the last."""
        return "stopped early" if self._left or self._settled or self._unsettled() else None

    def _known(self, execution: Execution) -> bool:
        """Whether it is known what the environment of an execution is."""
        name = execution.first.environment
        return name in self.sink.ready or name in self.sink.unavailable

    def _unsettled(self) -> bool:
        """Whether an environment is still starting (one without any check starts, too)."""
        return len(self.sink.ready.keys() | self.sink.unavailable.keys()) < len(self._machines)

    def _requests(self, environment: str) -> Iterator[dict[str, Any]]:
        """The requests of one environment, made when the pool asks for them."""
        yield self._introductions.request(environment)
        for execution in self._executions:
            first = execution.first
            if first.environment != environment or execution.done or execution.repeat is not None:
                continue
            try:
                call = self._assessor.calls.get(first.spec)
                upstream = self._assessor.upstream(execution, call)
            except NO_ANSWER as problem:
                # Settled later: requests are made before the pool has told what the environment is.
                self._invalid.append((execution, unanswerable(first, problem)))
                continue
            yield self._request(execution, call, upstream)
            yield from self._pending_repeats(environment)
        self._asked.add(environment)

    def _request(self, execution: Execution, call: Call, upstream: Array | None) -> dict[str, Any]:
        first, number, printed = execution.first, execution.identifier, execution.print_style
        deadline, style = self._deadlines[first.mode != EAGER], self._assessor.recorder.styles.of(first)
        return request(number, first, call, printed, style=style, upstream=upstream, deadline=deadline)

    def _pending_repeats(self, environment: str) -> Iterator[dict[str, Any]]:
        while waiting := self._repeats[environment]:
            yield waiting.popleft()

    def _handle(self, events: Sequence[Event]) -> None:
        answers: list[Answered] = []
        for event in events:
            if isinstance(event, Answered):
                answers.append(event)
            else:
                self._answered(answers)
                answers = []
                self._happened(event)
        self._answered(answers)

    def _happened(self, event: Event) -> None:
        if isinstance(event, Ready):
            missing = missing_device(event, self._executions)
            if missing is None:
                self.sink.environment(event)
            else:
                self._unavailable(missing)
        elif isinstance(event, Unavailable):
            self._unavailable(event)
        elif isinstance(event, Crashed):
            judgement = Judgement(Outcome.CRASH, detail=f"the process died: {event.cause}")
            self._settle(self._executions[event.request], judgement, log=event.log, known=True)
        elif isinstance(event, TimedOut):
            judgement = Judgement(Outcome.TIMEOUT, detail=f"no answer within {event.seconds:g} s")
            execution = self._executions[event.request]
            self._settle(execution, judgement, log=event.log, seconds=event.seconds, known=True)

    def _unavailable(self, event: Unavailable) -> None:
        """Settle everything that an environment has not answered."""
        self.sink.environment(event)
        detail = f"environment {event.environment} cannot run: {event.reason}"
        for execution in self._executions:
            if execution.first.environment == event.environment and not execution.done:
                self._settle(execution, Judgement(Outcome.NOT_RUN, detail=detail))

    def _answered(self, events: Sequence[Answered]) -> None:
        """Finish what has been answered, in portions, so that an interrupt costs little."""
        self._assessor.evaluate_together(self._executions[event.request] for event in events)
        portion: list[tuple[Execution, Answered]] = []
        compared: list[tuple[Reference, Array, Machine]] = []
        began = time.monotonic()
        for event in events:
            execution = self._executions[event.request]
            if execution.done:
                continue  # of an environment that has been given up meanwhile
            if execution.repeat is not None:
                execution.done = True
                self._left -= 1
                self._assessor.minimise(execution.first, execution.repeat, event)
                self._finish(execution.repeat.record)
                continue
            portion.append((execution, event))
            compared += self._assessor.refer(execution, event)
            if time.monotonic() - began > _HELD:
                self._judge(portion, compared)
                portion, compared, began = [], [], time.monotonic()
        self._judge(portion, compared)

    def _judge(
        self,
        portion: Iterable[tuple[Execution, Answered]],
        compared: Iterable[tuple[Reference, Array, Machine]],
    ) -> None:
        """Judge a portion of what has been answered, whose references there are, and finish it.

        One kind of work after the other: done check by check, each finds the processor's caches full of the
        others' code, and a check takes half as long again. But what takes long to judge holds nothing back.
        """
        self._assessor.references.compare_together(compared)
        judged: list[tuple[Execution, Answered, list[Judged]]] = []
        began = time.monotonic()
        for execution, event in portion:
            if time.monotonic() - began > _HELD:
                self._record(judged)
                judged, began = [], time.monotonic()
            found = [self._assessor.judge(execution, check, event) for check in execution.checks]
            judged.append((execution, event, found))
        self._record(judged)

    def _record(self, judged: Sequence[tuple[Execution, Answered, list[Judged]]]) -> None:
        """Finish what has been judged."""
        recorded = []
        for execution, event, found in judged:
            recorded.append((execution, [self._assessor.recorded(one, event) for one in found]))
        for execution, checks in recorded:
            execution.done = True
            self._left -= 1
            for check, record, alone in checks:
                if alone is None:
                    self._finish(record)
                else:
                    self._repeat(check, Repeat(alone, record))

    def _repeat(self, check: Check, repeat: Repeat) -> None:
        """Have the worst element called by itself before its record is written.

        That is soon: behind the requests that are on their way, but before those that are not.
        """
        execution = Execution(len(self._executions), [check], repeat=repeat)
        self._executions.append(execution)
        self._left += 1
        asked = self._request(execution, repeat.alone.call, repeat.alone.upstream)
        self._repeats[check.environment].append(asked)
        if check.environment in self._asked:
            self._pool.submit(check.environment, self._pending_repeats(check.environment))

    def _write_waiting(self) -> None:
        """At the end of a run that was stopped: a record that waits for its repeat is right without it."""
        for execution in self._executions:
            if execution.repeat is not None and not execution.done:
                execution.done = True
                self._left -= 1
                self.sink.write(execution.repeat.record)

    def _settle(
        self,
        execution: Execution,
        judgement: Judgement,
        *,
        log: str = "",
        seconds: float = 0.0,
        known: bool = False,
    ) -> None:
        """The same judgement for all checks of an execution without an answer; `known`: its call was made."""
        if execution.done:
            return  # of an environment that has been given up meanwhile
        execution.done = True
        self._left -= 1
        if execution.repeat is not None:
            self._finish(execution.repeat.record)
            return
        call = self._assessor.calls.get(execution.first.spec) if known else None
        if call is not None:
            judgement.upstream = self._assessor.upstream(execution, call)
        for check in execution.checks:
            self._finish(self._assessor.record(check, call, judgement, seconds, log))

    def _finish(self, record: CheckRecord) -> None:
        self.sink.write(record)
        self._settled.append(record)
