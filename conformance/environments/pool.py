"""Drives the workers of all environments at once, from one thread."""

from __future__ import annotations

import atexit
import queue
import time
from collections import deque
from collections.abc import Iterable, Mapping
from functools import partial
from types import TracebackType
from typing import Any

import execnet

from conformance.environments.adapters import adapters, worker_sources
from conformance.environments.events import Event
from conformance.environments.lane import DEADLINE, Lane, Limits, State
from conformance.environments.link import Link
from conformance.environments.spec import EnvironmentSpec

_CLOSING_SECONDS = 3.0
_BURIAL_SECONDS = 10.0


class Pool:
    """The workers of some environments.

    `start` launches them all, `release` ends those that turn out not to be needed, `submit` gives one
    of them requests, and `next_event` and `more_events` report what happens, in any environment. A worker
    that crashes or passes a deadline is replaced, while the others go on; only the request that did it is
    lost. Used as a context manager, it closes itself.

    `deadline` is for one request, counted from the answer before it; `startup` for starting an
    interpreter and importing its framework; both in seconds. After `crash_limit` deaths without an
    answer between them an environment is given up.
    """

    def __init__(
        self,
        environments: Iterable[EnvironmentSpec],
        *,
        deadline: float = DEADLINE,
        startup: float = 300.0,
        crash_limit: int = 20,
    ) -> None:
        self._limits = Limits(deadline, startup, crash_limit)
        self._group = execnet.Group()
        self._posts: queue.SimpleQueue[tuple[Link, object]] = queue.SimpleQueue()
        self._events: deque[Event] = deque()
        self._lanes: dict[str, Lane] = {}
        for spec in environments:
            self._lanes[spec.name] = Lane(spec, partial(self._connect, spec), self._limits)
        self._orders: dict[str, Mapping[str, Any]] = {}
        self._started = False
        self._closed = False

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start all workers, concurrently. What cannot be started is reported as Unavailable.

        A second call does nothing: who means to need a pool may start it early, and do other work.
        """
        if self._started:
            return
        self._started = True
        atexit.register(self.close)  # before execnet's own, which would leave directories behind
        known = adapters()
        for lane in self._lanes.values():
            if lane.state is State.GONE:
                continue
            spec = lane.spec
            problem = spec.problem()
            try:
                adapter, sources = worker_sources(spec.adapter or known[spec.framework])
            except KeyError:
                problem = f"there is no adapter for the framework {spec.framework}"
            except LookupError as unfound:
                problem = str(unfound)
            if problem is not None:
                self._events.extend(lane.give_up(problem))
                continue
            self._orders[spec.name] = {
                "adapter": adapter,
                "sources": sources,
                "deadline": self._limits.deadline,
                "startup": self._limits.startup,
            }
            lane.start()

    @property
    def environments(self) -> frozenset[str]:
        """The names of the environments."""
        return frozenset(self._lanes)

    def release(self, environment: str) -> None:
        """End the worker of `environment`, of which nothing is wanted and nothing more reported.

        Raises KeyError for an environment that this pool does not have.
        """
        self._lanes[environment].release()
        kept = [event for event in self._events if event.environment != environment]
        self._events = deque(kept)

    def submit(self, environment: str, requests: Iterable[Mapping[str, Any]]) -> None:
        """Have `environment` carry out `requests`, behind those submitted before.

        They are pulled as the worker needs them, about two batches ahead, and only once it is
        ready; what the iterator raises comes out of `next_event`. Their `id` must be unique within
        the environment. Where the environment is unavailable, that is reported again. Raises
        KeyError for an environment that this pool does not have.
        """
        self._events.extend(self._lanes[environment].submit(requests))

    def next_event(self, timeout: float | None = None) -> Event | None:
        """Return the next event, as soon as there is one.

        None when `timeout` seconds have passed, and when nothing is under way that could bring one.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while not self._events:
            try:
                link, item = self._posts.get_nowait()
            except queue.Empty:
                # Deadlines count only once everything that has been heard has been taken in.
                if not self._expire() and not self._wait(until):
                    return None
                continue
            self._take(link, item)
        return self._events.popleft()

    def more_events(self) -> list[Event]:
        """Return what has come together with the last event; nothing is waited for."""
        events = list(self._events)
        self._events.clear()
        return events

    def close(self) -> None:
        """End all workers and remove their directories; kill those that are not idle."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        ended = time.monotonic() + _CLOSING_SECONDS
        links = [lane.link for lane in self._lanes.values() if lane.link is not None]
        for lane in self._lanes.values():
            if lane.link is not None and lane.busy:
                lane.link.kill()
            elif lane.link is not None:
                lane.link.finish()
        for link in links:
            link.join(ended - time.monotonic())
            link.ended.wait(max(0.0, ended - time.monotonic()))
            link.kill()
        self._bury_all()
        self._group.terminate(timeout=1.0)

    def _connect(self, spec: EnvironmentSpec, predecessor: Link | None, work: bool) -> Link:
        order = self._orders[spec.name] if work else None
        return Link(spec, self._group, order, self._posts.put, predecessor)

    def _take(self, link: Link, item: object) -> None:
        lane = self._lanes[link.environment]
        self._events.extend(lane.handle(link, item))

    def _expire(self) -> bool:
        """Deal with the workers that are overdue; return whether that has brought events."""
        now = time.monotonic()
        for lane in self._lanes.values():
            due = lane.due()
            if due is not None and due <= now:
                self._events.extend(lane.overdue())
        return bool(self._events)

    def _wait(self, until: float | None) -> bool:
        """Wait for something to be posted, or a deadline; return False to give up waiting."""
        times = [due for lane in self._lanes.values() if (due := lane.due()) is not None]
        if not any(lane.busy for lane in self._lanes.values()):
            return False
        if until is not None:
            times.append(until)
        try:
            link, item = self._posts.get(timeout=max(0.0, min(times) - time.monotonic()))
        except queue.Empty:
            return until is None or time.monotonic() < until
        self._take(link, item)
        return True

    def _bury_all(self) -> None:
        graves = [
            self._connect(lane.spec, dead, False)
            for lane in self._lanes.values()
            for dead in (lane.link, lane.link.predecessor if lane.link else None)
            if dead is not None and dead.leaves_directory
        ]
        until = time.monotonic() + _BURIAL_SECONDS
        for grave in graves:
            grave.join(until - time.monotonic())
