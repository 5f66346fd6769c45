"""pytest sessions in a project of the fake framework."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import conformance.plugin.setup  # noqa: F401  # sessions in this process must not import NumPy again
from tests.fakes.project import ROOT

PLUGIN = ("-p", "conformance.plugin")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """The suite is the only plugin, whether or not it is installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def session(pytester) -> Callable[..., pytest.RunResult]:
    """Runs pytest in this process; workers are processes of their own."""
    imported = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # which it has been, into this process

    def run(*args: object) -> pytest.RunResult:
        return pytester.runpytest_inprocess(*imported, *PLUGIN, *args)

    return run


@pytest.fixture
def separate(pytester) -> Callable[..., pytest.RunResult]:
    """Runs pytest in a process of its own."""

    def run(*args: object) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*PLUGIN, *args)

    return run
