"""Joining results files: the shards of a run, and runs of other environments or hosts, become one file."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from conformance.results.agreement import Part, agreeing
from conformance.results.errors import ResultsError
from conformance.results.header import EnvironmentForm, Footer, Header, Record, Selection, Unavailable
from conformance.results.lines import encode
from conformance.results.reader import stream_results
from conformance.results.record import CheckRecord

_INCIDENTAL = {"seconds": 0.0, "log": ""}  # what differs between two executions that agree


def merge_results(paths: Sequence[Path], output: Path) -> dict[str, int]:
    """Join the files at `paths` into the new file `output`; returns how many checks have each outcome.

    Every shard of a run has to be there and complete; suite version, case files and environments of one
    name have to agree; a check that two files have has to be the same in both, but for the time it took
    and what it printed, and is kept once. Files are read twice, so that nothing is held but check ids.
    Raises ResultsError, having made no file.
    """
    if output.exists():
        raise ResultsError(output, "exists already", hint="results are never overwritten: name a new file")
    union = _Union()
    for run in agreeing([Part(path, _header(path)) for path in paths]):
        union.add(run)
    _write_at_once(output, union.lines())
    return dict(union.counts)


def ids_digest(ids: Iterable[str]) -> str:
    """The SHA-256 of check ids, sorted, one a line, as a header's selection has it."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def _header(path: Path) -> Header:
    return cast(Header, next(stream_results(path, incomplete=True)))


@dataclass(slots=True)
class _Source:
    """A file, and the lines of it that the joined file does not get."""

    part: Part
    left_out: set[int] = field(default_factory=set)

    def lines(self) -> Iterator[bytes]:
        with self.part.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number not in self.left_out:
                    yield line


class _Union:
    """The checks of all files: which there are, where they are, and what became of them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._sources: list[_Source] = []
        self._known: dict[str, tuple[bytes, Path]] = {}  # check id: digest of its result, where it was read
        self._finished = ""
        self._unavailable: dict[str, Unavailable] = {}

    def add(self, run: Sequence[Part]) -> None:
        """Read the files of one run to their ends. Raises ResultsError."""
        ids: set[str] = set()
        for part in run:
            source = _Source(part)
            self._sources.append(source)
            for number, record in enumerate(stream_results(part.path), start=1):
                if record["kind"] != "check":
                    source.left_out.add(number)
                    self._note(record)
                    continue
                ids.add(record["id"])
                if self._repeats(record, part.path, number):
                    source.left_out.add(number)
                else:
                    self.counts[record["outcome"]] += 1
        selection = run[0].header["selection"]
        if ids_digest(ids) != selection["digest"]:
            wanted, found = selection["checks"], len(ids)
            counted = f"{found:,}" if found != wanted else "others"
            problem = f"the run was over {wanted:,} checks, the files of it that are given have {counted}"
            raise ResultsError(run[0].path, problem, hint="give the files as they were written")

    def _note(self, record: Header | Footer) -> None:
        self._unavailable |= record["unavailable"]
        if record["kind"] == "footer":
            self._finished = max(self._finished, record["finished"])

    def _repeats(self, record: CheckRecord, path: Path, number: int) -> bool:
        """Whether an earlier file has the check. Raises ResultsError where it has another result."""
        digest = hashlib.sha256(encode({**record, **_INCIDENTAL})).digest()[:16]
        if record["id"] not in self._known:
            self._known[record["id"]] = (digest, path)
            return False
        first, origin = self._known[record["id"]]
        if first != digest:
            problem = f"check {repr(record['id'][:200])[1:-1]} has another result than in {origin}"
            hint = "leave one of the files out, or name their environments apart"
            raise ResultsError(path, problem, line=number, hint=hint)
        return True

    def lines(self) -> Iterator[bytes]:
        """The joined file."""
        header = self._header()
        yield _line(header)
        for source in self._sources:
            yield from source.lines()
        yield _line(
            {
                "kind": "footer",
                "finished": self._finished,
                "counts": dict(self.counts),
                "complete": True,
                "reason": None,
                "unavailable": {
                    name: why for name, why in self._unavailable.items() if name in header["environments"]
                },
            }
        )

    def _header(self) -> Header:
        headers = [source.part.header for source in self._sources]
        first = headers[0]
        environments: dict[str, EnvironmentForm] = {}
        for head in headers:
            environments |= {
                name: form for name, form in head["environments"].items() if name not in environments
            }
        commands = dict.fromkeys(head["suite"]["command"] for head in headers)
        return {
            **first,
            "suite": {**first["suite"], "command": "; ".join(commands)},
            "started": min(head["started"] for head in headers),
            "run": first["run"] if len({head["run"] for head in headers}) == 1 else None,
            "selection": self._selection([head["selection"] for head in headers]),
            "cases": {name: digest for head in headers for name, digest in head["cases"].items()},
            "environments": environments,
            "unavailable": {name: why for name, why in self._unavailable.items() if name not in environments},
            "conventions": {name: form for head in headers for name, form in head["conventions"].items()},
            "apis": {name: form for head in headers for name, form in head.get("apis", {}).items()},
        }

    def _selection(self, selections: Sequence[Selection]) -> Selection:
        asked = dict.fromkeys(one["modes"] for one in selections)
        return {
            "keywords": _either(one["keywords"] for one in selections),
            "markers": _either(one["markers"] for one in selections),
            "paths": list(dict.fromkeys(path for one in selections for path in one["paths"])),
            "modes": ",".join(asked),
            "shard": None,
            "planned": sum({one["digest"]: one["planned"] for one in selections}.values()),
            "checks": len(self._known),
            "digest": ids_digest(self._known),
            "whole": len(asked) == 1 and all(one["whole"] for one in selections),
            "known_modes": {name: modes for one in selections for name, modes in one["known_modes"].items()},
        }


def _either(expressions: Iterable[str]) -> str:
    """What selects the checks of every expression, where the empty one selects all."""
    distinct = list(dict.fromkeys(expressions))
    if len(distinct) == 1 or "" in distinct:
        return distinct[0] if len(distinct) == 1 else ""
    return " or ".join(f"({text})" for text in distinct)


def _line(record: Record) -> bytes:
    return encode(record) + b"\n"


def _write_at_once(output: Path, lines: Iterable[bytes]) -> None:
    """Make `output` of `lines`, whole or not at all. Raises ResultsError."""
    fresh = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with fresh.open("xb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, output)
    except OSError as problem:
        hint = "choose a folder that can be written"
        raise ResultsError(
            output, f"cannot be written: {problem.strerror or problem}", hint=hint
        ) from problem
    finally:
        with suppress(OSError):
            fresh.unlink()
