"""One environment's share of a pool: its requests, its present worker, and what its messages mean."""

from __future__ import annotations

import enum
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.environments.events import Answered, Crashed, Event, Finished, Ready, TimedOut, Unavailable
from conformance.environments.link import Buried, Link, Lost
from conformance.environments.spec import EnvironmentSpec
from conformance.worker.outbox import RETIRED

BATCH = 100
"""The most requests sent at once."""

BATCH_BYTES = 4_000_000
"""The array bytes at which a batch is sent, however few requests it has, and beyond which none follows it
before it is answered."""

DEADLINE = 60.0
"""Seconds for one request that has no deadline of its own; the first call of a framework takes several."""

GRACE = 2.0
"""How long a worker that has passed its deadline may take to end itself, in seconds."""

_LOG_SHOWN = 2000

Request = Mapping[str, Any]


class State(enum.Enum):
    """Where an environment is."""

    STARTING = enum.auto()
    READY = enum.auto()
    BURYING = enum.auto()  # it could not start; what its worker said last is being fetched
    GONE = enum.auto()


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for one request and for a start; how many crashes in a row end an environment."""

    deadline: float = DEADLINE
    startup: float = 300.0
    crashes: int = 20


class Lane:
    """One environment. `connect` makes a link; its arguments: whom to bury, and whether to start a worker."""

    def __init__(
        self, spec: EnvironmentSpec, connect: Callable[[Link | None, bool], Link], limits: Limits
    ) -> None:
        self.spec = spec
        self.state = State.STARTING
        self.link: Link | None = None
        self._connect = connect
        self._limits = limits
        self._unanswered: dict[int, Request] = {}
        self._sizes: dict[int, int] = {}  # array bytes of those
        self._bytes = 0  # in all
        self._source: Iterator[Request] = iter(())
        self._batches: Iterator[_Batch] = iter(())
        self._exhausted = True  # nothing is left to pull
        self._finished = True  # and that has been reported
        self._latest = 0  # how many requests the latest batch had
        self._announced = False
        self._patience = limits.deadline  # the longest deadline of what is with the worker
        self._deaths = 0  # since the last answer
        self._killed_late: bool | None = None  # a worker that had requests is dead; whether by the deadline
        self._unavailable: Unavailable | None = None

    @property
    def busy(self) -> bool:
        """Whether something may still come without anybody asking."""
        if self.link is None or self.state is State.GONE:
            return False
        return self.state is not State.READY or bool(self._unanswered)

    def start(self) -> None:
        """Start the first worker."""
        self.link = self._connect(None, True)

    def submit(self, requests: Iterable[Request]) -> Iterator[Event]:
        """Queue `requests` behind what is there."""
        self._source = itertools.chain(self._source, requests)
        self._batches = _batches(self._source)
        self._exhausted = self._finished = False
        if self._unavailable is not None:
            yield self._unavailable
        elif self.state is State.READY:
            self._fill()
            yield from self._finish()

    def handle(self, link: Link, item: object) -> Iterator[Event]:
        """Take in what `link` has posted."""
        if link is not self.link or self.state is State.GONE:
            return
        if item is None:
            yield from self._died(by_deadline=False)
        elif isinstance(item, Buried):
            yield from self._buried(item)
        elif isinstance(item, Lost):
            yield from self.give_up(item.reason)
        elif isinstance(item, list):
            yield from self._heard(item)

    def due(self) -> float | None:
        """Return when patience with the present worker ends, on `time.monotonic`'s clock."""
        if self.link is None or self.state is State.GONE:
            return None
        if self.state is State.READY:
            # Which of them the worker is at is not known here: perhaps that which may take longest.
            return self.link.since + self._patience + GRACE if self._unanswered else None
        return self.link.since + self._limits.startup + GRACE

    def overdue(self) -> Iterator[Event]:
        """What follows from `due` having passed."""
        assert self.link is not None
        self.link.kill()
        if self.state is State.READY:
            yield from self._died(by_deadline=True)
        else:
            yield from self.give_up(f"it did not start within {self._limits.startup:g} s")

    def release(self) -> None:
        """End the worker; nobody wants to hear of it."""
        self.state = State.GONE
        self._unanswered.clear()
        self._sizes.clear()
        if self.link is not None:
            self.link.kill()

    def give_up(self, reason: str) -> Iterator[Event]:
        """Report that this environment cannot run."""
        yield from self._report_victim("unknown", "", -1)
        self.state = State.GONE
        self._unanswered.clear()
        self._sizes.clear()
        self._unavailable = Unavailable(self.spec.name, reason, self.spec.remedy)
        yield self._unavailable

    def _heard(self, messages: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
        """Take in what a worker has sent: how it started, alone, or some answers."""
        first = messages[0]
        if "ready" in first:
            yield from self._ready(first)
        elif "failed" in first:
            yield from self.give_up(_with_log(first["failed"], first["log"]))
        else:
            yield from self._answered(messages)
            self._fill()
            yield from self._finish()

    def _answered(self, answers: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
        for answer in answers:
            if answer["id"] in self._unanswered:
                self._settled(answer["id"])
                self._deaths = 0
                yield Answered(self.spec.name, answer["id"], answer)

    def _ready(self, message: Mapping[str, Any]) -> Iterator[Event]:
        assert self.link is not None
        self.state = State.READY
        if not self._announced:
            self._announced = True
            yield Ready(self.spec.name, message["ready"], message["log"])
        for batch in _batches(self._unanswered.values()):
            self._send(batch.requests)
        self._fill()
        yield from self._finish()

    def _died(self, *, by_deadline: bool) -> Iterator[Event]:
        """The present worker is dead: bury it, and start another unless this one never got going."""
        if self.state is State.BURYING:
            yield from self.give_up("it did not start")
            return
        if self.state is State.READY and self._unanswered:
            self._killed_late = by_deadline
        again = self.state is State.READY
        self.state = State.STARTING if again else State.BURYING
        self.link = self._connect(self.link, again)

    def _buried(self, found: Buried) -> Iterator[Event]:
        if self.state is State.BURYING:
            reason = f"it did not start: {found.cause}"
            if found.cause == "SIGALRM":
                reason = f"it did not start within {self._limits.startup:g} s"
            yield from self.give_up(_with_log(reason, found.log))
            return
        yield from self._answered(found.answers)
        yield from self._report_victim(found.cause, found.log, found.running)
        yield from self._finish()
        self._deaths += 1
        if self._deaths >= self._limits.crashes:
            assert self.link is not None
            self.link.kill()
            yield from self.give_up(f"its worker died {self._deaths} times in a row, last of {found.cause}")

    def _report_victim(self, cause: str, log: str, running: int) -> Iterator[Event]:
        """Report the request that a worker died of: the one that it was `running`, else the first."""
        by_deadline, self._killed_late = self._killed_late, None
        if by_deadline is None or not self._unanswered or running == RETIRED:
            return
        victim = running if running in self._unanswered else next(iter(self._unanswered))
        request = self._settled(victim)
        if by_deadline or cause == "SIGALRM":
            yield TimedOut(self.spec.name, victim, self._deadline(request), log)
        else:
            yield Crashed(self.spec.name, victim, cause, log)

    def _settled(self, identifier: int) -> Request:
        request = self._unanswered.pop(identifier)
        self._bytes -= self._sizes.pop(identifier)
        return request

    def _deadline(self, request: Request) -> float:
        return request.get("deadline") or self._limits.deadline

    def _fill(self) -> None:
        """Keep two batches with the worker: the one it works on, and the next, unless they are large."""
        assert self.link is not None
        while not self._exhausted and len(self._unanswered) <= self._latest and self._bytes < BATCH_BYTES:
            batch = next(self._batches, None)
            if batch is None:
                self._exhausted = True
                return
            if not self._unanswered:
                self.link.since = time.monotonic()
            identifiers = [request["id"] for request in batch.requests]
            self._unanswered.update(zip(identifiers, batch.requests, strict=True))
            self._sizes.update(zip(identifiers, batch.sizes, strict=True))
            self._bytes += sum(batch.sizes)
            self._send(batch.requests)

    def _send(self, batch: list[Request]) -> None:
        assert self.link is not None
        self._latest = len(batch)
        self._patience = max(map(self._deadline, self._unanswered.values()))
        self.link.send(batch)

    def _finish(self) -> Iterator[Event]:
        if self._exhausted and not self._finished and not self._unanswered:
            self._finished = True
            yield Finished(self.spec.name)


@dataclass(slots=True)
class _Batch:
    """Requests that are sent at once, with the array bytes of each."""

    requests: list[Request] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


def _batches(requests: Iterable[Request]) -> Iterator[_Batch]:
    """Pull requests as they are wanted, in batches of bounded length and size."""
    batch, total = _Batch(), 0
    for request in requests:
        batch.requests.append(request)
        size = _array_bytes(request)
        batch.sizes.append(size)
        total += size
        if len(batch.requests) >= BATCH or total >= BATCH_BYTES:
            yield batch
            batch, total = _Batch(), 0
    if batch.requests:
        yield batch


def _array_bytes(request: Request) -> int:
    values = [*request.get("args", ()), *request.get("kwargs", {}).values()]
    if gradient := request.get("gradient"):
        values.append(gradient["upstream"])
    total = 0
    for value in values:
        if array := value.get("tensor") or value.get("ndarray"):
            total += len(array["data"])
    return total


def _with_log(reason: str, log: str) -> str:
    log = log.strip()[-_LOG_SHOWN:]
    return f"{reason}\n{log}" if log else reason
