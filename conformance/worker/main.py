"""The worker's loop: load the framework once, then answer requests until there are no more."""

from __future__ import annotations

import importlib
import signal
import traceback
import warnings
from typing import Any

from conformance.frameworks.adapter import Adapter
from conformance.worker.answer import answer
from conformance.worker.capture import Capture
from conformance.worker.packing import PackingError, pack, unpack
from conformance.worker.text import clean
from conformance.worker.watchdog import Watchdog
from conformance.worker.wire import TEXT_LIMIT


def serve(channel: Any, reference: str, log: str, deadline: float, startup: float) -> None:
    """Load the adapter that `reference` (``module:Class``) names, then answer what `channel` brings.

    Sends, packed, ``{"ready": description, "log": text}``, or ``{"failed": reason, "log": text}`` and
    returns. Then each item received is a packed list of requests, and each request gets an answer of its
    own as soon as it is known: what has been answered is never lost in a crash, and the first
    request without an answer is the one that crashed. None ends the loop. `log` is the file that
    takes what the framework prints; `deadline` and `startup` are in seconds.
    """
    # Ctrl-C in a terminal reaches every process in it; the host decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    capture = Capture(log)
    watchdog = Watchdog()
    watchdog.start(startup)
    try:
        adapter = _load(reference)
        description = adapter.describe()
    except BaseException as error:
        reason = clean("".join(traceback.format_exception_only(type(error), error)).strip())[:TEXT_LIMIT]
        channel.send(pack({"failed": reason, "log": capture.take()}))
        return
    finally:
        watchdog.stop()
    # Every call shows its own warnings, not only the first call of the process.
    warnings.simplefilter("always")
    channel.send(pack({"ready": description, "log": capture.take()}))
    while True:
        batch = channel.receive()
        if batch is None:
            return
        for request in unpack(batch):
            watchdog.start(deadline)
            reply = answer(request, adapter)
            watchdog.stop()
            reply["id"] = request["id"]
            reply["log"] = capture.take()
            channel.send(_packed(reply))


def _packed(reply: dict[str, Any]) -> bytes:
    try:
        return pack(reply)
    except PackingError as problem:
        kept = {key: reply[key] for key in ("id", "seconds", "log")}
        return pack({**kept, "status": "harness", "message": f"the answer cannot be sent: {problem}"})


def _load(reference: str) -> Adapter:
    module, _, name = reference.partition(":")
    adapter: Adapter = getattr(importlib.import_module(module), name)()
    adapter.load()
    return adapter
