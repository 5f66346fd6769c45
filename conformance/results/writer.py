"""Writing results: JSON Lines, appended as checks finish, never lost and never overwritten."""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

from conformance.results.errors import ResultsError
from conformance.results.header import Footer, Header, Unavailable
from conformance.results.latest import point_latest
from conformance.results.lines import encode
from conformance.results.reader import scan
from conformance.results.record import CheckRecord

FLUSH_SECONDS = 0.2


def timestamp(moment: datetime | None = None) -> str:
    """`moment` (default: now) in UTC as ISO 8601, to the millisecond."""
    moment = moment or datetime.now(timezone.utc)
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class _Pending:
    """What is not on disk yet, and where in the file it belongs.

    Replaced in one assignment when it has been written, and written at its own offset: a Ctrl-C at any
    moment leaves either the old state, whose second writing changes nothing, or the new one.
    """

    offset: int
    counts: Counter[str]
    lines: list[tuple[str | None, bytes]] = field(default_factory=list)


class ResultsWriter:
    """Appends one run's records to a file. Not for use by two threads at once.

    Lines reach the operating system at the latest with the first write after `FLUSH_SECONDS`; call
    `flush` before a long wait. `close` writes the footer. As a context manager it closes the file, as an
    incomplete run where an exception passes through.
    """

    def __init__(self, descriptor: int, path: Path, header: Header, pending: _Pending, latest: bool) -> None:
        self.path = path
        self.header = header
        self.done: frozenset[str] = frozenset()
        self._descriptor: int | None = descriptor
        self._pending = pending
        self._latest = latest
        self._flushed = time.monotonic()

    @classmethod
    def create(cls, folder: str | Path, header: Header) -> ResultsWriter:
        """A new file in `folder` (made if need be), named by the time, with `latest.jsonl` pointing to it.

        Raises ResultsError where the folder or file cannot be made or written.
        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            hint = "choose a folder that can be written"
            raise ResultsError(folder, f"cannot make the folder: {_reason(problem)}", hint=hint) from problem
        stem = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        for name in _names(stem):
            with suppress(FileExistsError):
                return cls._begin(folder / name, header, latest=True)
        raise AssertionError("unreachable: the names never end")

    @classmethod
    def open(cls, path: str | Path, header: Header) -> ResultsWriter:
        """A new file at `path`. Raises ResultsError where it exists already or cannot be written."""
        path = Path(path)
        try:
            return cls._begin(path, header, latest=False)
        except FileExistsError as problem:
            hint = "results are never overwritten: choose another name, or remove it"
            raise ResultsError(path, "exists already", hint=hint) from problem

    @classmethod
    def resume(cls, path: str | Path) -> ResultsWriter:
        """Goes on with the incomplete file at `path`; `done` has the ids of its checks.

        A torn last line and the footer of a stopped run are cut off. Raises ResultsError where the file
        cannot be read or written, or is complete.
        """
        path = Path(path)
        scanned = scan(path)
        if scanned.footer is not None and scanned.footer["complete"]:
            raise ResultsError(path, "is complete: nothing to resume")
        descriptor = _open(path, os.O_WRONLY)
        pending = _Pending(scanned.end, Counter(scanned.counts))
        writer = cls(descriptor, path, scanned.header, pending, latest=False)
        writer.done = scanned.ids
        try:
            os.ftruncate(descriptor, scanned.end)
        except OSError as problem:
            writer._abandon()
            raise ResultsError(path, f"cannot be resumed: {_reason(problem)}") from problem
        return writer

    @classmethod
    def _begin(cls, path: Path, header: Header, latest: bool) -> ResultsWriter:
        writer = cls(_create(path), path, header, _Pending(0, Counter()), latest)
        try:
            writer._put(None, encode(header))
            writer.flush()
            if latest:
                point_latest(path, finished=False)
        except BaseException:
            writer._abandon()
            raise
        return writer

    @property
    def counts(self) -> dict[str, int]:
        """How many checks have each outcome so far."""
        fresh = Counter(outcome for outcome, _ in self._pending.lines if outcome is not None)
        return dict(self._pending.counts + fresh)

    def write(self, record: CheckRecord) -> None:
        """Appends one check. Raises ResultsError where the file cannot be written (a full disk)."""
        self._put(record["outcome"], encode(record))
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Hands everything to the operating system. Raises ResultsError."""
        pending = self._pending
        if pending.lines:
            data = b"\n".join([*(line for _, line in pending.lines), b""])
            self._write_at(pending.offset, data)
            self._pending = _Pending(pending.offset + len(data), Counter(self.counts))
        self._flushed = time.monotonic()

    def close(
        self,
        complete: bool = True,
        reason: str | None = None,
        unavailable: dict[str, Unavailable] | None = None,
    ) -> None:
        """Writes what is left and the footer, and closes the file. A second call does nothing.

        `reason` says why a run is not complete, `unavailable` which environments were lost on the way.
        Raises ResultsError; the file is closed all the same.
        """
        if self._descriptor is None:
            return
        footer: Footer = {
            "kind": "footer",
            "finished": timestamp(),
            "counts": self.counts,
            "complete": complete,
            "reason": reason,
            "unavailable": unavailable or {},
        }
        try:
            self._put(None, encode(footer))
            self.flush()
            self._synchronise()
        finally:
            self._abandon()
        if self._latest:
            point_latest(self.path, finished=True)

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if problem is None:
            self.close()
            return
        with suppress(ResultsError):  # the exception on its way is the one to hear of
            self.close(complete=False, reason=f"{type(problem).__name__}: {problem}".rstrip(": "))

    def _put(self, outcome: str | None, line: bytes) -> None:
        if self._descriptor is None:
            raise ResultsError(self.path, "is closed")
        self._pending.lines.append((outcome, line))

    def _write_at(self, offset: int, data: bytes) -> None:
        assert self._descriptor is not None
        view = memoryview(data)
        try:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as problem:
            kept = sum(self._pending.counts.values())
            hint = f"checks kept in it: {kept}" if offset else ""
            raise ResultsError(self.path, f"cannot be written: {_reason(problem)}", hint=hint) from problem

    def _synchronise(self) -> None:
        assert self._descriptor is not None
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            return
        try:
            os.fsync(self._descriptor)
        except OSError as problem:
            raise ResultsError(self.path, f"cannot be written: {_reason(problem)}") from problem

    def _abandon(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with suppress(OSError):
                os.close(descriptor)


def _names(stem: str) -> Iterable[str]:
    yield f"{stem}.jsonl"
    number = 2
    while True:
        yield f"{stem}-{number}.jsonl"
        number += 1


def _reason(problem: OSError) -> str:
    return problem.strerror or str(problem)


def _create(path: Path) -> int:
    """A new regular file, or an existing device; an existing file raises FileExistsError."""
    try:
        device = not stat.S_ISREG(os.stat(path).st_mode) and not path.is_dir()
    except OSError:
        device = False
    return _open(path, os.O_WRONLY | (0 if device else os.O_CREAT | os.O_EXCL))


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0), 0o666)
    except FileExistsError:
        raise
    except (OSError, ValueError) as problem:
        reason = _reason(problem) if isinstance(problem, OSError) else str(problem)
        hint = "choose a folder that can be written"
        raise ResultsError(path, f"cannot be written: {reason}", hint=hint) from problem
