"""The worker's loop: load the framework once, then answer requests until there are no more."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import traceback
import warnings
from typing import Any

from conformance.frameworks.adapter import Adapter
from conformance.worker.answer import answer
from conformance.worker.capture import Capture
from conformance.worker.outbox import RETIRED, Outbox
from conformance.worker.packing import PackingError, pack, unpack
from conformance.worker.text import clean
from conformance.worker.turns import share_one_core, take_short_turns
from conformance.worker.watchdog import Watchdog
from conformance.worker.wire import TEXT_LIMIT


def serve(channel: Any, reference: str, home: str, deadline: float, startup: float) -> None:
    """Load the adapter that `reference` (``module:Class``) names, then answer what `channel` brings.

    Sends, packed, ``{"ready": description, "log": text}``, or ``{"failed": reason, "log": text}`` and
    returns. Then each item received is a packed list of requests, and what is sent back are answers,
    packed one by one and sent some at a time. None ends the loop. `deadline` (of a request that has
    none of its own) and `startup` are in seconds.

    In the folder `home`, the file `log` takes what the framework prints, and `outbox` is for whoever
    finds the process dead: it tells which request it died of, and has the answers that were not sent.
    """
    # Ctrl-C in a terminal reaches every process in it; the host decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    short_turns = take_short_turns()
    capture = Capture(os.path.join(home, "log"))
    outbox = Outbox(os.path.join(home, "outbox"), channel.send)
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
    gc.freeze()  # the framework's modules stay: to look through those of torch takes 50 ms each time
    if adapter.spins and short_turns:
        share_one_core()  # only now: what it imports looks how many cores there are
    # Every call shows its own warnings, not only the first call of the process.
    warnings.simplefilter("always")
    channel.send(pack({"ready": description, "log": capture.take()}))
    while True:
        batch = channel.receive()
        if batch is None:
            return
        for request in unpack(batch):
            outbox.begin(request["id"])
            watchdog.start(request.get("deadline") or deadline)
            reply = answer(request, adapter)
            watchdog.stop()
            reply["id"] = request["id"]
            reply["log"] = capture.take()
            outbox.put(_packed(reply))
            if adapter.spent:
                outbox.begin(RETIRED)
                os._exit(0)  # what has not been sent is found in the outbox
        outbox.flush()


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
