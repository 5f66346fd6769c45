"""One thing to measure: a command, run as a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
_WATCHED = Path(__file__).with_name("watched.py")


class BenchError(Exception):
    """Something that was to be measured did not do its work."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A command with its folder, and what it must print so that its time counts.

    `proof` is a pattern whose group is a number, which has to be `checks`. `inner`, where given, finds
    the seconds of a part in what was printed (or in what was left in the folder). `codes` are the exit
    codes of a run that went well.
    """

    name: str
    command: Sequence[str]
    folder: Path
    checks: int
    proof: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    needed: Path | None = None
    inner: Callable[[str], float] | None = None
    codes: tuple[int, ...] = (0,)


@dataclass(slots=True)
class Measured:
    """What each round took, in seconds: by the clock, of a part of it, in processor time of the whole tree
    and of the main thread alone; the peak memory in bytes; what was printed last.
    """

    checks: int
    seconds: list[float] = field(default_factory=list)
    inner: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    main: list[float] = field(default_factory=list)
    peak: int | None = None
    output: str = ""


def host(name: str, arguments: Sequence[str], folder: Path, checks: int, proof: str = "") -> Subject:
    """A module of this interpreter (`arguments` as after `python -m`), with what it needs itself."""
    needed = folder / f"{name.replace(' ', '-')}.needed"
    command = [sys.executable, str(_WATCHED), str(needed), *arguments]
    return Subject(name, command, folder, checks, proof, quiet(), needed)


def quiet() -> dict[str, str]:
    """The environment variables of our own commands."""
    # Without other plugins, which a plain pytest file would have to bear as well.
    return {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def measure(subjects: Sequence[Subject], rounds: int, *, warm: bool = True) -> dict[str, Measured]:
    """Run every subject `rounds` times, in turns, so that a busy moment meets them all. Raises BenchError.

    To be `warm` each is run once for nothing before that: what it reads is then in memory, and compiled.
    """
    results = {subject.name: Measured(subject.checks) for subject in subjects}
    for number in range(0 if warm else 1, rounds + 1):
        for subject in subjects:
            turn = f"{number} of {rounds}" if number else "warming up"
            print(f"  {subject.name}, {subject.checks:,}, {turn}", file=sys.stderr, flush=True)
            _run(subject, results[subject.name] if number else Measured(subject.checks))
    return results


def shell(more: Mapping[str, str]) -> dict[str, str]:
    """The environment variables and `more`, without those that make any Python slower than people have it."""
    slowing = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    return {**{name: value for name, value in os.environ.items() if name not in slowing}, **more}


def _run(subject: Subject, measured: Measured) -> None:
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(
        subject.command,
        cwd=subject.folder,
        env=shell(subject.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds, after = time.perf_counter() - began, os.times()
    _check(subject, done.returncode, done.stdout)
    measured.output = done.stdout
    measured.seconds.append(seconds)
    measured.processor.append(
        after.children_user - before.children_user + after.children_system - before.children_system
    )
    if subject.inner is not None:
        measured.inner.append(subject.inner(done.stdout))
    if subject.needed is not None:
        needed = json.loads(subject.needed.read_text())
        measured.peak = max(measured.peak or 0, needed["peak"])
        measured.main.append(needed["main"])


def _check(subject: Subject, code: int, output: str) -> None:
    tail = "\n".join(output.splitlines()[-15:])
    if code not in subject.codes:
        raise BenchError(f"{subject.name}: exit code {code}\n{tail}")
    if not subject.proof:
        return
    found = re.search(subject.proof, output, re.MULTILINE)
    if found is None or int(found[1].replace(",", "")) != subject.checks:
        raise BenchError(f"{subject.name}: {subject.checks} checks were to pass\n{tail}")
