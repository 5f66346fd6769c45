"""Sessions that are one part of a run, alone and under xdist."""

from __future__ import annotations

import pytest

from conformance.results import merge_results, read_results
from tests.fakes.project import ONE_CASE, write_project

pytest_plugins = ["pytester"]

CASES = "".join(ONE_CASE.replace("id: one", f"id: case-{n}") for n in range(5))


@pytest.mark.parametrize("processes", [0, 2])
def test_shards_join_to_the_whole(separate, pytester, processes):
    write_project(pytester.path, ["right", "wide"], CASES)
    xdist = ("-p", "xdist", "-n", str(processes)) if processes else ()
    paths = [pytester.path / f"{number}.jsonl" for number in (1, 2)]
    for number, path in enumerate(paths, start=1):
        result = separate("cases", "-k", "not case-4", *xdist, "--shard", f"{number}/2", "--results", path)
        result.assert_outcomes(passed=2, failed=2, deselected=0 if processes else 6)
    merge_results(paths, pytester.path / "all.jsonl")
    merged = read_results(pytester.path / "all.jsonl")
    assert len(merged.checks) == 8
    assert merged.header["selection"]["keywords"] == "not case-4"


def test_what_is_no_shard_is_a_usage_error(session, pytester):
    write_project(pytester.path)
    result = session("cases", "--shard", "3/2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --shard 3/2: is no part of a run; *"])


def test_more_shards_than_calls(session, pytester):
    write_project(pytester.path)
    result = session("cases", "--shard", "2/2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --shard 2/2: there is no check left for it; use fewer shards"])


@pytest.mark.parametrize("xdist", [(), ("-p", "xdist", "-n", "2")])
def test_a_session_that_was_killed_goes_on(separate, pytester, xdist):
    write_project(pytester.path, ["right", "wide"], CASES)
    path = pytester.path / "out.jsonl"
    separate("cases", "--results", path).assert_outcomes(passed=5, failed=5)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:4]))
    separate("cases", *xdist, "--resume", path).assert_outcomes(passed=5, failed=5)
    assert len(read_results(path).checks) == 10


@pytest.mark.parametrize("xdist", [(), ("-p", "xdist", "-n", "2")])
def test_another_selection_cannot_go_on(separate, pytester, xdist):
    write_project(pytester.path, cases=CASES)
    path = pytester.path / "out.jsonl"
    separate("cases", "--results", path)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:4]))
    before = path.read_bytes()
    result = separate("cases", *xdist, "--resume", path, "-k", "case-1")
    assert result.ret != pytest.ExitCode.OK
    assert "cannot be resumed: it is over 5 checks, this run is over 1 others" in (
        result.stdout.str() + result.stderr.str()
    )
    assert path.read_bytes() == before
