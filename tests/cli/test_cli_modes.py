"""`--modes` of the commands; pytest has the same."""

from __future__ import annotations

import pytest

from tests.fakes.project import ONE_CASE, expect, write_project

CASES = ONE_CASE + ONE_CASE.replace("id: one", "id: two\n    compiled: true")
WHERE = "reduction:sum/fake.right.kl_div/fake/float32/cpu"
EAGER = [f"kl_div/{case}/{WHERE}/eager/value" for case in ("one", "two")]
GRAPH = [f"kl_div/{case}/{WHERE}/graph/value" for case in ("one", "two")]


@pytest.fixture(autouse=True)
def project(tmp_path):
    """Two cases, one of which is marked compiled, in an environment with two modes."""
    write_project(tmp_path, ["right"], CASES, adapter="ModalAdapter")


@pytest.mark.parametrize(
    ("modes", "listed"),
    [
        ([], [*EAGER, GRAPH[1]]),
        (["--modes", "chosen"], [*EAGER, GRAPH[1]]),
        (["--modes", "all"], [*EAGER, *GRAPH]),
        (["--modes", "eager"], EAGER),
        (["--modes", "graph"], GRAPH),
        (["--modes", "graph,eager"], [*EAGER, *GRAPH]),
        (["-m", "graph"], [GRAPH[1]]),
    ],
)
def test_what_is_listed(cli, modes, listed):
    assert cli("list", *modes).out.splitlines() == listed


@pytest.mark.parametrize("command", ["run", "list"])
def test_an_unknown_mode_is_a_usage_error(cli, command):
    done = cli(command, "--modes", "grpah")
    assert done.code == 2
    assert done.err.strip() == "Error: --modes grpah: unknown mode 'grpah'; did you mean 'graph'?"


def test_modes_run(cli):
    done = cli("run", "--modes", "all")
    assert done.code == 0, done.err + done.out
    assert "4 checks in 1 environment" in done.out


def test_leaving_modes_out_makes_no_expectation_stale(cli, tmp_path):
    expect(tmp_path, "{checks: 'kl_div/one/*/graph/value', outcome: mismatch, reason: what graphs get wrong}")
    done = cli("run", "--modes", "eager")
    assert done.code == 0, done.out + done.err
    expect(tmp_path, "{checks: 'kl_div/one/*/grph/value', outcome: mismatch, reason: what graphs get wrong}")
    done = cli("run", "--modes", "eager")
    assert done.code != 0
    assert "stale" in done.out + done.err
