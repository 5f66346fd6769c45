"""One pytest session's run: started when the first check is asked for, never when only collecting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from conformance.environments import EnvironmentSpec, Ready
from conformance.gate import Expectation, Gate, Ruling, Verdict
from conformance.model import Check, Operator
from conformance.plan import Target
from conformance.results import CheckRecord
from conformance.run import Cursor, Destination, Run, Sink, planned_facts, platform_of, today


class Records(Protocol):
    """Where an item gets its record from: the run of this process, or the results of another's."""

    def result(self, check: Check) -> CheckRecord:
        """The record of `check`; waits for it. Raises KeyError where it will never come."""

    def peers(self, check: Check) -> Sequence[CheckRecord]:
        """The records of the same call."""

    def release(self, check: Check) -> None:
        """Say that `check` has been reported."""

    def close(self) -> None:
        """Stop."""


class Suite:
    """Environments, expectations and results of one session."""

    def __init__(
        self,
        environments: tuple[EnvironmentSpec, ...],
        targets: list[Target],
        expectations: list[Expectation],
        destination: Destination,
        deadline: float,
    ) -> None:
        self.environments = environments
        self.targets = targets
        self.gate = Gate(expectations)
        self.sink: Sink | None = None
        self.planned: list[Check] = []
        self.operators: dict[str, Operator] = {}
        self._destination = destination
        self._deadline = deadline
        self._records: Records | None = None

    def add(self, operator: Operator, checks: Sequence[Check]) -> None:
        """Note what a case file holds, selected or not."""
        self.operators[operator.name] = operator
        self.planned += checks

    def make_run(self, checks: Sequence[Check]) -> Run:
        """The run over `checks`, not yet started."""
        used = {check.environment for check in checks}
        specs = [spec for spec in self.environments if spec.name in used]
        self.sink = Sink(self._destination, list(self.operators.values()), [spec.name for spec in specs])
        return Run(checks, specs, self.sink, deadline=self._deadline)

    def start(self, checks: Sequence[Check]) -> None:
        """Be ready to run the selected `checks`."""
        self._records = Cursor(self.make_run(checks), checks)

    def follow(self, records: Records) -> None:
        """Take records from another process's run."""
        self._records = records

    def outcome(self, check: Check) -> tuple[CheckRecord, Ruling]:
        """The record of `check` and its verdict; waits for its own answer."""
        assert self._records is not None
        record = self._records.result(check)
        return record, self.gate.add(record, platform_of(self._ready, check.environment))

    def closes(self, verdict: Verdict) -> bool:
        """Whether a verdict fails its item."""
        return self.gate.closes(verdict)

    def peers(self, check: Check) -> Sequence[CheckRecord]:
        """The records of the same call."""
        assert self._records is not None
        return self._records.peers(check)

    def release(self, check: Check) -> None:
        """Say that `check` has been reported."""
        if self._records is not None:
            self._records.release(check)

    def close(self) -> None:
        """Stop the run; what was obtained is in the results file."""
        if self._records is not None:
            self._records.close()

    def find_stale(self) -> None:
        """Count the expectations that match no check of the full plan."""
        self.gate.find_stale(planned_facts(self.planned, self._ready), today())

    @property
    def _ready(self) -> Mapping[str, Ready]:
        return self.sink.ready if self.sink else {}


def default_destination(root: Path, path: Path | None) -> Destination:
    """`reports/` of the root, or exactly the file that was asked for."""
    return Destination(root / "reports", path)
