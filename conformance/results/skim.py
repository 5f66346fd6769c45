"""Reading the few keys of each check that the gate and a comparison of runs need.

A whole record is mostly inputs and values. A typed decoder that passes over all other keys takes a tenth
of the time and memory of reading and checking everything; a line that does not have these keys in their
types is read whole, so that what is wrong with it is told in the same words.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

import msgspec

from conformance.model import Level, Outcome
from conformance.results.header import Footer, Header
from conformance.results.reader import Reading
from conformance.results.record import CheckRecord

# The decoder evaluates annotations, hence no alias that is text.
_Number = int | float | Literal["NaN", "Infinity", "-Infinity"]


class BriefError(TypedDict):
    """The part of an `ErrorForm` that says how far off the output is."""

    max_bound_ratio: _Number | None
    mismatched: int
    total: int


class BriefHypothesis(TypedDict):
    """The name of an explanation."""

    name: str


BriefException = TypedDict("BriefException", {"class": str, "message": str})
"""An exception without its traceback."""


class Brief(TypedDict):
    """The part of a `CheckRecord` that verdicts, causes and comparisons are made of."""

    kind: Literal["check"]
    id: str
    operator: str
    case: str
    api: str
    framework: str
    environment: str
    framework_version: str
    dtype: str
    device: str
    mode: str
    aspect: str
    level: Level
    call: str
    outcome: Outcome
    subtype: str | None
    convention: str | None
    detail: str | None
    error: BriefError | None
    hypothesis: BriefHypothesis | None
    exception: BriefException | None
    fingerprint: str | None


_decode = msgspec.json.Decoder(Brief).decode


def _is_brief(record: Any) -> bool:
    """Whether the typed decoder made it: nothing else makes a member of the outcome's word."""
    return type(record) is dict and type(record.get("outcome")) is Outcome


class _Skimming(Reading):
    """A reading of which checks are briefs."""

    def parse(self, data: bytes) -> Any:
        try:
            return _decode(data)
        except msgspec.DecodeError:
            return super().parse(data)

    def problem(self, record: Any) -> str:
        return "" if _is_brief(record) else super().problem(record)


class Skim:
    """One pass over the results file at `path`: iterating gives the briefs of its checks, in their order.

    `header` is there at once, `footer` at the end (None where the run was killed). Raises ResultsError as
    `read_results` does.
    """

    def __init__(self, path: str | Path, incomplete: bool = False) -> None:
        self.path = Path(path)
        self._reading = _Skimming(self.path, incomplete)
        self._records: Iterator[Any] = iter(self._reading)
        self.header = cast(Header, next(self._records))

    def __iter__(self) -> Iterator[Brief]:
        # Once these few words are shared, what is kept of a hundred thousand checks is small.
        for record in self._records:
            if record["kind"] == "check":
                for key in ("framework", "environment", "framework_version", "device", "mode", "api"):
                    record[key] = sys.intern(record[key])
                yield record

    @property
    def footer(self) -> Footer | None:
        """The last line, once all has been read."""
        return self._reading.footer


class _Picking(_Skimming):
    """A reading that is whole where a brief is wanted."""

    def __init__(self, path: Path, wanted: Callable[[Brief], bool]) -> None:
        super().__init__(path, incomplete=True)
        self._wanted = wanted

    def parse(self, data: bytes) -> Any:
        record = super().parse(data)
        if _is_brief(record) and self._wanted(record):
            return Reading.parse(self, data)
        return record


def pick_results(path: str | Path, wanted: Callable[[Brief], bool]) -> Iterator[CheckRecord]:
    """The whole records of those checks in the file at `path` whose briefs are `wanted`.

    Raises ResultsError where the file is damaged; a run that was killed is read as far as it goes.
    """
    for record in _Picking(Path(path), wanted):
        if record["kind"] == "check" and "inputs" in record:
            yield record
