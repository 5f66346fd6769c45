"""What is measured is what was meant: a command counts only with its proof, in turns, with what it needed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench.borrowed import lend
from bench.case_file import CHECKS_PER_SEED, FRAMEWORKS, write_case_file
from bench.growth import _grown
from bench.setting import Bench, run_seconds, whole
from bench.subject import BenchError, Measured, Subject, host, measure
from conformance.casefile import load
from conformance.plan import Target, expand
from conformance.reference import known
from tests.fakes.results_files import write


def python(code, folder, checks=8, **options):
    return Subject("it", [sys.executable, "-c", code], folder, checks, **options)


class TestSubjects:
    def test_one_that_does_its_work(self, tmp_path):
        done = python("print('took 0.5 s'); print('8 passed')", tmp_path, proof=r"(\d+) passed")
        (measured,) = measure([done], 3).values()
        assert len(measured.seconds) == len(measured.processor) == 3
        assert all(seconds > 0 for seconds in measured.seconds)
        assert measured.output.endswith("8 passed\n")

    @pytest.mark.parametrize(
        "code",
        ["print('7 passed, 1 failed')", "print('all passed')", "print('8 passed'); raise SystemExit(1)"],
    )
    def test_one_that_does_not_is_no_measurement(self, tmp_path, code):
        with pytest.raises(BenchError, match="it: "):
            measure([python(code, tmp_path, proof=r"(\d+) passed")], 1)

    def test_they_take_turns_after_one_round_for_nothing(self, tmp_path):
        note = "open('turns', 'a').write({!r})"
        subjects = [
            Subject(name, [sys.executable, "-c", note.format(name)], tmp_path, 8) for name in ("a", "b")
        ]
        measured = measure(subjects, 2)
        assert (tmp_path / "turns").read_text() == "ababab"
        assert len(measured["a"].seconds) == 2

    def test_seconds_of_a_part(self, tmp_path):
        part = python("print('loop 0.25 s')", tmp_path, inner=lambda output: float(output.split()[1]))
        assert measure([part], 1)["it"].inner == [0.25]

    def test_a_module_of_ours_with_its_own_memory_and_processor_time(self, tmp_path):
        (tmp_path / "work.py").write_text("kept = b'x' * 50_000_000\nprint(sum(range(10**6)))\n")
        measured = measure([host("work", ["work"], tmp_path, 1)], 1)["work"]
        assert measured.peak is not None
        assert 50e6 < measured.peak < 500e6
        assert 0 < measured.main[0] <= measured.processor[0]


class TestCaseFile:
    @pytest.mark.parametrize("frameworks", [FRAMEWORKS[:1], FRAMEWORKS])
    def test_as_many_checks_as_it_says(self, tmp_path, frameworks):
        path = write_case_file(tmp_path / "cases", frameworks, 3)
        plan = expand([load(path, known())], [Target(name, name) for name in frameworks])
        assert not plan.problems
        assert len(plan.checks) == 3 * CHECKS_PER_SEED * len(frameworks)

    def test_the_next_smaller_number_that_it_can_have(self):
        assert whole(100) == 96
        assert whole(1000, FRAMEWORKS) == 984
        assert whole(1) == CHECKS_PER_SEED


def test_pytest_is_lent_without_numpy(tmp_path):
    folder = lend(tmp_path / "lent", "pytest")
    told = subprocess.run(
        [sys.executable, "-S", "-c", "import pytest; print(pytest.__file__); import numpy"],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert told.stdout.startswith(str(folder))
    assert "No module named 'numpy'" in told.stderr


def test_seconds_of_a_run_are_those_between_header_and_footer(tmp_path):
    path = write(tmp_path / "results.jsonl", [])
    text = path.read_text()
    header, footer = (json.loads(line) for line in text.splitlines())
    text = text.replace(header["started"], "2026-01-02T03:04:05Z")
    path.write_text(text.replace(footer["finished"], "2026-01-02T03:04:07.5Z"))
    assert run_seconds(path) == 2.5


def test_growth_leaves_start_up_out(tmp_path):
    """A start of 1 s and 100 us a check: the processor time of a check does not grow, whatever the size."""

    def run(checks):
        return Measured(checks, [1 + checks * 1e-4], processor=[1 + checks * 1e-4], peak=checks * 1000)

    bench = Bench(tmp_path, 10_000, (1_000, 10_000), 100_000, ("torch",), 1)
    sizes = {checks: (Measured(checks), run(checks)) for checks in (1_000, 10_000, 100_000)}
    by_clock, by_processor, memory = _grown(bench, sizes)
    assert by_clock.figures["growth"] == pytest.approx((11 / 100_000) / (2 / 10_000))
    assert by_processor.figures["growth"] == pytest.approx(1.0)
    assert memory.figures["memory MB"] == 100
    assert _grown(bench, {size: sizes[size] for size in (1_000, 10_000)}) == []
