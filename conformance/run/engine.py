"""Drives the environments, judges what comes back, and writes each result as it is known."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.environments import Answered, Crashed, EnvironmentSpec, Pool, Ready, TimedOut, Unavailable
from conformance.model import Check, Outcome
from conformance.plan import Call, CallCache, InvalidInput
from conformance.results import CheckRecord
from conformance.run.judge import Judge, Judgement
from conformance.run.record import Recorder
from conformance.run.references import Machine, References
from conformance.run.request import request
from conformance.run.sink import Sink

_IDLE = 0.2  # seconds without any event after which what was written is handed to the operating system


@dataclass(slots=True)
class Execution:
    """One call in one environment, and the checks that its answer decides."""

    identifier: int
    checks: list[Check]
    done: bool = False


def executions(checks: Sequence[Check]) -> list[Execution]:
    """Group checks that one execution of a call decides: same call, API, environment, device, mode."""
    groups: dict[tuple[int, str, str, str, str], Execution] = {}
    for check in checks:
        key = (id(check.spec), check.api.name, check.environment, check.device, check.mode)
        if key in groups:
            groups[key].checks.append(check)
        else:
            groups[key] = Execution(len(groups), [check])
    return list(groups.values())


class Run:
    """One run over `checks`. Iterate over it for the results, in the order in which they finish.

    An environment that cannot run leaves its checks `not_run`, with the reason; the others are not
    disturbed. A result is handed to `sink` before it is yielded. Stopping the iteration early ends
    the workers and closes the results as incomplete.
    """

    def __init__(
        self, checks: Sequence[Check], environments: Sequence[EnvironmentSpec], sink: Sink, *, deadline: float
    ) -> None:
        self.sink = sink
        self._executions = executions(checks)
        self._pool = Pool(environments, deadline=deadline)
        self._machines = {spec.name: Machine(spec.log_ulps, spec.flush_to_zero) for spec in environments}
        self._calls = CallCache()
        references = References()
        self._judge = Judge(references)
        self._recorder = Recorder(references)
        self._left = len(self._executions)
        self._settled: deque[CheckRecord] = deque()

    def __iter__(self) -> Iterator[CheckRecord]:
        """Run everything. Raises ResultsError where results cannot be written."""
        complete, reason = False, "stopped early"
        try:
            with self._pool as pool:
                for name in self._machines:
                    pool.submit(name, self._requests(name))
                pool.start()
                while self._left or self._unsettled():
                    event = pool.next_event(_IDLE)
                    if event is None:
                        self.sink.flush()
                    else:
                        self._handle(event)
                    while self._settled:
                        yield self._settled.popleft()
            complete, reason = True, ""
        except KeyboardInterrupt:
            reason = "interrupted"
            raise
        finally:
            self.sink.close(complete, reason or None)

    def _unsettled(self) -> bool:
        """Whether an environment is still starting (one without any check starts, too)."""
        return len(self.sink.ready.keys() | self.sink.unavailable.keys()) < len(self._machines)

    def _requests(self, environment: str) -> Iterator[dict[str, Any]]:
        """The requests of one environment, made when the pool asks for them."""
        for execution in self._executions:
            first = execution.checks[0]
            if first.environment != environment or execution.done:
                continue
            try:
                call = self._calls.get(first.spec)
            except InvalidInput as problem:
                self._settle(
                    execution,
                    Judgement(Outcome.INVALID_CASE, detail=f"{first.spec.case.location}: {problem}"),
                )
                continue
            printed = any(check.spec.case.printed for check in execution.checks)
            style = first.spec.case.printed.style if printed and first.spec.case.printed else None
            yield request(execution.identifier, first, call, style)

    def _handle(self, event: object) -> None:
        if isinstance(event, Answered):
            self._answered(event)
        elif isinstance(event, Ready):
            missing = self._missing_device(event)
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

    def _missing_device(self, event: Ready) -> Unavailable | None:
        """A device that was asked for and that the framework does not find."""
        devices = [str(device) for device in event.description["devices"]]
        for execution in self._executions:
            first = execution.checks[0]
            if first.environment == event.environment:
                if first.device.partition(":")[0] in devices:
                    return None
                reason = f"{event.description['framework']} finds no device {first.device} here"
                return Unavailable(event.environment, reason, f"--device {' or '.join(devices)}")
        return None

    def _unavailable(self, event: Unavailable) -> None:
        """Settle everything that an environment has not answered."""
        self.sink.environment(event)
        detail = f"environment {event.environment} cannot run: {event.reason}"
        for execution in self._executions:
            if execution.checks[0].environment == event.environment and not execution.done:
                self._settle(execution, Judgement(Outcome.NOT_RUN, detail=detail))

    def _answered(self, event: Answered) -> None:
        execution = self._executions[event.request]
        if execution.done:
            return  # of an environment that has been given up meanwhile
        execution.done = True
        self._left -= 1
        answer = event.answer
        call = self._calls.get(execution.checks[0].spec)
        machine = self._machines[event.environment]
        for check in execution.checks:
            judgement = self._judge.judge(check, call, answer, machine, self._version(check))
            seconds = float(answer.get("seconds", 0.0))
            self._write(check, call, judgement, seconds, str(answer.get("log", "")))

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
        execution.done = True
        self._left -= 1
        call = self._calls.get(execution.checks[0].spec) if known else None
        for check in execution.checks:
            self._write(check, call, judgement, seconds, log)

    def _version(self, check: Check) -> str:
        ready = self.sink.ready.get(check.environment)
        return str(ready.description["version"]) if ready else "unknown"

    def _write(self, check: Check, call: Call | None, judgement: Judgement, seconds: float, log: str) -> None:
        record = self._recorder.record(
            check, call, judgement, version=self._version(check), seconds=seconds, log=log
        )
        self.sink.write(record)
        self._settled.append(record)
