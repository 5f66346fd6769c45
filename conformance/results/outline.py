"""The few parts of each check that an overview is made of, and where in the file the rest of it is.

A whole record is mostly inputs and values: a page about a hundred thousand of them needs the whole of a few.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias, TypedDict, cast

import msgspec

from conformance.model import Level, Oracle, Outcome, Subtype
from conformance.results.errors import ResultsError
from conformance.results.header import Footer, Header
from conformance.results.reader import Reading, RunResults
from conformance.results.record import CheckRecord, ExceptionForm, ValueForm
from conformance.results.shape import Rule
from conformance.results.validate import part_of_check, problem_of

# The decoder evaluates annotations, hence no alias that is text.
_Number = int | float | bool | Literal["NaN", "Infinity", "-Infinity"]


class _Part(msgspec.Struct, gc=False):
    """A part of a record; keys that it does not have are passed over."""


class ErrorPart(_Part):
    """How far off an output is."""

    max_ulp: _Number | None
    max_bound_ratio: _Number | None
    vacuous: int
    total: int


class HypothesisPart(_Part):
    """The name of an explanation."""

    name: str


class ExceptionPart(_Part):
    """The class of an exception."""

    name: str = msgspec.field(name="class")


class SamplePart(_Part):
    """Some elements of a large array."""

    values: list[_Number]


class ValuePart(_Part):
    """A returned value of any kind; None stands for what its kind does not have."""

    shape: list[int] | None = None
    values: list[_Number] | None = None
    sample: SamplePart | None = None
    text: str | None = None
    exception: str | None = None
    type: str | None = None
    repr: str | None = None


class InputPart(_Part):
    """The shape of an input, None of what is no tensor."""

    shape: tuple[int, ...] | None = None


class SweepPart(_Part):
    """The name of an input that takes every value of a dtype."""

    input: str


class Outline(_Part):
    """The part of a `CheckRecord` that overviews, findings and filters are made of."""

    kind: Literal["check"]
    id: str
    operator: str
    case: str
    variant: str
    api: str
    framework: str
    environment: str
    framework_version: str
    dtype: str
    device: str
    mode: str
    aspect: str
    level: Level
    oracle: Oracle
    features: list[str]
    undocumented: list[str]
    declared: str | None
    stale_declaration: bool
    call: str
    inputs: dict[str, InputPart]
    location: str
    outcome: Outcome
    subtype: Subtype | None
    convention: str | None
    conventions: dict[str, str]
    detail: str | None
    actual: ValuePart | None
    error: ErrorPart | None
    hypothesis: HypothesisPart | None
    exception: ExceptionPart | None
    seconds: _Number
    fingerprint: str | None
    sweep: SweepPart | None = None


class Peer(TypedDict):
    """The part of a `CheckRecord` that another report of the same call shows of it."""

    id: str
    case: str
    variant: str
    api: str
    framework: str
    environment: str
    framework_version: str
    device: str
    mode: str
    aspect: str
    call: str
    outcome: str
    subtype: str | None
    actual: ValueForm | None
    exception: ExceptionForm | None


_decode = msgspec.json.Decoder(Outline).decode
_decode_whole = msgspec.json.Decoder().decode
_decode_peer = msgspec.json.Decoder(
    msgspec.defstruct("_Peer", [(key, Any) for key in Peer.__annotations__])
).decode
_peer_rule = part_of_check(Peer.__annotations__)


def outline_of(record: CheckRecord) -> Outline:
    """The outline of a record of the published layout."""
    return msgspec.convert(record, Outline)


class _Outlining(Reading):
    """A reading of which checks are outlines; what the typed decoder does not take is read whole."""

    def parse(self, data: bytes) -> Any:
        try:
            return _decode(data)
        except msgspec.DecodeError:
            return super().parse(data)

    def accept_other(self, record: Any, number: int) -> bool:
        if type(record) is not Outline or number == 1:
            return False
        self.accept_identity(record.id, record.outcome.value, number)
        return True


class StoredRun:
    """One run that stays in its file: its checks are given as outlines, any of them whole when asked for.

    `outlines` reads the file once; only after that are `footer` and `torn` known, and can `whole` be asked.
    Raises ResultsError as `read_results` does. `trusted` is for a file that this process has just written.
    """

    def __init__(self, path: str | Path, incomplete: bool = False, *, trusted: bool = False) -> None:
        self.path = Path(path)
        self._trusted = trusted
        self._reading = _Outlining(self.path, incomplete, trusted)
        self._lines = self._reading.lines()
        first = next(self._lines)
        self.header = cast(Header, first.record)
        self._starts = array("Q", [first.end])

    def outlines(self) -> Iterator[Outline]:
        """The outlines of the checks, in their order."""
        for line in self._lines:
            record: Any = line.record
            if type(record) is Outline:
                yield record
            elif record["kind"] == "check":
                yield outline_of(record)
            else:
                continue  # the footer
            self._starts.append(line.end)
        self._reading.ids.clear()

    def whole(self, place: int) -> CheckRecord:
        """The whole record of the check that came at `place`. Raises ResultsError."""
        (data,) = self._data((place,))
        record = self._decoded(_decode_whole, data, place)
        self._check(problem_of, record, place)
        return cast(CheckRecord, record)

    def peers(self, places: Sequence[int]) -> Iterator[Peer]:
        """What reports of the same call say of the checks that came at `places`. Raises ResultsError."""
        for place, data in zip(places, self._data(places), strict=True):
            peer = msgspec.structs.asdict(self._decoded(_decode_peer, data, place))
            self._check(_peer_rule, peer, place)
            yield cast(Peer, peer)

    def _data(self, places: Sequence[int]) -> list[bytes]:
        try:
            with self.path.open("rb") as file:
                return [self._line(file, place) for place in places]
        except OSError as problem:
            raise ResultsError(self.path, f"cannot be read: {problem.strerror or problem}") from problem

    def _line(self, file: BinaryIO, place: int) -> bytes:
        file.seek(self._starts[place])
        return file.read(self._starts[place + 1] - self._starts[place])

    def _decoded(self, decode: Callable[[bytes], Any], data: bytes, place: int) -> Any:
        try:
            return decode(data)
        except msgspec.DecodeError as problem:
            raise ResultsError(self.path, "changed while it was read", line=place + 2) from problem

    def _check(self, rule: Rule, value: Any, place: int) -> None:
        if not self._trusted and (problem := rule(value)):
            raise ResultsError(self.path, problem, line=place + 2)

    @property
    def footer(self) -> Footer | None:
        """The last line, None where the run was killed."""
        return self._reading.footer

    @property
    def torn(self) -> bool:
        """Whether the last line is cut off."""
        return self._reading.torn

    @property
    def complete(self) -> bool:
        """Whether the run came to its end."""
        return self.footer is not None and self.footer["complete"]


Run: TypeAlias = "RunResults | StoredRun"


def outlines_of(run: Run) -> Iterator[Outline]:
    """The outlines of the checks of a run, in their order."""
    return run.outlines() if isinstance(run, StoredRun) else map(outline_of, run.checks)


def whole_record(run: Run, place: int) -> CheckRecord:
    """The whole record of the check at `place`. Raises ResultsError."""
    return run.whole(place) if isinstance(run, StoredRun) else run.checks[place]


def peers_of(run: Run, places: Sequence[int]) -> Iterable[Peer]:
    """What reports of the same call say of the checks at `places`. Raises ResultsError."""
    return run.peers(places) if isinstance(run, StoredRun) else [run.checks[place] for place in places]
