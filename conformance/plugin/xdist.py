"""Under pytest-xdist only the controller drives workers; its processes follow the records it writes."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.casefile import CaseFileError, load
from conformance.gate import ExpectationError
from conformance.model import Check
from conformance.plugin.suite import Suite
from conformance.reference import known
from conformance.results import CheckRecord, ResultsError
from conformance.run import Run, readable

_POLL = 0.02  # seconds between looks at the file


def _records_file(run: str) -> Path:
    """Where the controller and the processes of the xdist run named `run` meet."""
    return Path(tempfile.gettempdir()) / f"conformance-{run}" / "records.jsonl"


def _selected_file(run: str) -> Path:
    """Where the processes of the xdist run named `run` say what is selected of all shards."""
    return _records_file(run).with_name("selected.json")


def tell_selected(config: pytest.Config, ids: Sequence[str]) -> None:
    """A process's side: say what is selected, before the controller hears of this shard's part of it."""
    path = _selected_file(config.workerinput["testrunuid"])  # type: ignore[attr-defined]  # set by xdist
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(list(ids)), encoding="utf-8")
    os.replace(fresh, path)


def lead(suite: Suite, node: Any, ids: Sequence[str]) -> None:
    """Run what the processes have collected, in a thread of its own; all of them select the same.

    Raises UsageError.
    """
    if suite.running:
        return
    run = node.workerinput["testrunuid"]
    path = _records_file(run)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    node.config.add_cleanup(lambda: shutil.rmtree(path.parent, ignore_errors=True))
    try:
        if node.config.option.shard:
            ids = json.loads(_selected_file(run).read_text("utf-8"))
        checks = _selected(node.config.rootpath, suite, ids)
        if suite.part(checks):
            suite.lead(Broadcast(suite, suite.make_run(checks), path))
    except (ExpectationError, ResultsError) as problem:
        raise pytest.UsageError(str(problem)) from problem


def _selected(root: Path, suite: Suite, ids: Sequence[str]) -> list[Check]:
    selected: dict[str, set[str]] = {}
    for node_id in ids:
        file, _, identifier = node_id.partition("::")
        selected.setdefault(file, set()).add(identifier)
    checks = []
    for file, identifiers in selected.items():
        path = root / file
        if path.suffix.lower() not in (".yaml", ".yml"):
            continue
        suite.expect_beside([path.parent])
        try:
            operator = load(readable(path), known())
        except CaseFileError:
            continue  # an item of its own says so
        plan = suite.plan(path, operator)
        checks += [check for check in plan.checks if check.id in identifiers]
    return checks


class Broadcast:
    """The controller's side: one line for each record, with its environment's platform; last `null`."""

    def __init__(self, suite: Suite, run: Run, path: Path) -> None:
        self._suite = suite
        self._run = run
        self._path = path
        self._thread = threading.Thread(target=self._write, name="conformance")
        self._thread.start()

    def close(self) -> None:
        """Stop the run, and wait until its results are closed."""
        self._run.stop()
        self._thread.join()

    def _write(self) -> None:
        with self._path.open("w", encoding="utf-8", buffering=1) as file:
            try:
                for record in self._suite.records(self._run):
                    line = [self._suite.platform(record["environment"]), record]
                    file.write(json.dumps(line) + "\n")
            except Exception as problem:  # nobody sees a thread's exception; the summary tells this one
                self._suite.failure = f"the run ended early: {problem or type(problem).__name__}"
            finally:
                file.write("null\n")


def follow(config: pytest.Config, suite: Suite, checks: Sequence[Check]) -> None:
    """A process's side: take the records from the controller."""
    path = _records_file(config.workerinput["testrunuid"])  # type: ignore[attr-defined]  # set by xdist
    platforms: dict[str, str] = {}
    suite.follow(_followed(path, platforms), lambda environment: platforms.get(environment, ""), checks)


def _followed(path: Path, platforms: dict[str, str]) -> Generator[CheckRecord, None, None]:
    """Each record when it has been written; waits for the next."""
    while not path.exists():
        time.sleep(_POLL)
    with path.open("rb") as file:
        rest = b""
        while True:
            added = file.read()
            if not added:
                time.sleep(_POLL)
                continue
            *lines, rest = (rest + added).split(b"\n")
            for line in lines:
                found = json.loads(line)
                if found is None:
                    return
                platform, record = found
                platforms[record["environment"]] = platform
                yield record
