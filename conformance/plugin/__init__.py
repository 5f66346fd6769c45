"""The pytest plugin: YAML case files are collected, each check is an item.

This module is imported by every pytest run of an interpreter that has the suite installed, whether
or not there is any case file. So it imports nothing but pytest: the rest of the suite, which takes
longer to import than pytest does, comes with the first case file (the imports inside functions below).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

_SUFFIXES = (".yaml", ".yml")
_MARKS = {
    "must": "documented for the API",
    "observe": "not documented for the API",
    "value": "judged by the reference",
    "documented": "judged by what a document prints",
    "error": "ought to be refused",
    "gradient": "of a gradient",
    "float16": "in this dtype",
    "bfloat16": "in this dtype",
    "float32": "in this dtype",
    "float64": "in this dtype",
    "quick": "for a pull request: float32, eager, of small inputs",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's own options."""
    group = parser.getgroup("conformance", "conformance of deep-learning frameworks")
    group.addoption(
        "--environment",
        action="append",
        default=[],
        metavar="NAME[=TARGET]",
        help="run cases in this environment, and only in those given so (repeatable); TARGET is an"
        " environment's folder, an interpreter, or an execnet specification",
    )
    group.addoption("--results", metavar="PATH", help="results file to write (default: reports/<time>.jsonl)")
    group.addoption("--deadline", type=float, metavar="SECONDS", help="longest time for one call")
    group.addoption(
        "--modes",
        help="chosen (the default): eager mode, and the modes that compile for the cases that are marked"
        " compiled; all: every case in every mode; or the names of modes, separated by commas",
    )
    group.addoption("--shard", metavar="K/N", help="run only the K-th of N even parts of the checks")
    group.addoption(
        "--resume",
        metavar="RESULTS",
        help="go on with the results of a session that was killed: only what they lack is run",
    )
    group.addoption("--device", help="device to place tensors on (default: cpu)")
    group.addoption("--expectations", metavar="PATH", help="file or folder of known deviations")
    group.addoption("--no-strict", action="store_true", help="a known deviation that passes is no failure")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks that checks carry; frameworks and modes follow with the first case file."""
    for name, meaning in _MARKS.items():
        config.addinivalue_line("markers", f"{name}: check {meaning}")
    if config.option.markers:  # pytest --markers: there will be no case file
        from conformance.plugin.setup import register_marks

        register_marks(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect YAML files that are case files; other YAML is none of ours."""
    if file_path.suffix.lower() not in _SUFFIXES or not _perhaps_ours(file_path):
        return None
    from conformance.plugin.setup import collect

    return collect(file_path, parent)


def _perhaps_ours(path: Path) -> bool:
    """Whether a YAML file is worth the import that a closer look takes."""
    try:
        data = path.read_bytes().replace(b"\0", b"")  # UTF-16 is refused later, with a reason
    except OSError:
        return True
    return b"operator" in data or b"casefile/schema.json" in data


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Refuse wrong options here, once, and not in each of xdist's processes."""
    options = config.option
    told = (options.environment, options.expectations, options.modes, options.shard, options.resume)
    if any(told) or options.deadline is not None:
        from conformance.plugin.setup import suite_of

        suite_of(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Start the run, in the controller, when the first process has said what is selected."""
    if node.config.option.shard or any(f"{suffix}::" in name for name in ids for suffix in _SUFFIXES):
        from conformance.plugin.setup import suite_of
        from conformance.plugin.xdist import lead

        lead(suite_of(node.config), node, ids)
