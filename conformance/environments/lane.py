"""One environment's share of a pool: its requests, its present worker, and what its messages mean."""

from __future__ import annotations

import enum
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.environments.events import Answered, Crashed, Event, Finished, Ready, TimedOut, Unavailable
from conformance.environments.link import Buried, Link, Lost
from conformance.environments.spec import EnvironmentSpec

BATCH = 100
"""The most requests sent at once."""

BATCH_BYTES = 8_000_000
"""The array bytes at which a batch is sent, however few requests it has."""

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

    deadline: float = 60.0
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
        self._source: Iterator[Request] = iter(())
        self._batches: Iterator[list[Request]] = iter(())
        self._exhausted = True  # nothing is left to pull
        self._finished = True  # and that has been reported
        self._latest = 0  # how many requests the latest batch had
        self._announced = False
        self._deaths = 0  # since the last answer
        self._victim: tuple[int, bool] | None = None  # a request whose worker died; whether by the deadline
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
        elif isinstance(item, Mapping) and "id" in item:
            yield from self._answered(item)
        elif isinstance(item, Mapping) and "ready" in item:
            yield from self._ready(item)
        elif isinstance(item, Mapping) and "failed" in item:
            yield from self.give_up(_with_log(item["failed"], item["log"]))

    def due(self) -> float | None:
        """Return when patience with the present worker ends, on `time.monotonic`'s clock."""
        if self.link is None or self.state is State.GONE:
            return None
        if self.state is State.READY:
            return self.link.since + self._limits.deadline + GRACE if self._unanswered else None
        return self.link.since + self._limits.startup + GRACE

    def overdue(self) -> Iterator[Event]:
        """What follows from `due` having passed."""
        assert self.link is not None
        self.link.kill()
        if self.state is State.READY:
            yield from self._died(by_deadline=True)
        else:
            yield from self.give_up(f"it did not start within {self._limits.startup:g} s")

    def give_up(self, reason: str) -> Iterator[Event]:
        """Report that this environment cannot run."""
        yield from self._report_victim("unknown", "")
        self.state = State.GONE
        self._unanswered.clear()
        self._unavailable = Unavailable(self.spec.name, reason, self.spec.remedy)
        yield self._unavailable

    def _answered(self, answer: Mapping[str, Any]) -> Iterator[Event]:
        request = self._unanswered.pop(answer["id"], None)
        if request is None:
            return
        self._deaths = 0
        yield Answered(self.spec.name, answer["id"], answer)
        self._fill()
        yield from self._finish()

    def _ready(self, message: Mapping[str, Any]) -> Iterator[Event]:
        assert self.link is not None
        self.state = State.READY
        if not self._announced:
            self._announced = True
            yield Ready(self.spec.name, message["ready"], message["log"])
        for batch in _batches(self._unanswered.values()):
            self._latest = len(batch)
            self.link.send(batch)
        self._fill()
        yield from self._finish()

    def _died(self, *, by_deadline: bool) -> Iterator[Event]:
        """The present worker is dead: bury it, and start another unless this one never got going."""
        if self.state is State.BURYING:
            yield from self.give_up("it did not start")
            return
        if self.state is State.READY and self._unanswered:
            # Answers are sent one by one, so the first request without one is the one that killed it.
            first = next(iter(self._unanswered))
            del self._unanswered[first]
            self._victim = (first, by_deadline)
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
        yield from self._report_victim(found.cause, found.log)
        yield from self._finish()
        self._deaths += 1
        if self._deaths >= self._limits.crashes:
            assert self.link is not None
            self.link.kill()
            yield from self.give_up(f"its worker died {self._deaths} times in a row, last of {found.cause}")

    def _report_victim(self, cause: str, log: str) -> Iterator[Event]:
        if self._victim is None:
            return
        request, by_deadline = self._victim
        self._victim = None
        if by_deadline or cause == "SIGALRM":
            yield TimedOut(self.spec.name, request, self._limits.deadline, log)
        else:
            yield Crashed(self.spec.name, request, cause, log)

    def _fill(self) -> None:
        """Keep two batches with the worker: the one it works on, and the next."""
        assert self.link is not None
        while not self._exhausted and len(self._unanswered) <= self._latest:
            batch = next(self._batches, None)
            if batch is None:
                self._exhausted = True
                return
            if not self._unanswered:
                self.link.since = time.monotonic()
            self._unanswered.update((request["id"], request) for request in batch)
            self._latest = len(batch)
            self.link.send(batch)

    def _finish(self) -> Iterator[Event]:
        if self._exhausted and not self._finished and not self._unanswered and self._victim is None:
            self._finished = True
            yield Finished(self.spec.name)


def _batches(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Pull requests as they are wanted, in lists of bounded length and size."""
    batch: list[Request] = []
    size = 0
    for request in requests:
        batch.append(request)
        size += sum(map(_array_bytes, (*request["args"], *request["kwargs"].values())))
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _array_bytes(value: Mapping[str, Any]) -> int:
    array = value.get("tensor") or value.get("ndarray")
    return len(array["data"]) if array else 0


def _with_log(reason: str, log: str) -> str:
    log = log.strip()[-_LOG_SHOWN:]
    return f"{reason}\n{log}" if log else reason
