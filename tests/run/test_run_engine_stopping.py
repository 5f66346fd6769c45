"""Runs that end early, and results that cannot be written."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from fake_runs import MANY, make_run

from conformance.results import ResultsError, read_results
from tests.fakes import children, environment
from tests.fakes.project import ONE_CASE, case_file

TWO_CASES = ONE_CASE + ONE_CASE.replace("id: one", "id: two")


class TestStopping:
    def test_a_record_that_waits_for_its_repeat_is_kept(self, tmp_path):
        cases = MANY.replace("count: 400", "count: 1")
        run, _ = make_run(
            tmp_path, case_file(["right", "wrong", "hang"], cases), [environment()], deadline=60
        )
        records = iter(run)
        assert next(records)["outcome"] == "pass"
        run._handle(
            [run._pool.next_event(10)]
        )  # the wrong result: its element is to be called after the hang
        assert run._executions[-1].repeat is not None
        records.close()
        kept = read_results(run.sink.path, incomplete=True)
        assert [record["outcome"] for record in kept.checks] == ["pass", "mismatch"]
        assert not kept.complete

    def test_taking_the_last_result_is_enough_for_complete_results(self, tmp_path):
        run, checks = make_run(tmp_path, case_file(["right"], TWO_CASES), [environment()])
        records = iter(run)
        for _ in checks:
            next(records)
        records.close()
        assert read_results(run.sink.path).complete

    def test_stopping_early_keeps_what_was_obtained(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right", "hang"], TWO_CASES), [environment()], deadline=60)
        records = iter(run)
        first = next(records)
        began = time.monotonic()
        records.close()
        assert time.monotonic() - began < 10
        results = read_results(run.sink.path, incomplete=True)
        assert [record["id"] for record in results.checks] == [first["id"]]
        assert not results.complete
        assert results.footer["reason"] == "stopped early"
        assert children(os.getpid()) == []

    def test_an_interrupt_is_told_in_the_footer(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right", "hang"]), [environment()])
        records = iter(run)
        next(records)
        with pytest.raises(KeyboardInterrupt):
            records.throw(KeyboardInterrupt)
        assert read_results(run.sink.path, incomplete=True).footer["reason"] == "interrupted"

    def test_a_run_stopped_before_its_first_result_leaves_no_file(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right"]), [environment(adapter="SlowAdapter")])
        run.stop()
        assert list(run) == []
        assert not (tmp_path / "reports").exists()

    def test_another_thread_may_stop_a_run_that_waits(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right", "hang"]), [environment()], deadline=60)
        records = iter(run)
        next(records)
        run.stop()
        assert list(records) == []
        assert read_results(run.sink.path, incomplete=True).footer["reason"] == "stopped early"


class TestResultsThatCannotBeWritten:
    def started(self, run):
        """Whether any environment became known before the run ended with an error; and the error."""
        with pytest.raises(ResultsError) as raised:
            list(run)
        return bool(run.sink.ready or run.sink.unavailable), str(raised.value)

    def test_a_file_that_exists_is_refused_before_anything_runs(self, tmp_path):
        path = tmp_path / "kept.jsonl"
        path.write_text("mine")
        run, _ = make_run(tmp_path, case_file(["right"]), [environment()], results=path)
        ran, message = self.started(run)
        assert not ran
        assert message.startswith(f"{path}: exists already; ")
        assert path.read_text() == "mine"

    def test_a_folder_that_is_a_file_is_refused_before_anything_runs(self, tmp_path):
        (tmp_path / "reports").write_text("")
        run, _ = make_run(tmp_path, case_file(["right"]), [environment()])
        ran, message = self.started(run)
        assert not ran
        assert "reports: is no folder" in message

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has /dev/full")
    def test_a_full_disk_is_one_error(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right"]), [environment()], results=Path("/dev/full"))
        _, message = self.started(run)
        assert message.startswith("/dev/full: cannot be written: No space left on device")
