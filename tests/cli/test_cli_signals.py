"""The real process: interrupted, terminated, without a reader."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from conformance.results import read_results
from tests.fakes.project import ONE_CASE, surroundings, write_project

SLOW_START = """\
[tool.conformance.environments]
slow.framework = "fake"
slow.adapter = "tests.fakes.adapter:SlowAdapter"
slow.gateway = "popen//env:FAKE_SLOW=60"
"""


class TestSignals:
    """To the real process, in the middle of a run: one check is done, the other hangs."""

    def interrupted(self, folder, *signals, args=(), wanted=1):
        command = [sys.executable, "-m", "conformance", "run", "--results", "out.jsonl", *args]
        temporary = folder / "tmp"
        temporary.mkdir()
        # A job in the background ignores Ctrl-C, and so would what it starts.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=surroundings(TMPDIR=str(temporary)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        signal.signal(signal.SIGINT, before)
        path, until = folder / "out.jsonl", time.monotonic() + 20
        while time.monotonic() < until and process.poll() is None:
            if wanted and path.exists() and path.read_text().count('"kind":"check"') >= wanted:
                break
            if not wanted and list(temporary.glob("conformance-*")):
                break
            time.sleep(0.05)
        for number in signals:
            process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert list(temporary.iterdir()) == []
        left = subprocess.run(["pgrep", "-s", str(process.pid)], capture_output=True, text=True, check=False)
        assert left.stdout == ""
        assert "Traceback" not in err
        return process.returncode, out, err

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_what_was_obtained_is_kept(self, tmp_path, number):
        write_project(tmp_path, ["right", "hang"])
        code, out, err = self.interrupted(tmp_path, number)
        assert code == 2
        assert "Interrupted; what was obtained is kept." in err
        assert "gate: not judged, the run was stopped" in out
        results = read_results(tmp_path / "out.jsonl", incomplete=True)
        assert [record["outcome"] for record in results.checks] == ["pass"]
        assert (results.footer["complete"], results.footer["reason"]) == (False, "interrupted")

    def test_while_environments_start(self, tmp_path):
        write_project(tmp_path)
        (tmp_path / "pyproject.toml").write_text(SLOW_START)
        code, _, err = self.interrupted(tmp_path, signal.SIGINT, args=["-e", "slow"], wanted=0)
        assert code == 2
        assert "Interrupted" in err
        assert not (tmp_path / "out.jsonl").exists()


def test_a_pipe_that_closes_is_no_failure_of_the_gate(tmp_path):
    write_project(tmp_path)
    shell = f"{sys.executable} -m conformance list | true; exit ${{PIPESTATUS[0]}}"
    cases = "".join(ONE_CASE.replace("one", f"case-{n}") for n in range(2000))
    write_project(tmp_path, cases=cases)
    done = subprocess.run(
        ["bash", "-c", shell], cwd=tmp_path, env=surroundings(), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 2
