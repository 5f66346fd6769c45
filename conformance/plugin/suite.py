"""One pytest session's run: goes on as checks are asked for, never when only collecting."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from conformance.environments import EnvironmentSpec, Pool
from conformance.gate import Expectation, Gate, Ruling, beside, covers, load_expectations
from conformance.model import Check, Operator
from conformance.plan import Modes, Plan, Target, expand
from conformance.results import CheckRecord
from conformance.run import (
    Asked,
    Continuation,
    Cursor,
    Destination,
    Run,
    Shard,
    Sink,
    in_every_mode,
    planned_facts,
    platform_of,
    readable,
    spare_collector,
    today,
    used,
)

PlatformOf = Callable[[str], str]


class Closable(Protocol):
    """What goes on until it is closed."""

    def close(self) -> None:
        """End it."""


class Suite:
    """Environments, expectations and results of one session.

    `sink` is there once a run in this process has been made ready; `failure` says why one ended early.
    """

    def __init__(
        self,
        environments: Sequence[EnvironmentSpec],
        targets: list[Target],
        modes: Modes,
        asked: Asked,
        destination: Destination,
        deadline: float,
        pool: Pool,
        shard: Shard | None = None,
        resume: Path | None = None,
    ) -> None:
        self.environments = environments
        self.targets = targets
        self._modes = modes
        self._asked = asked
        self.sink: Sink | None = None
        self.failure = ""
        self._expectations: list[Expectation] = []
        self._folders: set[Path] | None = set()  # beside which expectations have been looked for
        self._files: set[Path] = set()  # case files of which every case is in the plan
        self.gate = Gate(self._expectations)
        self._planned: list[Check] = []
        self._operators: dict[str, Operator] = {}
        self._destination = destination
        self._deadline = deadline
        self._pool = pool
        self._cursor: Cursor | None = None
        self._running: Closable | None = None
        self._platform: PlatformOf = lambda _: ""
        self._first: dict[str, str] = {}
        self._shard = shard
        self._resume = resume
        self._earlier: Continuation | None = None
        self._unspare = spare_collector()  # collecting makes many objects, and no garbage

    def expect_only(self, path: Path) -> None:
        """Take the expectations of `path` and no others. Raises ExpectationError."""
        self._folders = None
        self._expectations += load_expectations([path])

    def expect_beside(self, folders: Iterable[Path]) -> None:
        """Take the expectations beside case files in `folders`, each once. Raises ExpectationError."""
        if self._folders is None:
            return
        fresh = {folder.resolve() for folder in folders} - self._folders
        self._folders |= fresh
        self._expectations += load_expectations(map(readable, beside(fresh)))

    def plan(self, path: Path, operator: Operator) -> Plan:
        """The checks of the case file at `path`; what it holds is noted, selected or not."""
        plan = expand([operator], self.targets, self._modes)
        self._operators[operator.name] = operator
        self._planned += plan.checks
        if not plan.problems:
            self._files.add(path.resolve())
        return plan

    def part(self, checks: Sequence[Check]) -> list[Check]:
        """Those of the selected `checks` that are in the session's shard."""
        return self._shard.choose(checks) if self._shard else list(checks)

    def make_run(self, checks: Sequence[Check]) -> Run:
        """The run over the session's shard of the selected `checks`, not yet started. Raises ResultsError."""
        operators = {check.spec.operator.name for check in checks}
        described = [operator for name, operator in self._operators.items() if name in operators]
        shard = str(self._shard) if self._shard else None
        selection = self._asked.selection(
            self._planned, checks, self.targets, covered=self._covered(), shard=shard
        )
        left = self.part(checks)
        if self._resume is not None:
            self._earlier = Continuation.read(self._resume, described, selection)
            left = self._earlier.left(left)
        specs = used(self.environments, left)
        destination = self._earlier or self._destination
        self.sink = Sink(destination, described, [spec.name for spec in specs], selection)
        if self._earlier is not None:
            self._earlier.introduce(self.sink)
        return Run(left, specs, self.sink, deadline=self._deadline, pool=self._pool)

    def records(self, run: Run) -> Generator[CheckRecord, None, None]:
        """The records of `run`, behind those of the results that it goes on with."""
        return self._earlier.records(run) if self._earlier is not None else iter(run)

    def platform(self, environment: str) -> str:
        """The platform of an environment that runs in this process's run, "" where it does not."""
        return platform_of(self.sink.ready, environment) if self.sink else ""

    def start(self, checks: Sequence[Check]) -> None:
        """Be ready to run the session's shard of the selected `checks`. Raises ResultsError."""
        self._unspare()
        self._unspare = spare_collector()  # of what has been collected, too
        self.follow(self.records(self.make_run(checks)), self.platform, self.part(checks))

    def follow(
        self,
        records: Generator[CheckRecord, None, None],
        platform: PlatformOf,
        checks: Sequence[Check],
    ) -> None:
        """Take the records of the selected `checks` from `records`."""
        self._cursor = self._running = Cursor(records, checks)
        self._platform = platform
        for check in checks:
            self._first.setdefault(check.environment, check.id)

    def lead(self, running: Closable) -> None:
        """Note what runs in this process for others to follow."""
        self._running = running

    @property
    def running(self) -> bool:
        """Whether a run has been made ready in this process."""
        return self._running is not None

    def outcome(self, check: Check) -> tuple[CheckRecord, Ruling]:
        """The record of `check` and its verdict; waits for its own answer.

        Raises KeyError where the run ended without it, and whatever ended it.
        """
        assert self._cursor is not None
        record = self._cursor.result(check)
        return record, self.gate.add(record, self._platform(check.environment))

    def peers(self, check: Check) -> Sequence[CheckRecord]:
        """The records of the same call; waits for them."""
        assert self._cursor is not None
        return self._cursor.peers(check)

    def release(self, check: Check) -> None:
        """Say that `check` has been reported."""
        assert self._cursor is not None
        self._cursor.release(check)

    def is_first(self, check: Check) -> bool:
        """Whether `check` is the first selected one of its environment."""
        return self._first[check.environment] == check.id

    def close(self) -> None:
        """Stop the run; what was obtained is in the results file."""
        self._unspare()
        if self._running is not None:
            self._running.close()

    def _covered(self) -> bool:
        """Whether every case file of the folders is in the plan."""
        return covers(self._files, self._folders or {path.parent for path in self._files})

    def find_stale(self) -> None:
        """Count the expectations that match no check of the full plan."""
        assert self.sink is not None
        self.gate.find_stale(
            planned_facts(self._planned, self.sink.ready),
            today(),
            covered=self._covered(),
            everywhere=all(spec.name in self.sink.ready for spec in self.environments),
            left_out=in_every_mode(self._operators.values(), self.targets, self.sink.ready),
        )
