"""Runs that are split, joined, killed and gone on with, over real workers of the fake framework."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from conformance.results import read_results
from tests.fakes.project import BROKEN_ENVIRONMENT, ONE_CASE, expect, surroundings, write_project

CASES = "".join(ONE_CASE.replace("id: one", f"id: case-{n}") for n in range(7))


def ids(path):
    return [record["id"] for record in read_results(path, incomplete=True).checks]


def told(results):
    """Everything that a results file says of its checks, but for the time they took."""
    return {record["id"]: {**record, "seconds": 0} for record in results.checks}


class TestShards:
    def test_shards_join_to_what_one_run_gives(self, cli, tmp_path):
        write_project(tmp_path, ["right", "wrong"], CASES)
        expect(tmp_path, "{checks: kl_div/*/fake.wrong.kl_div/*, outcome: mismatch, reason: off by 1 %}")
        assert cli("run", "--results", "whole.jsonl", "--no-html").code == 0
        paths = [f"{number}.jsonl" for number in (1, 2, 3)]
        for number, path in enumerate(paths, start=1):
            assert cli("run", "--shard", f"{number}/3", "--results", path, "--no-html").code == 0
        done = cli("merge", *reversed(paths), "-o", "all.jsonl")
        assert (done.code, done.out) == (0, "all.jsonl: 14 checks of 3 files\n")
        whole, merged = read_results(tmp_path / "whole.jsonl"), read_results(tmp_path / "all.jsonl")
        assert told(merged) == told(whole)
        assert merged.header["selection"] == whole.header["selection"]
        assert cli("gate", "all.jsonl").code == 0
        assert [len(ids(tmp_path / path)) for path in paths] == [6, 4, 4]

    def test_a_shard_makes_no_expectation_stale(self, cli, tmp_path):
        write_project(tmp_path, ["wrong"], CASES)
        expect(
            tmp_path,
            *(f"{{checks: kl_div/case-{n}/*, outcome: mismatch, reason: off by 1 %}}" for n in range(7)),
        )
        for number in (1, 2):
            assert cli("run", "--shard", f"{number}/2", "--results", f"{number}.jsonl").code == 0
            assert cli("gate", f"{number}.jsonl").code == 0

    def test_a_shard_that_is_none(self, cli, tmp_path):
        write_project(tmp_path, cases=CASES)
        done = cli("run", "--shard", "3/2")
        assert (done.code, "--shard 3/2: is no part of a run; write it as K/N" in done.err) == (2, True)
        assert not (tmp_path / "reports").exists()

    def test_more_shards_than_calls(self, cli, tmp_path):
        write_project(tmp_path)
        done = cli("run", "--shard", "2/2")
        assert done.code == 2
        assert "--shard 2/2: there is no check left for it; use fewer shards" in done.err

    def test_merge_refuses_and_makes_nothing(self, cli, tmp_path):
        write_project(tmp_path, cases=CASES)
        assert cli("run", "--shard", "1/2", "--results", "1.jsonl", "--no-html").code == 0
        before = set(tmp_path.iterdir())
        done = cli("merge", "1.jsonl", "-o", "all.jsonl")
        assert done.code == 2
        assert done.err == (
            "Error: 1.jsonl: is one of 2 shards; missing: 2/2; give the results of every shard\n"
        )
        assert set(tmp_path.iterdir()) == before

    def test_shards_of_changed_cases(self, cli, tmp_path):
        write_project(tmp_path, cases=CASES)
        assert cli("run", "--shard", "1/2", "--results", "1.jsonl", "--no-html").code == 0
        write_project(tmp_path, cases=CASES.replace("0.25", "0.5"))
        assert cli("run", "--shard", "2/2", "--results", "2.jsonl", "--no-html").code == 0
        done = cli("merge", "1.jsonl", "2.jsonl", "-o", "all.jsonl")
        assert (done.code, "their case files of kl_div differ" in done.err) == (2, True)


def killed(folder, *args, wanted):
    """Run, and kill with SIGKILL once so many checks are in out.jsonl: nobody is left to clean up."""
    (folder / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", *args],
        cwd=folder,
        env={**surroundings(), "TMPDIR": str(folder / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    path, until = folder / "out.jsonl", time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        if path.exists() and path.read_text().count('"kind":"check"') >= wanted:
            break
        time.sleep(0.02)
    assert path.read_text().count('"kind":"check"') >= wanted
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return path


RUN = ("conformance", "run", "--no-html", "--results", "out.jsonl")
RESUME = ("run", "--no-html", "--resume", "out.jsonl")


@pytest.fixture
def begun(tmp_path):
    """A run that was killed while a check hung; what it waited for is there now."""
    write_project(tmp_path, ["right", "wrong", "waits"], CASES)
    killed(tmp_path, *RUN, wanted=1)
    (tmp_path / "go").write_text("")
    return tmp_path


@pytest.fixture(autouse=True)
def go(tmp_path, monkeypatch):
    """What the API `fake.waits` waits for."""
    monkeypatch.setenv("FAKE_WAITS", str(tmp_path / "go"))


class TestResume:
    def test_only_what_is_missing_is_run(self, cli, begun):
        before = ids(begun / "out.jsonl")
        assert 1 <= len(before) < 21
        lines = (begun / "out.jsonl").read_text().splitlines()[: len(before) + 1]
        expect(begun, "{checks: kl_div/*/fake.wrong.kl_div/*, outcome: mismatch, reason: off by 1 %}")
        done = cli(*RESUME)
        assert done.code == 0, done.out + done.err
        assert "21 checks in 1 environment" in done.out  # the summary is of all of them
        assert (begun / "out.jsonl").read_text().splitlines()[: len(lines)] == lines
        results = read_results(begun / "out.jsonl")
        assert len(results.checks) == 21
        assert results.footer["counts"] == {"pass": 14, "mismatch": 7}

    def test_what_failed_before_closes_the_gate(self, cli, begun):
        done = cli(*RESUME)
        assert done.code == 1
        assert "gate: closed by 7 new_failure" in done.out

    def test_a_torn_last_line_is_run_again(self, cli, begun):
        path = begun / "out.jsonl"
        path.write_bytes(path.read_bytes()[:-200])
        assert cli(*RESUME).code == 1
        assert len(read_results(path).checks) == 21

    def test_nothing_is_left_but_the_footer(self, cli, tmp_path):
        write_project(tmp_path, cases=CASES)
        assert cli(*RUN[1:]).code == 0
        path = tmp_path / "out.jsonl"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
        done = cli(*RESUME)
        assert done.code == 0, done.err
        assert len(read_results(path).checks) == 7

    def test_a_shard(self, cli, tmp_path):
        write_project(tmp_path, cases=CASES)
        assert cli(*RUN[1:], "--shard", "1/2").code == 0
        path = tmp_path / "out.jsonl"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
        done = cli(*RESUME, "--shard", "2/2")
        assert (done.code, "it is shard 1/2, this run is shard 2/2" in done.err) == (2, True)
        assert cli(*RESUME, "--shard", "1/2").code == 0
        assert len(read_results(path).checks) == 4

    def test_under_pytest(self, begun):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "conformance.plugin",
                "cases",
                "-q",
                "--resume",
                "out.jsonl",
            ],
            cwd=begun,
            env=surroundings(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert "7 failed, 14 passed" in done.stdout, done.stdout + done.stderr
        assert len(read_results(begun / "out.jsonl").checks) == 21


class TestRefusals:
    """Each says what differs, ends with 2, and leaves the file as it was."""

    @pytest.fixture
    def refused(self, cli, tmp_path):
        def resume(*args):
            path = tmp_path / "out.jsonl"
            before = path.read_bytes()
            done = cli(*RESUME, *args)
            assert done.code == 2
            assert "Traceback" not in done.err
            assert path.read_bytes() == before
            return done.err

        return resume

    @pytest.fixture
    def stopped(self, cli, tmp_path):
        """An incomplete run of three of seven checks."""
        write_project(tmp_path, cases=CASES)
        assert cli(*RUN[1:]).code == 0
        path = tmp_path / "out.jsonl"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:4]))
        return path

    def test_complete(self, cli, tmp_path, refused):
        write_project(tmp_path)
        assert cli(*RUN[1:]).code == 0
        assert refused() == "Error: out.jsonl: is complete: nothing to resume\n"

    def test_other_cases(self, stopped, tmp_path, refused):
        write_project(tmp_path, cases=CASES.replace("0.25", "0.5"))
        assert "cases/kl_div.yaml has changed since" in refused()

    def test_other_checks(self, stopped, refused):
        message = refused("-k", "case-1")
        assert "it is over 7 checks, this run is over 1 others; it was begun by: " in message
        assert message.endswith("resume it as it was begun, or run everything into a new file\n")

    def test_another_version_of_the_suite(self, stopped, refused):
        stopped.write_text(stopped.read_text().replace('"version":"0.1.0"', '"version":"0.0.9"', 1))
        assert "it was begun by version 0.0.9 of the suite" in refused()

    def test_another_version_of_the_framework(self, stopped, refused):
        stopped.write_text(stopped.read_text().replace('"version":"1.0"', '"version":"0.9"', 1))
        assert "environment fake has version 1.0 now, it had 0.9" in refused()

    def test_an_environment_that_cannot_run_now(self, stopped, refused):
        assert "environment fake cannot run now: there is no interpreter" in refused("-e", "fake=/nowhere")

    def test_an_environment_that_could_not_run_then(self, cli, tmp_path, refused):
        write_project(tmp_path, cases=CASES, environments=BROKEN_ENVIRONMENT)
        assert cli(*RUN[1:]).code == 2
        path = tmp_path / "out.jsonl"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:1]))
        whole = BROKEN_ENVIRONMENT.replace("MissingAdapter", "FakeAdapter")
        write_project(tmp_path, cases=CASES, environments=whole)
        assert "environment broken could not run then, and can now" in refused()

    def test_not_ours(self, tmp_path, refused):
        write_project(tmp_path)
        (tmp_path / "out.jsonl").write_text("{}\n")
        assert "is no results file of the suite" in refused()

    def test_two_files(self, stopped, refused):
        assert "--results names a new file, --resume goes on with one" in refused("--results", "x.jsonl")
