"""Whether results files belong together, as far as their headers tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from conformance.results.errors import ResultsError
from conformance.results.header import EnvironmentForm, Header

_SHARD = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})", re.ASCII)
_MACHINES = frozenset({"x86_64", "AMD64", "aarch64", "arm64", "i386", "i686", "ppc64le", "riscv64", "s390x"})
_APART = "give environments that differ names of their own: --environment NAME=TARGET"


@dataclass(frozen=True, slots=True)
class Part:
    """A file that is to be joined with others, and its header."""

    path: Path
    header: Header

    @property
    def shard(self) -> tuple[int, int]:
        """Which part of how many; a run that was not split is the first of one. Raises ResultsError."""
        text = self.header["selection"]["shard"]
        found = _SHARD.fullmatch(text if text is not None else "1/1")
        number, count = map(int, found.groups()) if found else (1, 0)
        if number > count:
            raise ResultsError(self.path, f"names no shard: {text!r}"[:200], line=1)
        return number, count


def agreeing(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts by the run that they are shards of, each run's in order.

    Files of one selection of checks are one run. Raises ResultsError where a shard is missing, or where
    suite versions, case files or environments differ.
    """
    for one, other in pairwise(parts):
        _same_suite(one, other)
    _same_cases(parts)
    _same_environments(parts)
    runs: defaultdict[str, list[Part]] = defaultdict(list)
    for part in parts:
        runs[part.header["selection"]["digest"]].append(part)
    for run in runs.values():
        run.sort(key=lambda part: part.shard)
        _same_run(run)
        _every_shard(run, parts)
    return list(runs.values())


def _refuse(one: Part, other: Part, problem: str, hint: str = "") -> NoReturn:
    raise ResultsError(other.path, f"does not belong together with {one.path}: {problem}", hint=hint)


def _shown(text: str) -> str:
    """A text of a file as one short line without anything invisible."""
    return repr(text[:120])[1:-1]


def _same_suite(one: Part, other: Part) -> None:
    versions = [_shown(part.header["suite"]["version"]) for part in (one, other)]
    if versions[0] != versions[1]:
        problem = f"it was made by version {versions[1]} of the suite, the other by {versions[0]}"
        _refuse(one, other, problem, "run both with the same version")


def _same_cases(parts: Sequence[Part]) -> None:
    known: dict[str, Part] = {}
    for part in parts:
        for operator, digest in part.header["cases"].items():
            first = known.setdefault(operator, part)
            if first.header["cases"][operator] != digest:
                problem = f"their case files of {_shown(operator)} differ"
                _refuse(first, part, problem, "run both with the same cases")


def _same_environments(parts: Sequence[Part]) -> None:
    known: dict[str, Part] = {}
    for part in parts:
        for name, form in part.header["environments"].items():
            first = known.setdefault(name, part)
            if difference := _difference(first.header["environments"][name], form):
                _refuse(first, part, f"environment {_shown(name)} is {difference} there", _APART)


def _difference(one: EnvironmentForm, other: EnvironmentForm) -> str:
    """What tells two environments of one name apart: `torch 2.13.0, not 2.12.0`; "" where nothing does.

    Threads, and the release of the system's kernel, differ between runners of one kind.
    """
    for key in ("framework", "version", "python", "numpy", "device"):
        if one[key] != other[key]:
            return f"of {key} {_shown(other[key])}, not {_shown(one[key])},"
    if _kind(one["platform"]) != _kind(other["platform"]):
        return f"on {_shown(other['platform'])}, not {_shown(one['platform'])},"
    return ""


def _kind(platform: str) -> tuple[str, frozenset[str]]:
    """The system and the machine of a platform such as `Linux-6.8.0-1014-azure-x86_64-with-glibc2.39`."""
    words = platform.split("-")
    return words[0], _MACHINES.intersection(words)


def _same_run(run: Sequence[Part]) -> None:
    told = [(part, part.header["run"]) for part in run if part.header["run"] is not None]
    for (one, first), (other, second) in pairwise(told):
        if first != second:
            _refuse(one, other, f"it is of the CI run {_shown(second)}, the other of {_shown(first)}")
    for one, other in pairwise(run):
        if one.shard[1] != other.shard[1]:
            problem = (
                f"it is shard {'/'.join(map(str, other.shard))}, the other {'/'.join(map(str, one.shard))}"
            )
            _refuse(one, other, problem, "the shards of a run are all of the same number")


def _every_shard(run: Sequence[Part], parts: Sequence[Part]) -> None:
    count = run[0].shard[1]
    missing = sorted(set(range(1, count + 1)) - {part.shard[0] for part in run})
    if not missing:
        return
    words = ", ".join(f"{number}/{count}" for number in missing[:10]) + (" ..." if len(missing) > 10 else "")
    strangers = [part for part in parts if part.shard[1] == count and part not in run]
    hint = "give the results of every shard"
    if strangers:
        theirs, ours = (part.header["selection"]["checks"] for part in (strangers[0], run[0]))
        hint = f"{strangers[0].path} is of a run over other checks ({theirs:,}, here {ours:,})"
    raise ResultsError(run[0].path, f"is one of {count} shards; missing: {words}", hint=hint)
