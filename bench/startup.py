"""What comes before the first result: starting, loading, planning, collecting, importing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

from bench.overhead import plain_pytest
from bench.setting import Bench, conformance_run, environment, pytest_cases
from bench.subject import BenchError, Measured, Subject, host, measure, shell
from bench.table import Row, Section, Target, ratios
from conformance.casefile import load
from conformance.plan import Target as Place
from conformance.plan import expand
from conformance.reference import known

_IMPORTS, _CASES, _PLAIN = "import numpy, pytest", "pytest cases --co -q", "plain pytest file, --co -q"
_TORCH, _NOTHING, _HELP = "import torch", "python -c pass", "conformance --help"
_COLLECT_MOST, _FIRST_MOST, _HELP_MOST, _PLAN_MOST = 5, 1.4, 0.3, 2
_PATIENCE = 300  # seconds for a first result


def startup(bench: Bench) -> Section:
    """Collection, the first result and the help, each against the imports that nobody can do without."""
    collected = r"^(\d+) tests collected"
    subjects = [
        Subject(_IMPORTS, [sys.executable, "-c", _IMPORTS], bench.folder, 1),
        pytest_cases(bench, _CASES, "--co", "-q", proof=collected),
        plain_pytest(bench, _PLAIN, "--co", proof=collected),
        Subject(_TORCH, [environment("torch")[1], "-c", _TORCH], bench.folder, 1),
        Subject(_NOTHING, [sys.executable, "-c", "pass"], bench.folder, 1),
        host(_HELP, ["conformance", "--help"], bench.folder, 1),
    ]
    measured = measure(subjects, bench.rounds)
    imports, torch = measured[_IMPORTS], measured[_TORCH]
    units = max(bench.checks / 10_000, 1.0)
    rows = [
        _row(_IMPORTS, imports.seconds, imports),
        _row(_CASES, measured[_CASES].seconds, imports, Target("ratio", _COLLECT_MOST * units)),
        _row(_PLAIN, measured[_PLAIN].seconds, imports),
        Row("load and plan", {"seconds": _planned(bench)}, Target("seconds", _PLAN_MOST)),
        _row(_TORCH, torch.seconds, torch),
        *(
            _row(f"{name}, first result", seconds, torch, Target("ratio", _FIRST_MOST))
            for name, seconds in _first_results(bench).items()
        ),
        _row(_NOTHING, measured[_NOTHING].seconds, measured[_NOTHING]),
        Row(_HELP, {"seconds": measured[_HELP].seconds}, Target("seconds", _HELP_MOST)),
    ]
    note = (
        "Ratios are to the nearest row of a bare import above. The first result of `conformance run` is the"
        " first check in its results file, that of `pytest cases -v` its first line of an outcome."
    )
    return Section(f"Before the first result, {bench.checks:,} checks of one case file", note, rows)


def _row(name: str, seconds: list[float], base: Measured, target: Target | None = None) -> Row:
    return Row(name, {"seconds": seconds, "ratio": ratios(seconds, base.seconds)}, target)


def _planned(bench: Bench) -> list[float]:
    path = bench.place(["torch"], bench.checks, "pytest") / "cases" / "kl_div.yaml"
    seconds = []
    for _ in range(bench.rounds):
        began = time.perf_counter()
        plan = expand([load(path, known())], [Place("torch", "torch")])
        seconds.append(time.perf_counter() - began)
        if plan.problems or len(plan.checks) != bench.checks:
            raise BenchError(f"{path}: {len(plan.checks)} checks planned; {plan.problems}")
    return seconds


def _first_results(bench: Bench) -> dict[str, list[float]]:
    run = conformance_run(bench, ["torch"], bench.checks)
    path = run.folder / "first.jsonl"
    run = replace(run, command=[*run.command, "--results", str(path)])
    cases = pytest_cases(bench, "pytest cases", "-v")
    found: dict[str, list[float]] = {run.name: [], cases.name: []}
    for _ in range(bench.rounds):
        path.unlink(missing_ok=True)
        found[run.name].append(_until(run, lambda _: _in_file(path)))
        found[cases.name].append(_until(cases, _in_output))
    return found


def _until(subject: Subject, seen: Callable[[IO[bytes]], bool]) -> float:
    """Seconds until `seen`, after which the command is ended as by Ctrl-C. Raises BenchError."""
    began = time.perf_counter()
    with subprocess.Popen(
        subject.command,
        cwd=subject.folder,
        env=shell(subject.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        assert running.stdout is not None
        while not seen(running.stdout):
            time.sleep(0.002)
            if running.poll() is not None or time.perf_counter() - began > _PATIENCE:
                running.kill()
                raise BenchError(f"{subject.name}: no first result\n{running.stdout.read()[-800:]!r}")
        seconds = time.perf_counter() - began
        running.send_signal(signal.SIGINT)
        running.communicate()
    return seconds


def _in_file(path: Path) -> bool:
    try:
        return path.read_bytes().count(b"\n") > 1  # the header is the first line
    except OSError:
        return False


def _in_output(stream: IO[bytes]) -> bool:
    return b"PASSED" in stream.readline()
