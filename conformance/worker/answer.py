"""One request, one answer: resolve the API, make the arguments, call, and read the result."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from typing import Any

from conformance.frameworks.adapter import Adapter, ConversionError, MissingError
from conformance.worker.text import clean
from conformance.worker.wire import TEXT_LIMIT, decode, encode


def answer(request: Mapping[str, Any], adapter: Adapter) -> dict[str, Any]:
    """Carry out `request`; whatever happens is an answer.

    `returned` and `raised` are the framework's doing; `missing` says that it has no such API, mode
    or device; `harness` that our own conversion failed. A framework may raise anything, SystemExit
    included.
    """
    try:
        target = adapter.resolve(request["api"], request["mode"])
    except MissingError as gap:
        return {"status": "missing", "message": str(gap), "seconds": 0.0}
    except BaseException as error:
        return _raised(error, adapter, 0.0)
    try:
        device = request["device"]
        args = [decode(value, adapter, device) for value in request["args"]]
        kwargs = {name: decode(value, adapter, device) for name, value in request["kwargs"].items()}
    except MissingError as gap:
        return {"status": "missing", "message": str(gap), "seconds": 0.0}
    except BaseException:
        return _harness()
    started = time.perf_counter()
    try:
        if request["kind"] == "class":
            target = target(*request["construct_args"], **request["construct_kwargs"])
        result = adapter.call(target, args, kwargs)
        adapter.synchronise(device)
        # Inside the same try: some frameworks report an error only when the result is read.
        outputs = encode(result, adapter)
        seconds = time.perf_counter() - started
        style = request["print"]
        printed = None if style is None else clean(adapter.text(result, style))
    except ConversionError:
        return _harness()
    except BaseException as error:
        return _raised(error, adapter, time.perf_counter() - started)
    return {"status": "returned", "outputs": outputs, "printed": printed, "seconds": seconds}


def _raised(error: BaseException, adapter: Adapter, seconds: float) -> dict[str, Any]:
    described = adapter.classify(error)
    described["message"] = clean(described["message"])[:TEXT_LIMIT]
    described["traceback"] = clean(described["traceback"])[-TEXT_LIMIT:]
    return {"status": "raised", "exception": described, "seconds": seconds}


def _harness() -> dict[str, Any]:
    """The answer to an exception of our own, from within its handler."""
    return {"status": "harness", "message": clean(traceback.format_exc())[-TEXT_LIMIT:], "seconds": 0.0}
