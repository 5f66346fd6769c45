"""What others run to test the same losses, on the same machine in the same run."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bench.setting import THEIRS, Bench, conformance_run, environment, latest, per_check, run_seconds
from bench.subject import ROOT, BenchError, Measured, Subject, host, measure
from bench.table import Row, Section
from conformance.results import read_results

_ONNX = "ONNX backend node tests of nll_loss and cross_entropy, onnxruntime"
_OP_INFO = "torch.testing OpInfo samples of the golden cases' losses, float32"
_GOLDEN = "conformance run, golden cases of nll_loss and cross_entropy, float32"
_BENCH = "conformance run, the benchmark's own small calls"
_LIMIT = 300  # seconds for installing


def peers(bench: Bench) -> Section:
    """Cost of a check of each; a peer that cannot be had is said to be missing."""
    subjects, missing = [], []
    try:
        subjects.append(_onnx(bench))
    except BenchError as problem:
        missing.append(f"ONNX is not measured: {problem}.")
    try:
        subjects.append(_op_info(bench))
    except BenchError as problem:
        missing.append(f"OpInfo is not measured: {problem}.")
    own, golden = conformance_run(bench, ["torch"], bench.checks), _golden(bench)
    own = replace(own, name=_BENCH, inner=lambda _: run_seconds(latest(own)))
    measured = measure([*subjects, golden, own], bench.rounds)
    counts = {_GOLDEN: _counted(latest(golden)), _BENCH: bench.checks}
    rows = [_row(name, found, counts.get(name) or _agreed(found.output)) for name, found in measured.items()]
    versions = [
        line
        for found in measured.values()
        for line in found.output.splitlines()
        if line.startswith(("onnx ", "torch "))
    ]
    note = " ".join(
        (
            "`seconds` are of running the checks, without imports and collection, which `whole` has.",
            "ONNX compares onnxruntime's outputs with those that NumPy code beside each node computes as"
            " tests are collected, under one rtol of 1e-3 and atol of 1e-7: small inputs, forward, float32.",
            "The OpInfo samples are called in float32 and in torch's own float64, under assert_close's"
            " tolerances: forward, one API.",
            "Neither has an independent reference, a derived bound, a worker that may crash, or results on"
            " disk; conformance run has them, with the class and the function of each loss.",
            *([f"Measured with {'; '.join(versions)}."] if versions else ()),
            *missing,
        )
    )
    return Section("Peers", note, rows)


def _row(name: str, measured: Measured, checks: int) -> Row:
    figures = {
        "checks": float(checks),
        "seconds": measured.inner,
        "us per check": per_check(measured.inner, checks),
        "checks per s": [checks / seconds for seconds in measured.inner],
        "whole s": measured.seconds,
    }
    return Row(name, figures)


def _onnx(bench: Bench) -> Subject:
    python = _installed(bench.folder / "peers", "onnx", "onnxruntime")
    command = [str(python), str(THEIRS / "onnx_nodes.py")]
    return Subject(_ONNX, command, bench.folder, 0, inner=_seconds)


def _op_info(bench: Bench) -> Subject:
    """In torch's own environment, which is lent what `op_db` imports."""
    _, python = environment("torch")
    lent = bench.folder / "expecttest"
    _pip(sys.executable, "--no-deps", "--target", str(lent), "expecttest")
    losses = sorted(path.stem for path in (ROOT / "cases").glob("*.yaml"))
    command = [python, str(THEIRS / "op_info.py"), *losses]
    return Subject(_OP_INFO, command, bench.folder, 0, environment={"PYTHONPATH": str(lent)}, inner=_seconds)


def _golden(bench: Bench) -> Subject:
    spec, _ = environment("torch")
    folder = bench.place(["torch"], bench.checks, "golden")
    files = [str(ROOT / "cases" / f"{name}.yaml") for name in ("nll_loss", "cross_entropy")]
    arguments = ["conformance", "run", *files, "-e", f"torch={spec.gateway}", "--no-html"]
    arguments += ["--modes", "eager", "-m", "float32 and value"]
    subject = host(_GOLDEN, arguments, folder, 0)
    # Whether the gate is open is not the question here.
    return replace(subject, codes=(0, 1), inner=lambda _: run_seconds(latest(subject)))


def _counted(results: Path) -> int:
    footer = read_results(results).footer
    assert footer is not None
    return sum(footer["counts"].values())


def _agreed(output: str) -> int:
    found = re.search(r"^(\d+) of (\d+) agree", output, re.MULTILINE)
    if found is None or found[1] != found[2]:
        raise BenchError(f"a peer's checks do not agree: {output[-400:]}")
    return int(found[2])


def _seconds(output: str) -> float:
    found = re.search(r"run ([\d.]+) s", output)
    if found is None:
        raise BenchError(f"a peer does not tell its time: {output[-400:]}")
    return float(found[1])


def _installed(folder: Path, *packages: str) -> Path:
    """The interpreter of a new virtual environment with `packages`. Raises BenchError."""
    _command([sys.executable, "-m", "venv", str(folder)])
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    _pip(str(python), *packages)
    return python


def _pip(python: str, *arguments: str) -> None:
    print(f"  installing {arguments[-1]}", file=sys.stderr, flush=True)
    _command([python, "-m", "pip", "install", "--quiet", "--retries", "1", *arguments])


def _command(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise BenchError(str(problem)) from problem
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise BenchError(lines[-1] if lines else f"{command[0]} ended with {done.returncode}")
