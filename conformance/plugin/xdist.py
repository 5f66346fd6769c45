"""Under pytest-xdist only the controller drives workers; its processes follow the results it writes."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.casefile import load
from conformance.model import Check
from conformance.plan import expand
from conformance.reference import known
from conformance.results import CheckRecord
from conformance.run import readable

if TYPE_CHECKING:
    from conformance.plugin.session import Suite

_INPUT = "conformance_records"
_POLL = 0.02  # seconds between looks at the file


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of xdist's."""
    return hasattr(config, "workerinput")


class Controller:
    """The controller's side: runs what the processes have collected, in a thread of its own."""

    def __init__(self, suite_of: Callable[[pytest.Config], Suite]) -> None:
        self._suite_of = suite_of
        self._folder = tempfile.TemporaryDirectory(prefix="conformance-")
        self._path = Path(self._folder.name) / "records.jsonl"
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a process where records appear."""
        node.workerinput[_INPUT] = str(self._path)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Start the run when the first process has said what is selected (all select the same)."""
        if self._thread is None:
            suite = self._suite_of(node.config)
            checks = self._checks(node.config, suite, ids)
            if checks:
                self._thread = threading.Thread(target=self._run, args=(suite, checks), name="conformance")
                self._thread.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop the run, and wait until its results are closed."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def pytest_unconfigure(self) -> None:
        """Remove the records that the processes followed."""
        self._folder.cleanup()

    def _checks(self, config: pytest.Config, suite: Suite, ids: Sequence[str]) -> list[Check]:
        selected = {}
        for node_id in ids:
            file, _, identifier = node_id.partition("::")
            selected.setdefault(file, set()).add(identifier)
        checks = []
        for file, identifiers in selected.items():
            path = config.rootpath / file
            if path.suffix in (".yaml", ".yml"):
                operator = load(readable(path), known())
                plan = expand([operator], suite.targets)
                suite.add(operator, plan.checks)
                checks += [check for check in plan.checks if check.id in identifiers]
        return checks

    def _run(self, suite: Suite, checks: Sequence[Check]) -> None:
        records = iter(suite.make_run(checks))
        with self._path.open("w", encoding="utf-8", buffering=1) as file:
            try:
                for record in records:
                    suite.gate.add(record)
                    file.write(json.dumps(record) + "\n")
                    if self._stop.is_set():
                        break
            finally:
                records.close()  # type: ignore[attr-defined]  # it is a generator
                file.write("null\n")


class FollowedRecords:
    """A process's side: reads the records that the controller writes, as they appear."""

    def __init__(self, config: pytest.Config) -> None:
        self._path = Path(config.workerinput[_INPUT])  # type: ignore[attr-defined]  # set by xdist
        self._records: dict[str, CheckRecord] = {}
        self._calls: dict[str, list[CheckRecord]] = {}
        self._offset = 0
        self._rest = b""
        self._ended = False

    def result(self, check: Check) -> CheckRecord:
        """The record of `check`; waits for it. Raises KeyError where the run ended without it."""
        while check.id not in self._records:
            if not self._read():
                if self._ended:
                    raise KeyError(check.id)
                time.sleep(_POLL)
        return self._records[check.id]

    def peers(self, check: Check) -> Sequence[CheckRecord]:
        """The records of the same call that are there by now."""
        return self._calls.get(self._records[check.id]["call"], [])

    def release(self, check: Check) -> None:
        """Nothing to do: the process ends soon."""

    def close(self) -> None:
        """Nothing to do: the controller closes the run."""

    def _read(self) -> bool:
        """Take in what has been added to the file; whether there was anything."""
        if not self._path.exists():
            return False
        with self._path.open("rb") as file:
            file.seek(self._offset)
            added = file.read()
        self._offset += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        for line in lines:
            record = json.loads(line)
            if record is None:
                self._ended = True
            else:
                self._records[record["id"]] = record
                self._calls.setdefault(record["call"], []).append(record)
        return bool(lines)
