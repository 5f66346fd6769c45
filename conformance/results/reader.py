"""Reading results: a stream of records from untrusted text; every fault is a ResultsError with its line."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, cast

import msgspec

from conformance.results.common import Common
from conformance.results.errors import ResultsError
from conformance.results.header import SCHEMA, Footer, Header, Record
from conformance.results.record import CheckRecord
from conformance.results.validate import problem_of

LONGEST_LINE = 64 << 20
INCOMPLETE_HINT = "resume it, or ask for incomplete results"


@dataclass(frozen=True)
class RunResults:
    """One run, read whole. `footer` is None where the run was killed; `torn` tells of a lost last line."""

    path: Path
    header: Header
    checks: list[CheckRecord]
    footer: Footer | None
    torn: bool = False

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.footer is not None and self.footer["complete"]


@dataclass
class Scan:
    """What resuming needs: `end` is the byte after the last whole check (or the header)."""

    header: Header
    end: int
    ids: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    footer: Footer | None = None


class _Line(NamedTuple):
    number: int
    end: int
    record: Record


_decode = msgspec.json.Decoder().decode


class _Torn(NamedTuple):
    """The last line, cut off in the middle."""

    number: int


def read_results(path: str | Path, incomplete: bool = False) -> RunResults:
    """Everything in the file at `path`.

    Raises ResultsError where it is no results file of ours or is damaged; where the run was killed or
    stopped too, unless `incomplete` is true.
    """
    path = Path(path)
    reading = Reading(path, incomplete)
    common = Common()
    records: list[Record] = []
    with _collector_off():
        for record in reading:
            if record["kind"] == "check":
                common.share(record)
            records.append(record)
    return RunResults(
        path,
        cast(Header, records[0]),
        [record for record in records if record["kind"] == "check"],
        reading.footer,
        reading.torn,
    )


@contextmanager
def _collector_off() -> Iterator[None]:
    """Spare the garbage collector JSON that is read: there are no cycles in it, however often it looks.

    What has been read then counts as old, so that it is not looked through at once.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()
        if enabled:
            gc.enable()


def stream_results(path: str | Path, incomplete: bool = False) -> Iterator[Record]:
    """Header, checks and footer of the file at `path`, one at a time. Raises ResultsError as it goes."""
    return iter(Reading(Path(path), incomplete))


def scan(path: str | Path) -> Scan:
    """Where an incomplete file can be gone on with. Raises ResultsError."""
    reading = Reading(Path(path), incomplete=True)
    lines = reading.lines()
    first = next(lines)
    found = Scan(cast(Header, first.record), first.end)
    for line in lines:
        if line.record["kind"] == "check":
            found.end = line.end
    found.ids, found.counts, found.footer = frozenset(reading.ids), reading.counts, reading.footer
    return found


class Reading:
    """One pass over one file, with what has been seen so far.

    Another reading of lines than the whole one overrides `parse`, and `problem` or `accept_other`.
    """

    def __init__(self, path: Path, incomplete: bool, trusted: bool = False) -> None:
        self.path = path
        self.incomplete = incomplete
        self.trusted = trusted
        self.ids: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.footer: Footer | None = None
        self.torn = False

    def __iter__(self) -> Iterator[Record]:
        return (line.record for line in self.lines())

    def lines(self) -> Iterator[_Line]:
        """The records with their places. Raises ResultsError."""
        number = 0
        for line in self._raw_lines():
            if isinstance(line, _Torn):
                self._accept_torn(line)
                break
            number = line.number
            self._accept(line)
            yield line
        if number == 0:
            self._fail("is empty" if not self.torn else "is no results file of the suite")
        self._finish(number)

    def parse(self, data: bytes) -> Any:
        """The JSON value of one line. Raises ValueError or RecursionError."""
        return _decode(data)

    def problem(self, record: Any) -> str:
        """What is wrong with a record that `parse` gave, or ""."""
        return problem_of(record)

    def _raw_lines(self) -> Iterator[_Line | _Torn]:
        try:
            with self.path.open("rb") as file:
                yield from self._decoded(file)
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else None
            raise ResultsError(self.path, f"cannot be read: {reason or problem}") from problem

    def _decoded(self, file: BinaryIO) -> Iterator[_Line | _Torn]:
        number, end = 0, 0
        while data := file.readline(LONGEST_LINE + 1):
            number, end = number + 1, end + len(data)
            if len(data) > LONGEST_LINE:
                self._fail("is longer than any line of ours", number)
            try:
                record = self.parse(data)
            except (ValueError, RecursionError) as problem:
                if number > 1 and not data.endswith(b"\n"):
                    yield _Torn(number)
                    return
                what = "is no results file of the suite" if number == 1 else "broken line"
                self._fail(f"{what}: {_first_words(problem)}", number)
            yield _Line(number, end, record)

    def accept_other(self, record: Any, number: int) -> bool:
        """Whether `record` is a check in a form of its own, and has been told to `accept_identity`."""
        return False

    def accept_identity(self, identity: str, outcome: str, number: int) -> None:
        """Take note of a check. Raises ResultsError where there was one of its id."""
        if self.footer is not None:
            self._fail("a line after the footer", number)
        if identity in self.ids:
            self._fail(f"a second check with the id {identity[:200]!r}", number)
        self.ids.add(identity)
        self.counts[outcome] += 1

    def _accept(self, line: _Line) -> None:
        record: Any = line.record
        if self.accept_other(record, line.number):
            return
        kind = record.get("kind") if type(record) is dict else None
        if line.number == 1:
            self._accept_header(record, kind)
        elif kind == "header":
            self._fail("a second header", line.number)
        if not self.trusted and (problem := self.problem(record)):
            self._fail(problem, line.number)
        if self.footer is not None:
            self._fail("a line after the footer", line.number)
        if kind == "check":
            self.accept_identity(record["id"], record["outcome"], line.number)
        elif kind == "footer":
            self._accept_footer(record, line.number)

    def _accept_header(self, record: Any, kind: Any) -> None:
        schema = record.get("schema") if type(record) is dict else None
        if kind != "header" or type(schema) is not int:
            self._fail("is no results file of the suite: its first line is no header", 1)
        if schema > SCHEMA:
            problem = f"was written in schema {schema}, this program reads up to {SCHEMA}"
            raise ResultsError(self.path, problem, line=1, hint="update the suite to read it")
        if schema < SCHEMA:
            self._fail(f"was written in schema {schema}, this program reads {SCHEMA}", 1)

    def _accept_footer(self, record: Footer, number: int) -> None:
        claimed = {outcome: n for outcome, n in record["counts"].items() if n}
        if claimed != dict(self.counts):
            differing = sorted(
                outcome
                for outcome in claimed.keys() | self.counts.keys()
                if claimed.get(outcome, 0) != self.counts[outcome]
            )
            outcome = differing[0]
            has, claims = self.counts[outcome], claimed.get(outcome, 0)
            self._fail(f"the footer counts {claims} {outcome[:40]}, the file has {has}", number)
        self.footer = record

    def _accept_torn(self, line: _Torn) -> None:
        if self.footer is not None:
            self._fail("a line after the footer", line.number)
        if not self.incomplete:
            problem = "the last line is cut off: the run was killed, or still goes on"
            raise ResultsError(self.path, problem, line=line.number, hint=INCOMPLETE_HINT)
        self.torn = True

    def _finish(self, number: int) -> None:
        if self.incomplete or (self.footer is not None and self.footer["complete"]):
            return
        if self.footer is None:
            problem = "has no footer: the run was killed, or still goes on"
        else:
            problem = f"is incomplete: {self.footer['reason'] or 'the run was stopped'}"
        raise ResultsError(self.path, problem, line=number, hint=INCOMPLETE_HINT)

    def _fail(self, problem: str, line: int | None = None) -> NoReturn:
        raise ResultsError(self.path, problem, line=line)


def _first_words(problem: Exception) -> str:
    if isinstance(problem, RecursionError):
        return "nested too deeply"
    return str(problem).splitlines()[0][:120] if str(problem) else type(problem).__name__
