"""Answers on their way to the host: sent together, and kept meanwhile where they outlive the process."""

from __future__ import annotations

import _thread
import mmap
import struct
import threading
import time
from collections.abc import Callable

TOGETHER = 0.005
"""The seconds of work whose answers are sent together: sent one by one, they cost more than a quick call."""

LONGEST = 0.05
"""The seconds that an answer waits behind a slow call (as long as that leaves the interpreter to others)."""

ROOM = 1 << 18
"""The bytes of packed answers that can wait."""

RETIRED = -2
"""In the place of a request's id: the process ends itself between two requests, and died of neither."""

# In one piece each, or a process that ends in the middle would leave half a number: hence in native form.
_NUMBER = struct.Struct("@q")
_RUNNING, _USED, _ANSWERS = 0, 8, 16
_NONE = -1


class Outbox:
    """What a worker was doing, and what it has answered and not yet sent, in the file at `path`.

    The file has the id of the request that was begun last, the number of bytes of the answers that
    wait, and these. It is mapped into memory: a note takes 0.1 us, and is in the file however the
    process ends.
    """

    def __init__(self, path: str, send: Callable[[bytes], None]) -> None:
        with open(path, "w+b") as stream:
            # Written now, when a full disk is still an exception and not a signal.
            stream.write(_NUMBER.pack(_NONE) + bytes(_NUMBER.size + ROOM))
            stream.flush()
            self._memory = mmap.mmap(stream.fileno(), _ANSWERS + ROOM)
        self._send = send
        self._used = 0
        self._sent = time.monotonic()
        self._lock = threading.Lock()
        # Not a `threading.Thread`, whose frames would stand in the traceback of every crash.
        _thread.start_new_thread(self._tend, ())

    def begin(self, request: int) -> None:
        """Note that the request of this id begins."""
        _NUMBER.pack_into(self._memory, _RUNNING, request)

    def put(self, answer: bytes) -> None:
        """Take a packed answer; send what waits if that is due."""
        with self._lock:
            if self._used + len(answer) > ROOM:
                self._send_all()
            if len(answer) > ROOM:
                self._send(answer)
                return
            start = _ANSWERS + self._used
            self._memory[start : start + len(answer)] = answer
            self._keep(self._used + len(answer))
            if time.monotonic() - self._sent >= TOGETHER:
                self._send_all()

    def flush(self) -> None:
        """Send all that waits."""
        with self._lock:
            self._send_all()

    def _tend(self) -> None:
        """In a thread of its own: send what waits behind a slow call."""
        while True:
            time.sleep(LONGEST)
            try:
                with self._lock:
                    if time.monotonic() - self._sent >= LONGEST:
                        self._send_all()
            except OSError:
                return  # nobody is left to hear of it

    def _send_all(self) -> None:
        if self._used:
            self._send(self._memory[_ANSWERS : _ANSWERS + self._used])
            self._keep(0)
        self._sent = time.monotonic()

    def _keep(self, used: int) -> None:
        self._used = used
        _NUMBER.pack_into(self._memory, _USED, used)
