"""From answers to records: what an environment answered is judged, then recorded."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np

from conformance.environments.events import Answered
from conformance.model import Check, Outcome
from conformance.plan import Call, CallCache
from conformance.reference import Reference
from conformance.results import CheckRecord
from conformance.run.execution import Execution, Repeat
from conformance.run.judge import Judge
from conformance.run.judgement import Judgement
from conformance.run.minimise import Alone, minimised, worst_alone
from conformance.run.record import Recorder
from conformance.run.references import Machine, References
from conformance.run.sink import Sink

Array = np.ndarray[Any, Any]
Judged: TypeAlias = "tuple[Check, Call | None, Judgement]"


class Assessor:
    """Judges checks in environments that are these `machines`, and makes their records."""

    def __init__(self, machines: Mapping[str, Machine], sink: Sink) -> None:
        self.calls = CallCache()
        self.references = references = References()
        self.recorder = Recorder(references)
        self._machines = machines
        self._sink = sink
        self._judge = Judge(references)
        self._judge_alone = Judge(references, explains=False)

    def upstream(self, execution: Execution, call: Call) -> Array | None:
        """The upstream gradient that an execution is given. Raises one of NO_ANSWER."""
        if not execution.of_gradients:
            return None
        if execution.repeat is not None:
            return execution.repeat.alone.upstream
        return self.references.upstream(call, self._machines[execution.first.environment])

    def evaluate_together(self, executions: Iterable[Execution]) -> None:
        """Make references of executions whose calls differ in their numbers alone."""
        calls: dict[str, list[Call]] = {}
        for execution in executions:
            check = execution.first
            # A call that has been dropped is a large one, or of a time long ago: it goes by itself.
            if execution.repeat is None and check.spec in self.calls:
                calls.setdefault(check.environment, []).append(self.calls.get(check.spec))
        for environment, found in calls.items():
            with suppress(Exception):  # it fails again where it is needed, and is told there
                self.references.evaluate_together(found, self._machines[environment])

    def refer(self, execution: Execution, event: Answered) -> list[tuple[Reference, Array, Machine]]:
        """Make the references of an answered execution; return what there is to compare with them."""
        machine, found = self._machines[event.environment], []
        for check in execution.checks:
            with suppress(Exception):  # it fails again where it is needed, and is told there
                call = self.calls.get(check.spec)
                upstream = self.upstream(execution, call)
                compared = self._judge.compared(check, call, event.answer, machine, upstream)
                if compared is not None:
                    found.append((*compared, machine))
        return found

    def judge(self, execution: Execution, check: Check, event: Answered) -> Judged:
        """Judge an answered check; where that fails, it is our fault and costs no other."""
        call = None
        try:
            call = self.calls.get(check.spec)
            machine, upstream = self._machines[event.environment], self.upstream(execution, call)
            version = self._version(check)
            return check, call, self._judge.judge(check, call, event.answer, machine, version, upstream)
        except Exception:  # whatever it is: it goes into the record, with its traceback
            return check, call, Judgement(Outcome.HARNESS_ERROR, detail=traceback.format_exc())

    def recorded(self, judged: Judged, event: Answered) -> tuple[Check, CheckRecord, Alone | None]:
        """The record of a judged check, and its worst element where that is to be called by itself."""
        check, call, judgement = judged
        seconds, log = float(event.answer.get("seconds", 0.0)), str(event.answer.get("log", ""))
        try:
            record = self.record(check, call, judgement, seconds, log)
            return check, record, worst_alone(check, call, judgement) if call is not None else None
        except Exception:
            failed = Judgement(Outcome.HARNESS_ERROR, detail=traceback.format_exc())
            return check, self.record(check, call, failed, seconds, log), None

    def minimise(self, check: Check, repeat: Repeat, event: Answered) -> None:
        """Add to the record of a repeat what came of its worst element, called by itself."""
        alone, machine = repeat.alone, self._machines[event.environment]
        version = self._version(check)
        try:
            judgement = self._judge_alone.judge(
                check, alone.call, event.answer, machine, version, alone.upstream
            )
            repeat.record["minimised"] = minimised(alone, judgement)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            repeat.record["minimised"] = None  # the record is right without it

    def record(
        self, check: Check, call: Call | None, judgement: Judgement, seconds: float, log: str
    ) -> CheckRecord:
        """The record of a check."""
        version = self._version(check)
        return self.recorder.record(check, call, judgement, version=version, seconds=seconds, log=log)

    def _version(self, check: Check) -> str:
        ready = self._sink.ready.get(check.environment)
        return str(ready.description["version"]) if ready else "unknown"
