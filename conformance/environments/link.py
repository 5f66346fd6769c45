"""One worker process, and the thread that starts it and feeds it."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import execnet

from conformance.environments import process
from conformance.environments.adapters import worker_script
from conformance.environments.spec import EnvironmentSpec
from conformance.worker.packing import PackingError, pack, unpack_all
from conformance.worker.text import clean

LOG_LIMIT = 16_000
"""How much of a dead worker's log is read, in bytes from its end."""

_BURIAL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Buried:
    """What the predecessor of this link died of, its last words, and what it leaves.

    `running` is the id of the request that was begun last, -1 where it cannot be known; `answers` are
    those that were given before it and not sent.
    """

    cause: str
    log: str = ""
    running: int = -1
    answers: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """No connection could be made, and why."""

    reason: str


class Link:
    """A connection to one worker process, from its start to its end.

    Everything that may block (to start an interpreter, to write into a full pipe) happens in this
    link's own thread; everything that is heard goes to `post`, as ``(link, item)``: lists of the
    worker's messages (dicts), Buried, Lost, and None when the connection has ended.

    `order` is what the worker is told at the start; None stands for no worker at all, only for the
    burial of `predecessor`: reading its log and removing its directory, on its own host.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        group: execnet.Group,
        order: Mapping[str, Any] | None,
        post: Callable[[tuple[Link, object]], None],
        predecessor: Link | None = None,
    ) -> None:
        self.directory = f"conformance-{uuid.uuid4().hex}"
        self.predecessor = predecessor
        self.since = time.monotonic()  # when the present wait for the worker began
        self.ended = threading.Event()
        self._spec = spec
        self._group = group
        self._order = order
        self._post = post
        self._outbox: queue.SimpleQueue[Sequence[Mapping[str, Any]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._killed = False
        self._finishing = False
        self._clean = False
        self._gateway: execnet.Gateway | None = None
        self._channel: execnet.Channel | None = None
        self._thread = threading.Thread(target=self._run, name=f"{spec.name} worker", daemon=True)
        self._thread.start()

    @property
    def environment(self) -> str:
        """The name of the environment."""
        return self._spec.name

    @property
    def leaves_directory(self) -> bool:
        """Whether the worker may have left its temporary directory behind."""
        return self._channel is not None and not self._clean

    def send(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """Queue requests for the worker."""
        self._outbox.put(batch)

    def finish(self) -> None:
        """Ask an idle worker to clean up and end; `ended` is set when it has."""
        self._finishing = True
        self._outbox.put(None)

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        with self._lock:
            self._killed = True
            if self._gateway is not None:
                process.kill(self._gateway)
        self._outbox.put(None)

    def join(self, timeout: float) -> None:
        """Wait for this link's thread."""
        self._thread.join(max(0.0, timeout))

    def _run(self) -> None:
        try:
            gateway = self._connect()
            if self._order is None:
                process.kill(gateway)
            else:
                self._boot(gateway, self._order)
                self._feed()
        except Exception as problem:  # the system's, execnet's: all mean that there is no worker
            self._post((self, Lost(str(problem) or f"it cannot be started ({type(problem).__name__})")))
        finally:
            if self._channel is None:
                self.ended.set()

    def _connect(self) -> execnet.Gateway:
        """Start an interpreter, and bury the predecessor with its help."""
        predecessor = self.predecessor
        failure, status = predecessor._end() if predecessor else ("", None)
        left = Buried("")
        try:
            if not predecessor:
                process.probe(self._spec.gateway)
            target = execnet.XSpec(self._spec.gateway)
            # The worker's loop belongs in the main thread, for signals and for frameworks that care.
            target.execmodel = "main_thread_only"
            gateway = self._group.makegateway(target)
            with self._lock:
                self._gateway = gateway
                if self._killed:
                    process.kill(gateway)
            if predecessor:
                left = _left(gateway, predecessor.directory)
                self.predecessor = None
        finally:
            if predecessor:
                left = replace(left, cause=process.cause(status, left.log, local=self._spec.local))
                if failure:  # of our own code over there, which then has ended in good order
                    said = f"the worker failed: {failure.splitlines()[-1]}"
                    left = replace(left, cause=said, log=f"{failure}\n{left.log}")
                self._post((self, left))
        return gateway

    def _boot(self, gateway: execnet.Gateway, order: Mapping[str, Any]) -> None:
        self._channel = gateway.remote_exec(worker_script("bootstrap"))
        self._channel.setcallback(self._hear, endmarker=None)
        self._channel.send({**order, "directory": self.directory})

    def _hear(self, item: bytes | None) -> None:
        """Runs in execnet's receiver thread."""
        self.since = time.monotonic()
        if item is None:
            self._clean = self._finishing and not self._killed
            self.ended.set()
            self._outbox.put(None)
        self._post((self, None if item is None else unpack_all(item)))

    def _feed(self) -> None:
        assert self._channel is not None
        try:
            while (batch := self._outbox.get()) is not None:
                self._send(batch)
            if self._finishing:
                self._channel.send(None)
        except OSError:
            pass  # the worker is gone; the end of its channel reports it

    def _send(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """Send a batch, or what can be sent of it: an argument that cannot travel is our own fault."""
        assert self._channel is not None
        try:
            packed = pack(batch)
        except PackingError as problem:
            if len(batch) > 1:
                for request in batch:
                    self._send([request])
                return
            message = f"the request cannot be sent: {problem}"
            about = {"id": batch[0]["id"], "seconds": 0.0, "log": ""}
            self._post((self, [{**about, "status": "harness", "message": message}]))
            return
        self._channel.send(packed)

    def _end(self) -> tuple[str, int | None]:
        """See to it that the process has ended; return our own code's traceback, if any, and its status."""
        if self._gateway is None:
            return "", None
        failure = ""
        if self._channel is not None:
            try:
                self._channel.waitclose(timeout=process.PATIENCE)
            except execnet.RemoteError as problem:
                failure = clean(str(problem)).strip()
                process.kill(self._gateway)
            except (EOFError, OSError):
                pass
        return failure, process.exit_status(self._gateway)


def _left(gateway: execnet.Gateway, directory: str) -> Buried:
    """What the worker that had this directory leaves; of what it died is for others to know."""
    channel = gateway.remote_exec(worker_script("burial"))
    channel.send((directory, LOG_LIMIT))
    log, running, answers = channel.receive(timeout=_BURIAL_SECONDS)
    return Buried("", process.trimmed(clean(log)), running, unpack_all(answers))
