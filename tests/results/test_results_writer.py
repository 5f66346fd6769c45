"""Writing results: nothing is lost, whatever happens to the run or the disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from conformance.results import ResultsError, ResultsWriter, latest, read_results, stream_results, writer
from tests.report.kl_check import check, header

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this platform has no /dev/full")


def test_a_run_is_read_back_as_it_was_written(tmp_path):
    records = [check(), check(api="oneflow.nn.KLDivLoss")]
    with ResultsWriter.create(tmp_path / "reports", header()) as file:
        for record in records:
            file.write(record)
    run = read_results(file.path)
    assert run.complete
    assert run.header == header()
    assert run.checks == records
    assert run.footer is not None
    assert run.footer["counts"] == {"pass": 2}


def test_two_runs_in_one_second_have_two_files_and_latest_is_the_second(tmp_path):
    first, second = (ResultsWriter.create(tmp_path, header()) for _ in range(2))
    first.close()
    second.close()
    assert first.path != second.path
    assert os.path.samefile(tmp_path / "latest.jsonl", second.path)


def test_latest_is_the_run_that_goes_on(tmp_path):
    file = ResultsWriter.create(tmp_path, header())
    file.write(check())
    file.flush()
    run = read_results(tmp_path / "latest.jsonl", incomplete=True)
    assert [record["id"] for record in run.checks] == [check()["id"]]
    file.close()


def _refuse(*_args):
    raise OSError(95, "Operation not supported")


@pytest.mark.parametrize("lacking", [["_symlink"], ["_symlink", "_hardlink"]])
def test_latest_without_links(tmp_path, monkeypatch, lacking):
    for name in lacking:
        monkeypatch.setattr(latest, name, _refuse)
    (tmp_path / "latest.jsonl").write_text("an earlier run\n")
    file = ResultsWriter.create(tmp_path, header())
    file.write(check())
    file.close()
    assert len(read_results(tmp_path / "latest.jsonl").checks) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["latest.jsonl", file.path.name])


def test_latest_that_cannot_be_made_is_an_error_at_the_end_only(tmp_path, monkeypatch):
    for name in ("_symlink", "_hardlink", "_copy"):
        monkeypatch.setattr(latest, name, _refuse)
    file = ResultsWriter.create(tmp_path, header())
    with pytest.raises(ResultsError, match=r"latest\.jsonl: cannot be updated; the results are in"):
        file.close()
    assert read_results(file.path).complete


def test_results_are_never_overwritten(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text("precious\n")
    with pytest.raises(ResultsError, match="exists already; results are never overwritten"):
        ResultsWriter.open(path, header())
    assert path.read_text() == "precious\n"


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "reports").write_text("a file in the way")
    with pytest.raises(ResultsError, match="cannot make the folder"):
        ResultsWriter.create(tmp_path / "reports", header())


def test_a_file_that_cannot_be_made(tmp_path):
    with pytest.raises(ResultsError, match="No such file or directory"):
        ResultsWriter.open(tmp_path / "nowhere" / "mine.jsonl", header())


@needs_full
def test_a_full_disk_at_the_start():
    with pytest.raises(ResultsError, match="/dev/full: cannot be written: No space left on device"):
        ResultsWriter.open(FULL, header())


def _fill_disk(file):
    descriptor = os.open(FULL, os.O_WRONLY)
    os.dup2(descriptor, file._descriptor)
    os.close(descriptor)


@needs_full
@pytest.mark.parametrize("moment", ["write", "flush", "close"])
def test_a_full_disk_later_keeps_what_was_there(tmp_path, monkeypatch, moment):
    monkeypatch.setattr(writer, "FLUSH_SECONDS", -1.0)
    file = ResultsWriter.open(tmp_path / "mine.jsonl", header())
    file.write(check())
    if moment == "flush":
        monkeypatch.setattr(writer, "FLUSH_SECONDS", 1e9)
        file.write(check(case="second"))
    _fill_disk(file)
    with pytest.raises(ResultsError, match="No space left on device; checks kept in it: 1"):
        file.write(check(case="second")) if moment == "write" else getattr(file, moment)()
    file.close = None  # a second close is not needed to have the file
    assert [record["case"] for record in read_results(file.path, incomplete=True).checks] == ["reductions"]


@needs_full
def test_the_error_of_the_run_is_not_hidden_by_a_full_disk(tmp_path):
    def stopped():
        with ResultsWriter.open(tmp_path / "mine.jsonl", header()) as file:
            _fill_disk(file)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stopped()


def test_lines_reach_the_file_without_a_system_call_each(tmp_path, monkeypatch):
    moment = 0.0
    monkeypatch.setattr(writer.time, "monotonic", lambda: moment)
    file = ResultsWriter.open(tmp_path / "mine.jsonl", header())
    file.write(check())
    assert len(file.path.read_text().splitlines()) == 1
    moment = writer.FLUSH_SECONDS * 1.01
    file.write(check(case="second"))
    assert len(file.path.read_text().splitlines()) == 3
    assert file.counts == {"pass": 2}
    file.close()


def test_an_interrupt_writes_everything_and_an_incomplete_footer(tmp_path):
    path = tmp_path / "mine.jsonl"

    def interrupted():
        with ResultsWriter.open(path, header()) as file:
            file.write(check())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    run = read_results(path, incomplete=True)
    assert not run.complete
    assert run.footer is not None
    assert run.footer["reason"] == "KeyboardInterrupt"
    assert run.footer["counts"] == {"pass": 1}
    with pytest.raises(ResultsError, match=r"mine\.jsonl:3: is incomplete: KeyboardInterrupt"):
        read_results(path)


def test_an_interrupt_between_writing_and_noting_it_writes_nothing_twice(tmp_path, monkeypatch):
    file = ResultsWriter.open(tmp_path / "mine.jsonl", header())
    file.write(check())
    written = file._write_at

    def interrupted(offset, data):
        written(offset, data)
        raise KeyboardInterrupt

    monkeypatch.setattr(file, "_write_at", interrupted)
    with pytest.raises(KeyboardInterrupt):
        file.flush()
    monkeypatch.undo()
    file.close()
    assert read_results(file.path).checks == [check()]


def test_a_killed_run_keeps_what_it_had_and_is_resumed(tmp_path):
    path = tmp_path / "mine.jsonl"
    script = f"""
        import sys, time
        from conformance.results import ResultsWriter, writer
        from tests.report.kl_check import check, header
        writer.FLUSH_SECONDS = 0
        file = ResultsWriter.open({str(path)!r}, header())
        file.write(check())
        file.flush()
        print("ready", flush=True)
        time.sleep(60)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with path.open("a") as torn:
        torn.write('{"kind":"check","id":"half')
    with ResultsWriter.resume(path) as file:
        assert file.done == {check()["id"]}
        assert file.header == header()
        file.write(check(case="second"))
    assert [record["case"] for record in read_results(path).checks] == ["reductions", "second"]


def test_a_stopped_run_is_resumed_in_the_place_of_its_footer(tmp_path):
    file = ResultsWriter.open(tmp_path / "mine.jsonl", header())
    file.write(check())
    file.close(complete=False, reason="stopped")
    with ResultsWriter.resume(file.path) as again:
        again.write(check(case="second"))
    assert read_results(file.path).footer["counts"] == {"pass": 2}


def test_a_complete_run_is_not_resumed(tmp_path):
    with ResultsWriter.open(tmp_path / "mine.jsonl", header()) as file:
        file.write(check())
    with pytest.raises(ResultsError, match="is complete: nothing to resume"):
        ResultsWriter.resume(file.path)


def test_a_closed_file_takes_no_more(tmp_path):
    file = ResultsWriter.open(tmp_path / "mine.jsonl", header())
    file.close()
    file.close()
    with pytest.raises(ResultsError, match="is closed"):
        file.write(check())


def test_what_checks_share_is_written_for_each_of_them(tmp_path):
    record = check()
    changed = {**record, "id": "second", "inputs": {"input": {"raw": 1, "ndarray": False}}}
    with ResultsWriter.open(tmp_path / "mine.jsonl", header()) as file:
        for each in (
            record,
            {**record, "id": "again"},
            changed,
            {**changed, "id": "third", "expected": None},
        ):
            file.write(each)
    assert [each["inputs"] for each in read_results(file.path).checks] == [
        record["inputs"], record["inputs"], changed["inputs"], changed["inputs"]
    ]  # fmt: skip
    assert [each["expected"] is None for each in read_results(file.path).checks] == [
        False,
        False,
        False,
        True,
    ]


def test_lines_are_strict_ascii_json(tmp_path):
    hostile = "\ud800 \x1b[31m \u202e \x00 \u2028 \U0001f600 \\ud800"
    with ResultsWriter.open(tmp_path / "mine.jsonl", header()) as file:
        file.write(check(log=hostile))
    data = file.path.read_bytes()
    assert data.isascii()

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    lines = [json.loads(line, parse_constant=refuse) for line in data.splitlines()]
    assert lines[1]["log"] == hostile.replace("\ud800", "\\ud800", 1)
    assert read_results(file.path).checks == [lines[1]]


def test_streaming_gives_records_before_a_later_fault(tmp_path):
    file = ResultsWriter.open(tmp_path / "mine.jsonl", header())
    file.write(check())
    file.close()
    with file.path.open("a") as more:
        more.write("rubbish\n")
    stream = stream_results(file.path)
    assert [next(stream)["kind"] for _ in range(3)] == ["header", "check", "footer"]
    with pytest.raises(ResultsError, match=r"mine\.jsonl:4: broken line"):
        next(stream)
