"""The suite over the bare loop of the same framework calls, by number of checks."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.case_file import CHECKS_PER_SEED, FRAMEWORKS
from bench.setting import (
    THEIRS,
    Bench,
    conformance_run,
    environment,
    latest,
    megabytes,
    per_check,
    run_seconds,
    whole,
)
from bench.subject import BenchError, Measured, Subject, measure
from bench.table import Curve, Row, Section, Target, median, ratios

LOOP, RUN = "bare loop", "conformance run"
ALL = "all"
_CALLS, _WHOLE = "calls, ratio", "whole, ratio"
_GROWTH = 1.1
_MEMORY = 400


def growth(framework: str, most: float | None = None) -> Callable[[Bench], Section]:
    """A part: the suite against the bare loop in the interpreter of `framework`; to cost at most `most`."""

    def part(bench: Bench) -> Section:
        measured = _by_size(bench, (framework,))
        judged = _judged(bench, measured)
        rows = []
        for checks, (loop, run) in measured.items():
            figures = {
                "loop us": per_check(loop.inner, checks),
                "suite us": per_check(run.inner, checks),
                _CALLS: ratios(run.inner, loop.inner),
                **_whole(loop, run),
            }
            target = Target(_CALLS, most) if most is not None and checks == judged else None
            rows.append(Row(f"{checks:,} checks", figures, target))
        note = (
            "The loop calls, reads back, computes a float64 NumPy reference and compares, nothing more."
            " `loop` is what that takes a check; `suite`, all from the framework's being imported to the last"
            " result's being written. `whole` is the process, imports included; `CPU` is of all its"
            " processes, `memory` of the host's."
        )
        curve = Curve(f"{framework}, calls", _points(rows, measured, _CALLS), most)
        title = f"{framework}: conformance run --no-html against the bare loop"
        return Section(title, note, [*rows, *_grown(bench, measured)], curve)

    return part


def together(bench: Bench) -> Section:
    """All frameworks at once, against their bare loops at once."""
    measured = _by_size(bench, FRAMEWORKS)
    rows = [Row(f"{checks:,} checks", _whole(loop, run)) for checks, (loop, run) in measured.items()]
    note = (
        "The three bare loops are three processes started at the same moment, and end with the last. The"
        " suite computes one reference for the six APIs of a call, each loop its own for each API."
    )
    curve = Curve("all three, whole", _points(rows, measured, _WHOLE))
    title = "all three frameworks together: conformance run --no-html against three bare loops at once"
    return Section(title, note, [*rows, *_grown(bench, measured)], curve)


def _by_size(bench: Bench, frameworks: Sequence[str]) -> dict[int, tuple[Measured, Measured]]:
    """Loop and run, by number of checks."""
    sizes = [*bench.sizes]
    if bench.large and (frameworks[0] if len(frameworks) == 1 else ALL) in bench.large_on:
        sizes.append(bench.large)
    found = {}
    for place, size in enumerate(sizes):
        checks = whole(size, frameworks)
        run = conformance_run(bench, frameworks, checks)
        if len(frameworks) == 1:
            run = replace(run, inner=partial(_run_seconds, latest(run)))
        rounds = 1 if size == bench.large else bench.rounds
        measured = measure([_loop(bench, frameworks, checks), run], rounds, warm=not place)
        found[checks] = (measured[LOOP], measured[RUN])
    return found


def _loop(bench: Bench, frameworks: Sequence[str], checks: int) -> Subject:
    seeds = str(checks // (CHECKS_PER_SEED * len(frameworks)))
    commands = [
        [environment(framework)[1], str(THEIRS / "bare_loop.py"), framework, seeds]
        for framework in frameworks
    ]
    proof, inner = r"^(\d+) checks agree", _loop_seconds
    if len(frameworks) == 1:
        return Subject(LOOP, commands[0], bench.folder, checks, proof, inner=inner)
    at_once = [sys.executable, str(THEIRS / "at_once.py"), json.dumps(commands)]
    return Subject(LOOP, at_once, bench.folder, checks)


def _loop_seconds(output: str) -> float:
    found = re.search(r"loop ([\d.]+) s", output)
    if found is None:
        raise BenchError(f"the bare loop does not tell its time: {output[-200:]}")
    return float(found[1])


def _run_seconds(results: Path, _: str) -> float:
    return run_seconds(results)


def _whole(loop: Measured, run: Measured) -> dict[str, float | list[float] | None]:
    return {
        "loop whole s": loop.seconds,
        "suite whole s": run.seconds,
        _WHOLE: ratios(run.seconds, loop.seconds),
        "suite CPU s": run.processor,
        "main thread CPU s": run.main,
        "memory MB": megabytes(run),
    }


def _judged(bench: Bench, measured: dict[int, tuple[Measured, Measured]]) -> int:
    """The size that a ratio is to hold at: the largest that every framework has."""
    return max((checks for checks in measured if checks <= max(bench.sizes)), default=0)


def _points(
    rows: Sequence[Row], measured: dict[int, tuple[Measured, Measured]], column: str
) -> list[tuple[int, float]]:
    values = (median(row.figures[column]) for row in rows)
    return [(checks, value) for checks, value in zip(measured, values, strict=True) if value is not None]


def _grown(bench: Bench, measured: dict[int, tuple[Measured, Measured]]) -> list[Row]:
    """What a check costs in the largest run, over what it costs in one of a tenth of that."""
    sizes = list(measured)
    if len(sizes) < 3 or not bench.large or sizes[-1] < bench.large * 0.9:
        return []
    small, middle, large = (measured[size][1] for size in sizes[-3:])

    def beyond(more: Measured, less: Measured) -> float:
        """Processor time of a check of those that one run has more, start-up being equal."""
        return (_median(more.processor) - _median(less.processor)) / (more.checks - less.checks)

    cost = _median(large.seconds) / large.checks / (_median(middle.seconds) / middle.checks)
    name = f"a check of {large.checks:,}, over one of {middle.checks:,}"
    grown = beyond(large, middle) / beyond(middle, small)
    return [
        Row(name, {"growth": cost}, Target("growth", _GROWTH)),
        Row(f"{name}, CPU without start-up", {"growth": grown}, Target("growth", _GROWTH)),
        Row(f"memory at {large.checks:,}", {"memory MB": megabytes(large)}, Target("memory MB", _MEMORY)),
    ]


def _median(values: Sequence[float]) -> float:
    found = median(values)
    assert found is not None
    return found
