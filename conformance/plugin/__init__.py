"""The pytest plugin: YAML case files are collected, each check is an item."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.casefile import is_casefile
from conformance.environments import EnvironmentUsageError
from conformance.gate import ExpectationError, load_expectations
from conformance.plugin import xdist
from conformance.plugin.items import CaseFile, CheckItem
from conformance.plugin.session import Suite, default_destination
from conformance.plugin.terminal import summarise
from conformance.run import DEADLINE, choose, default_cases

_SUITE = pytest.StashKey[Suite]()

_MARKS = {
    "must": "documented for the API",
    "observe": "not documented for the API",
    "value": "judged by the reference",
    "documented": "judged by what a document prints",
    "error": "ought to be refused",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's own options."""
    group = parser.getgroup("conformance", "conformance of deep-learning frameworks")
    group.addoption(
        "--environment",
        action="append",
        default=[],
        metavar="NAME[=TARGET]",
        help="run cases in this environment, and only in those given so (repeatable); TARGET is an environment's"
        " folder, an interpreter, or an execnet specification",
    )
    group.addoption("--results", metavar="PATH", help="results file to write (default: reports/<time>.jsonl)")
    group.addoption(
        "--deadline", type=float, default=DEADLINE, metavar="SECONDS", help="longest time for one call (%(default)s)"
    )
    group.addoption("--device", help="device to place tensors on (default: cpu)")
    group.addoption("--expectations", metavar="PATH", help="file or folder of known deviations")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks that checks carry, and the exchange with xdist where it is there."""
    for name, meaning in _MARKS.items():
        config.addinivalue_line("markers", f"{name}: check {meaning}")
    for word in ("torch", "mindspore", "oneflow", "float16", "bfloat16", "float32", "float64", "eager"):
        config.addinivalue_line("markers", f"{word}: check of this framework, dtype or mode")
    if config.pluginmanager.hasplugin("dsession"):
        config.pluginmanager.register(xdist.Controller(_suite), "conformance-controller")


def _suite(config: pytest.Config) -> Suite:
    """The session's suite, made when the first case file is met. Raises UsageError."""
    if _SUITE not in config.stash:
        options = config.option
        if options.deadline <= 0:
            raise pytest.UsageError(f"--deadline {options.deadline:g}: must be positive")
        try:
            environments, targets = choose(options.environment, config.rootpath, options.device)
            expectations = load_expectations(_expectation_paths(config))
        except (EnvironmentUsageError, ExpectationError) as problem:
            raise pytest.UsageError(str(problem)) from problem
        path = Path(options.results) if options.results else None
        destination = default_destination(config.rootpath, path)
        config.stash[_SUITE] = Suite(environments, targets, expectations, destination, options.deadline)
    return config.stash[_SUITE]


def _expectation_paths(config: pytest.Config) -> list[Path]:
    if config.option.expectations:
        return [Path(config.option.expectations)]
    folders = {default_cases(config.rootpath)}
    for argument in config.args:
        path = config.invocation_params.dir / argument.partition("::")[0]
        folders.add(path if path.is_dir() else path.parent)
    return [folder / "expectations" for folder in sorted(folders) if (folder / "expectations").is_dir()]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Collect YAML files that are case files; other YAML is none of ours."""
    if file_path.suffix in (".yaml", ".yml") and is_casefile(file_path):
        return CaseFile.of(parent, file_path, _suite(parent.config))
    return None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Be ready to run what was selected."""
    suite = session.config.stash.get(_SUITE, None)
    if suite is None or session.config.option.collectonly:
        return
    if xdist.is_worker(session.config):
        suite.follow(xdist.FollowedRecords(session.config))
        return
    suite.start([item.check for item in session.items if isinstance(item, CheckItem)])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the workers; an environment that could not run is a failure of the session."""
    suite = session.config.stash.get(_SUITE, None)
    if suite is None or xdist.is_worker(session.config):
        return
    suite.close()
    if suite.sink is None:
        return
    suite.find_stale()
    if (suite.sink.unavailable or suite.gate.stale) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say where the results are, and which environments could not run."""
    suite = config.stash.get(_SUITE, None)
    if suite is not None and suite.sink is not None:
        summarise(terminalreporter, suite.sink, suite.gate)
