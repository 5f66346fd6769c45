"""Whole runs on torch against the pytest file that people would write."""

from __future__ import annotations

import time

from bench.borrowed import lend
from bench.case_file import CHECKS_PER_SEED
from bench.setting import (
    PASSED,
    THEIRS,
    Bench,
    conformance_run,
    environment,
    latest,
    megabytes,
    per_check,
    pytest_cases,
)
from bench.subject import Measured, Subject, measure
from bench.table import Row, Section, Target, ratios
from conformance.results import read_results

PLAIN, RUN, PAGE, CASES = "plain pytest file", "conformance run", "conformance run --html", "pytest cases"
_TWO = ("-p", "xdist", "-n", "2")
_RUN_MOST, _CASES_MOST, _READ_MOST = 0.15, 0.4, 2


def overhead(bench: Bench) -> Section:
    """Time and memory of whole runs, and what the page and xdist change."""
    subjects = [
        plain_pytest(bench, PLAIN, proof=PASSED),
        conformance_run(bench, ["torch"], bench.checks),
        pytest_cases(bench, CASES, "-q", proof=PASSED),
        conformance_run(bench, ["torch"], bench.checks, html=True),
        plain_pytest(bench, f"{PLAIN} -n 2", *_TWO, proof=PASSED),
        pytest_cases(bench, f"{CASES} -n 2", "-q", *_TWO, proof=PASSED),
    ]
    measured = measure(subjects, bench.rounds)
    base = measured[PLAIN]
    targets = {RUN: Target("ratio", _RUN_MOST), CASES: Target("ratio", _CASES_MOST)}
    rows = [whole_row(name, found, base, targets.get(name)) for name, found in measured.items()]
    path = latest(subjects[1])
    rows.append(_read_back(bench, subjects[1]))
    size = path.stat().st_size / bench.checks
    note = (
        "Whole processes, start-up included. The plain file makes the same calls of the same inputs with a"
        " float64 NumPy reference and torch.testing.assert_close. Ratios are to it; `-n 2` is xdist."
        f" One line of results takes {size:,.0f} bytes."
    )
    return Section(f"{bench.checks:,} checks on torch, against a plain pytest file", note, rows)


def plain_pytest(bench: Bench, name: str, *options: str, proof: str = "") -> Subject:
    """What people write without a suite, in torch's interpreter."""
    _, python = environment("torch")
    folder = bench.place(["torch"], bench.checks, "pytest")
    lent = lend(bench.folder / "pytest", "pytest", "pytest-xdist")
    variables = {
        "PYTHONPATH": f"{lent}:{THEIRS}",
        "BENCH_SEEDS": str(bench.checks // CHECKS_PER_SEED),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [python, "-m", "pytest", "-q", "-c", "pytest.ini", str(THEIRS / "plain_pytest.py"), *options]
    return Subject(name, command, folder, bench.checks, proof, variables)


def whole_row(name: str, measured: Measured, base: Measured, target: Target | None = None) -> Row:
    """A whole process, and its ratio to another."""
    figures = {
        "seconds": measured.seconds,
        "us per check": per_check(measured.seconds, measured.checks),
        "ratio": ratios(measured.seconds, base.seconds),
        "CPU s": measured.processor,
        "main thread CPU s": measured.main or None,
        "memory MB": megabytes(measured),
    }
    return Row(name, figures, target)


def _read_back(bench: Bench, run: Subject) -> Row:
    seconds = []
    for _ in range(bench.rounds):
        began = time.perf_counter()
        read_results(latest(run))
        seconds.append(time.perf_counter() - began)
    figures = {"seconds": seconds, "us per check": per_check(seconds, bench.checks)}
    return Row("read the results back", figures, Target("seconds", _READ_MOST))
