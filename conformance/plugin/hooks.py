"""What a session with case files does beyond its items: start, stop, and the summary."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.plugin import xdist
from conformance.plugin.items import CheckItem
from conformance.plugin.setup import is_worker
from conformance.plugin.suite import Suite
from conformance.plugin.terminal import summarise
from conformance.results import ResultsError


class Hooks:
    """Hooks of a session that has met a case file."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._selected: list[CheckItem] = []  # of all shards

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave the checks of this shard. Raises UsageError where there is none."""
        self._selected = [item for item in items if isinstance(item, CheckItem)]
        if not config.option.shard:
            return
        part = {check.id for check in self._suite.part([item.check for item in self._selected])}
        left = [item for item in items if not isinstance(item, CheckItem) or item.check.id in part]
        config.hook.pytest_deselected(items=[item for item in self._selected if item.check.id not in part])
        items[:] = left
        if is_worker(config):
            xdist.tell_selected(config, [item.nodeid for item in self._selected])
        elif self._selected and not part:
            raise pytest.UsageError(
                f"--shard {config.option.shard}: there is no check left for it; use fewer shards"
            )

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Be ready to run what was selected; no call is made before the first item asks."""
        items = [item for item in session.items if isinstance(item, CheckItem)]
        for file in {item.file for item in items}:
            file.hooks = file.ihook
        checks = [item.check for item in items]
        if session.config.option.collectonly or not checks:
            return
        if is_worker(session.config):
            xdist.follow(session.config, self._suite, checks)
            return
        try:
            # --lf leaves out items even later; of a shard, what all shards were to run has to be known.
            selected = [item.check for item in self._selected] if session.config.option.shard else checks
            self._suite.start(selected)
        except ResultsError as problem:
            raise pytest.UsageError(str(problem)) from problem

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the workers; an environment that could not run is a failure of the session."""
        suite = self._suite
        suite.close()
        if suite.sink is None:  # nothing ran in this process
            return
        suite.find_stale()
        broken = suite.failure or suite.sink.unavailable or suite.gate.stale
        if broken and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where the results are, and which environments could not run."""
        if self._suite.sink is not None:
            summarise(terminalreporter, self._suite)
