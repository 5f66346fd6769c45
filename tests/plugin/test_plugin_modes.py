"""`--modes` of pytest, which means what it means to the commands."""

from __future__ import annotations

import pytest

from conformance.casefile import load
from conformance.plan import Target, expand, parse_modes
from tests.fakes.project import ONE_CASE, write_project

pytest_plugins = ["pytester"]

MODES = ("eager", "graph")
CASES = ONE_CASE + ONE_CASE.replace("id: one", "id: two\n    compiled: true")


@pytest.fixture
def path(pytester):
    """Two cases, one of which is marked compiled, in an environment with two modes."""
    return write_project(pytester.path, ["right"], CASES, adapter="ModalAdapter")


@pytest.mark.parametrize("text", [None, "chosen", "all", "eager", "graph", "graph,eager"])
def test_items_are_the_checks_in_these_modes(session, path, text):
    modes = parse_modes(text or "chosen", MODES)
    planned = expand([load(path)], [Target("fake", "fake", "cpu", MODES)], modes).checks
    result = session("cases", "--co", "-q", *(["--modes", text] if text else []))
    assert [line.partition("::")[2] for line in result.outlines if "::" in line] == [
        check.id for check in planned
    ]


def test_modes_and_gradients_are_marks(session, path):
    result = session("cases", "--strict-markers", "-m", "graph and not gradient", "-q")
    assert result.ret == 0
    result.assert_outcomes(passed=1, deselected=2)


@pytest.mark.usefixtures("path")
def test_an_unknown_mode_is_refused_in_one_line(session):
    result = session("cases", "--modes", "grpah")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --modes grpah: unknown mode 'grpah'; did you mean 'graph'?"])
