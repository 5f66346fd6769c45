"""What the measurements share: where they work, how large they are, and our own commands."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.case_file import CHECKS_PER_SEED, FRAMEWORKS, write_case_file
from bench.subject import ROOT, BenchError, Measured, Subject, host
from conformance.environments import EnvironmentSpec, select
from conformance.results import read_results

THEIRS = Path(__file__).with_name("theirs")
PASSED = r"(\d+) passed"


@dataclass(frozen=True, slots=True)
class Bench:
    """Where to work, how many checks each measurement has, and how often each is repeated.

    `sizes` are those of the comparisons with bare loops; `large` is one more, for the frameworks `large_on`.
    """

    folder: Path
    checks: int
    sizes: tuple[int, ...]
    large: int
    large_on: tuple[str, ...]
    rounds: int

    def place(self, frameworks: Sequence[str], checks: int, purpose: str) -> Path:
        """A folder with a case file of so many checks, where results go too."""
        folder = self.folder / f"{'-'.join(frameworks)}-{checks}-{purpose}"
        write_case_file(folder / "cases", frameworks, checks // (CHECKS_PER_SEED * len(frameworks)))
        (folder / "pytest.ini").touch()
        return folder


def environment(name: str) -> tuple[EnvironmentSpec, str]:
    """The declared environment `name`, and its interpreter. Raises BenchError where it cannot run."""
    (spec,) = select([name], ROOT)
    if problem := spec.problem():
        raise BenchError(f"{name}: {problem}; {spec.remedy}")
    python = next(part for part in spec.gateway.split("//") if part.startswith("python="))
    return spec, shlex.split(python.partition("=")[2])[0]


def whole(checks: int, frameworks: Sequence[str] = FRAMEWORKS[:1]) -> int:
    """The next smaller number of checks that a case file can have; one seed's at least."""
    step = CHECKS_PER_SEED * len(frameworks)
    return max(checks // step, 1) * step


def conformance_run(bench: Bench, frameworks: Sequence[str], checks: int, *, html: bool = False) -> Subject:
    """`conformance run` of so many checks; its results are `latest(subject)`."""
    name = f"conformance run{' --html' if html else ''}"
    folder = bench.place(frameworks, checks, "html" if html else "run")
    arguments = ["conformance", "run", "cases", "--html" if html else "--no-html"]
    for framework in frameworks:
        arguments += ["-e", f"{framework}={environment(framework)[0].gateway}"]
    proof = r"^pass +([\d,]+)$" if len(frameworks) == 1 else ""
    return host(name, arguments, folder, checks, proof)


def pytest_cases(bench: Bench, name: str, *options: str, proof: str = "") -> Subject:
    """`pytest cases` with `options`, on torch."""
    spec, _ = environment("torch")
    arguments = ["pytest", "cases", "-p", "conformance.plugin", *options]
    arguments.append(f"--environment=torch={spec.gateway}")
    return host(name, arguments, bench.place(["torch"], bench.checks, "pytest"), bench.checks, proof)


def latest(run: Subject) -> Path:
    """The results of a `conformance run`."""
    return run.folder / "reports" / "latest.jsonl"


def run_seconds(path: Path) -> float:
    """From the header, which is written when the framework has been imported, to the footer."""
    run = read_results(path)
    assert run.footer is not None
    began, ended = run.header["started"], run.footer["finished"]
    moments = [datetime.fromisoformat(moment.replace("Z", "+00:00")) for moment in (began, ended)]
    return (moments[1] - moments[0]).total_seconds()


def megabytes(measured: Measured) -> float | None:
    """The peak memory of the process itself."""
    return None if measured.peak is None else measured.peak / 1e6


def per_check(seconds: Sequence[float], checks: int) -> list[float]:
    """Microseconds."""
    return [value / checks * 1e6 for value in seconds]
