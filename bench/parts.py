"""What is measured: each part gives one table."""

from __future__ import annotations

import re
import shlex
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bench.borrowed import lend_pytest
from bench.case_file import CHECKS_PER_SEED, write_case_file
from bench.subject import ROOT, BenchError, Measured, Subject, host, measure
from bench.table import Row, Section, Target
from conformance.casefile import load
from conformance.environments import EnvironmentSpec, select
from conformance.plan import Target as Place
from conformance.plan import expand
from conformance.reference import known
from conformance.results import read_results

THEIRS = Path(__file__).with_name("theirs")
PASSED = r"(\d+) passed"


@dataclass(frozen=True, slots=True)
class Bench:
    """Where to work, how many checks each measurement has, and how often each is repeated."""

    folder: Path
    checks: int
    floor_checks: int
    rounds: int

    def place(self, framework: str, checks: int, purpose: str = "pytest") -> Path:
        """A folder with a case file of so many checks, where results go too."""
        folder = self.folder / f"{framework}-{checks}-{purpose}"
        write_case_file(folder / "cases", framework, checks // CHECKS_PER_SEED)
        (folder / "pytest.ini").touch()
        return folder


def environment(name: str) -> tuple[EnvironmentSpec, str]:
    """The declared environment `name`, and its interpreter. Raises BenchError where it cannot run."""
    (spec,) = select([name], ROOT)
    if problem := spec.problem():
        raise BenchError(f"{name}: {problem}; {spec.remedy}")
    python = next(part for part in spec.gateway.split("//") if part.startswith("python="))
    return spec, shlex.split(python.partition("=")[2])[0]


def _conformance_run(bench: Bench, framework: str, checks: int) -> Subject:
    spec, _ = environment(framework)
    folder = bench.place(framework, checks, "run")
    arguments = ["conformance", "run", "cases", "-e", f"{framework}={spec.gateway}"]
    return host("conformance run", arguments, folder, checks, r"^pass +([\d,]+)$")


def _pytest_cases(bench: Bench, name: str, *options: str, proof: str = "") -> Subject:
    spec, _ = environment("torch")
    arguments = ["pytest", "cases", "-q", "-p", "conformance.plugin", *options]
    arguments.append(f"--environment=torch={spec.gateway}")
    return host(name, arguments, bench.place("torch", bench.checks), bench.checks, proof)


def _plain_pytest(bench: Bench, name: str, *options: str, proof: str = "") -> Subject:
    _, python = environment("torch")
    folder = bench.place("torch", bench.checks)
    paths = f"{lend_pytest(bench.folder / 'pytest')}:{THEIRS}"
    variables = {
        "PYTHONPATH": paths,
        "BENCH_SEEDS": str(bench.checks // CHECKS_PER_SEED),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [python, "-m", "pytest", "-q", "-c", "pytest.ini", str(THEIRS / "plain_pytest.py"), *options]
    return Subject(name, command, folder, bench.checks, proof, variables)


def overhead(bench: Bench) -> Section:
    """Whole runs on torch against the pytest file that people would write, and their memory."""
    plain, run, cases = "plain pytest file", "conformance run", "pytest cases"
    subjects = [
        _plain_pytest(bench, plain, proof=PASSED),
        _conformance_run(bench, "torch", bench.checks),
        _pytest_cases(bench, cases, proof=PASSED),
    ]
    measured = measure(subjects, bench.rounds)
    rows = [
        _whole(plain, measured[plain], measured[plain]),
        _whole(run, measured[run], measured[plain], Target("ratio", 0.25)),
        _whole(cases, measured[cases], measured[plain], Target("ratio", 0.6)),
        *(
            Row(f"memory of {name}", {"peak MB": _peak(measured[name])}, Target("peak MB", 300))
            for name in (run, cases)
        ),
    ]
    path = subjects[1].folder / "reports" / "latest.jsonl"
    rows.append(_timed("read the results back", bench, lambda: read_results(path), Target("seconds", 2)))
    size = path.stat().st_size / bench.checks
    note = (
        "Whole processes, start-up included. The plain file makes the same calls of the same inputs with a"
        " float64 NumPy reference and torch.testing.assert_close."
        f" One line of results takes {size:,.0f} bytes."
    )
    return Section(f"{bench.checks:,} checks on torch", note, rows)


def floor(framework: str, target: Target | None = None) -> Callable[[Bench], Section]:
    """A part: the suite against the bare loop in the interpreter of `framework`."""

    def part(bench: Bench) -> Section:
        checks = bench.floor_checks
        _, python = environment(framework)
        command = [python, str(THEIRS / "bare_loop.py"), framework, str(checks // CHECKS_PER_SEED)]
        loop = Subject(
            "bare loop", command, bench.folder, checks, r"^(\d+) checks agree", inner=_loop_seconds
        )
        run = _conformance_run(bench, framework, checks)
        run = replace(run, inner=lambda _: _run_seconds(run.folder / "reports" / "latest.jsonl"))
        measured = measure([loop, run], bench.rounds)
        base = measured[loop.name]
        rows = [
            _against_floor("bare loop", base, base),
            _against_floor("conformance run", measured[run.name], base, target),
        ]
        note = (
            "The loop calls, reads back, computes a float64 NumPy reference and compares, nothing more. "
            "`calls` is what that takes; of the suite, all from the framework's being imported to the last"
            " result's being written. `whole` is the process, imports and the HTML report included."
        )
        return Section(f"{checks:,} checks on {framework}, against the bare loop", note, rows)

    return part


def _loop_seconds(output: str) -> float:
    found = re.search(r"loop ([\d.]+) s", output)
    if found is None:
        raise BenchError(f"the bare loop does not tell its time: {output[-200:]}")
    return float(found[1])


def _run_seconds(path: Path) -> float:
    """From the header, which is written when the framework has been imported, to the footer."""
    run = read_results(path)
    assert run.footer is not None
    began, ended = run.header["started"], run.footer["finished"]
    moments = [datetime.fromisoformat(moment.replace("Z", "+00:00")) for moment in (began, ended)]
    return (moments[1] - moments[0]).total_seconds()


def inside(bench: Bench) -> Section:
    """What comes before the first call: loading, planning, collecting, starting."""
    path = bench.place("torch", bench.checks) / "cases" / "kl_div.yaml"
    collected = r"^(\d+) tests collected"
    python = Subject("python -c pass", [sys.executable, "-c", "pass"], bench.folder, 1)
    subjects = [
        _plain_pytest(bench, "plain --co", "--co", proof=collected),
        _pytest_cases(bench, "cases --co", "--co", proof=collected),
        python,
        host("help", ["conformance", "--help"], bench.folder, 1),
    ]
    measured = measure(subjects, bench.rounds)
    plain, cases, bare, helping = (measured[subject.name] for subject in subjects)
    rows = [
        _timed("load and plan", bench, lambda: _planned(path, bench.checks), Target("seconds", 2)),
        _whole("plain pytest file, --co -q", plain, plain),
        _whole("pytest cases, --co -q", cases, plain),
        _whole("python -c pass", bare, bare),
        _whole("conformance --help", helping, bare),
    ]
    note = "Ratios are to the row `plain pytest file`, and of `--help` to an interpreter that does nothing."
    return Section(f"Before the first call, {bench.checks:,} checks of one case file", note, rows)


def _planned(path: Path, checks: int) -> None:
    plan = expand([load(path, known())], [Place("torch", "torch")])
    if plan.problems or len(plan.checks) != checks:
        raise BenchError(f"{path}: {len(plan.checks)} checks planned; {plan.problems}")


def _peak(measured: Measured) -> float | None:
    return None if measured.peak is None else measured.peak / 1e6


def _whole(name: str, measured: Measured, base: Measured, target: Target | None = None) -> Row:
    figures = {
        "seconds": measured.median,
        "CPU s": statistics.median(measured.processor),
        "us per check": measured.median / measured.checks * 1e6 if measured.checks > 1 else None,
        "ratio": measured.median / base.median,
    }
    return Row(name, figures, target)


def _against_floor(name: str, measured: Measured, base: Measured, target: Target | None = None) -> Row:
    calls, floor_calls = statistics.median(measured.inner), statistics.median(base.inner)
    figures: dict[str, float | None] = {
        "calls s": calls,
        "us per check": calls / measured.checks * 1e6,
        "ratio of calls": calls / floor_calls,
        "whole s": measured.median,
        "CPU s": statistics.median(measured.processor),
        "ratio of whole": measured.median / base.median,
    }
    return Row(name, figures, target)


def _timed(name: str, bench: Bench, work: Callable[[], object], target: Target) -> Row:
    seconds = []
    for _ in range(bench.rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    median = statistics.median(seconds)
    return Row(name, {"seconds": median, "us per check": median / bench.checks * 1e6}, target)


PARTS: dict[str, Callable[[Bench], Section]] = {
    "inside": inside,
    "overhead": overhead,
    "mindspore": floor("mindspore", Target("ratio of calls", 1.3)),
    "oneflow": floor("oneflow", Target("ratio of calls", 1.3)),
    "torch": floor("torch"),
}
