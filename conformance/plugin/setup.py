"""From pytest's options to a suite, when the first case file is met.

Frameworks are started first of all, since they take longest: most of our own modules are imported inside
functions below, while that goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.casefile import is_casefile
from conformance.environments import (
    DEADLINE,
    EnvironmentSpec,
    EnvironmentUsageError,
    Pool,
    adapters,
    modes_of,
    select,
)

if TYPE_CHECKING:
    from conformance.plan import Target
    from conformance.plugin.items import CaseFile, RefusedFile
    from conformance.plugin.suite import Suite

_SUITE = pytest.StashKey["Suite"]()
_REFUSAL = "conformance-refusal"


def suite_of(config: pytest.Config) -> Suite:
    """The session's suite, made when it is first asked for. Raises UsageError."""
    if _SUITE not in config.stash:
        suite = config.stash[_SUITE] = _made(config)
        from conformance.plugin.hooks import Hooks

        config.pluginmanager.register(Hooks(suite), "conformance-session")
        register_marks(config, suite.targets)
    return config.stash[_SUITE]


def _made(config: pytest.Config) -> Suite:
    options = config.option
    deadline = DEADLINE if options.deadline is None else options.deadline
    if deadline <= 0:
        raise pytest.UsageError(f"--deadline {deadline:g}: must be positive")
    if options.expectations and not Path(options.expectations).exists():
        raise pytest.UsageError(f"--expectations {options.expectations}: there is no such file or folder")
    if options.results and options.resume:
        raise pytest.UsageError("--results names a new file, --resume goes on with one: give one of them")
    try:
        environments = select(options.environment, config.rootpath)
    except EnvironmentUsageError as problem:
        raise pytest.UsageError(str(problem)) from problem
    pool = _started(config, environments, deadline)

    from conformance.gate import ExpectationError
    from conformance.plan import CHOSEN, UnknownModeError
    from conformance.plugin.suite import Suite
    from conformance.run import Asked, Destination, Shard, ShardError, choose_modes, targets_of

    destination = Destination(config.rootpath / "reports", Path(options.results) if options.results else None)
    try:
        targets = targets_of(environments, options.device)
        modes = choose_modes(options.modes, targets)
        asked = Asked(options.keyword, options.markexpr, tuple(config.args), options.modes or CHOSEN)
        shard = Shard.parse(options.shard) if options.shard else None
        resume = Path(options.resume) if options.resume else None
        suite = Suite(environments, targets, modes, asked, destination, deadline, pool, shard, resume)
        suite.gate.strict = not options.no_strict
        if options.expectations:
            suite.expect_only(Path(options.expectations))
        else:
            suite.expect_beside(_argument_folders(config))
    except (ExpectationError, ShardError, UnknownModeError) as problem:
        raise pytest.UsageError(str(problem)) from problem
    return suite


def _started(config: pytest.Config, environments: Sequence[EnvironmentSpec], deadline: float) -> Pool:
    """The workers of `environments`; on their way already, unless nothing is to run in this process."""
    pool = Pool(environments, deadline=deadline)
    config.add_cleanup(pool.close)
    if not (config.option.collectonly or is_worker(config)):
        pool.start()
    return pool


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of xdist's, which only follow what the controller runs."""
    return hasattr(config, "workerinput")


def _argument_folders(config: pytest.Config) -> Iterable[Path]:
    for argument in config.args:
        path = config.invocation_params.dir / argument.partition("::")[0]
        yield path if path.is_dir() else path.parent


def register_marks(config: pytest.Config, targets: Iterable[Target] = ()) -> None:
    """Register a mark for each framework and mode of `targets`, and of every adapter."""
    from conformance.plan import Target

    known = [Target(name, name, modes=modes_of(adapter)) for name, adapter in adapters().items()]
    everything = [*known, *targets]
    for name in sorted({target.framework for target in everything}):
        config.addinivalue_line("markers", f"{name}: check of this framework")
    for mode in sorted({mode for target in everything for mode in target.modes}):
        config.addinivalue_line("markers", f"{mode}: check in this mode")


class _Refusal:
    """Ends a session with a usage error where pytest can: one that collecting raises has a traceback."""

    def __init__(self, message: str) -> None:
        self._message = message

    def pytest_collection_modifyitems(self) -> None:
        """Raise it, when everything has been collected."""
        raise pytest.UsageError(self._message)


def collect(path: Path, parent: pytest.Collector) -> CaseFile | RefusedFile | None:
    """The collector of a case file; None for YAML that is none of ours, and where we cannot go on."""
    if not is_casefile(path) or parent.config.pluginmanager.hasplugin(_REFUSAL):
        return None
    try:
        suite = suite_of(parent.config)
    except pytest.UsageError as problem:
        return _refused(path, parent, problem)
    from conformance.gate import ExpectationError
    from conformance.plugin.items import CaseFile

    try:
        suite.expect_beside([path.parent])
    except ExpectationError as problem:
        return _refused(path, parent, problem)
    return CaseFile.of(parent, path, suite)


def _refused(path: Path, parent: pytest.Collector, problem: Exception) -> RefusedFile | None:
    """What takes a case file's place in one of xdist's processes; elsewhere the session is going to end."""
    if is_worker(parent.config):
        from conformance.plugin.items import RefusedFile

        return RefusedFile.of(parent, path, str(problem))
    parent.config.pluginmanager.register(_Refusal(str(problem)), _REFUSAL)
    return None
