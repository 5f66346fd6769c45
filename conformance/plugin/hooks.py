"""What a session with case files does beyond its items: start, stop, and the summary."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.plugin import xdist
from conformance.plugin.items import CheckItem
from conformance.plugin.suite import Suite
from conformance.plugin.terminal import summarise


class Hooks:
    """Hooks of a session that has met a case file."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Be ready to run what was selected; nothing starts before the first item asks."""
        checks = [item.check for item in session.items if isinstance(item, CheckItem)]
        if session.config.option.collectonly or not checks:
            return
        if xdist.is_worker(session.config):
            xdist.follow(session.config, self._suite, checks)
        else:
            self._suite.start(checks)

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
