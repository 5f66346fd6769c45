"""One request, one answer: resolve the API, make the arguments, call, and read the result."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.frameworks.adapter import EAGER, Adapter, ConversionError, MissingError
from conformance.worker.text import clean
from conformance.worker.wire import TEXT_LIMIT, Arguments, encode, encode_gradients


def answer(request: Mapping[str, Any], adapter: Adapter) -> dict[str, Any]:
    """Carry out `request`; whatever happens is an answer.

    `returned` and `raised` are the framework's doing; `missing` says that it has no such API, mode,
    device or gradient; `harness` that our own conversion failed. A framework may raise anything,
    SystemExit included.
    """
    if "signatures" in request:
        return _described(request["signatures"], adapter)
    try:
        target = adapter.resolve(request["api"], request["mode"])
    except MissingError as gap:
        return _missing(gap)
    except BaseException as error:
        return _raised(error, adapter, 0.0)
    try:
        arguments = Arguments(request, adapter)
    except MissingError as gap:
        return _missing(gap)
    except BaseException:
        return _harness()
    started = time.perf_counter()
    compiling = False
    try:
        if request["kind"] == "class":
            target = target(*arguments.construct_args, **arguments.construct_kwargs)
        if request["mode"] != EAGER:
            compiling = True
            target = adapter.compile(target, request["mode"])
            compiling = False
        result, read = _execute(request, adapter, target, arguments)
        seconds = time.perf_counter() - started
        style = request["print"]
        printed = None if style is None else clean(adapter.text(_first(result), style))
    except MissingError as gap:
        return _missing(gap)
    except ConversionError:
        return _harness()
    except BaseException as error:
        spent = time.perf_counter() - started
        return _raised(error, adapter, spent, "while compiling: " if compiling else "")
    return {"status": "returned", **read, "printed": printed, "seconds": seconds}


def _described(names: Sequence[str], adapter: Adapter) -> dict[str, Any]:
    try:
        found = adapter.signatures(names)
    except BaseException:
        return _harness()
    return {"status": "described", "signatures": found, "seconds": 0.0}


def _execute(
    request: Mapping[str, Any], adapter: Adapter, target: Any, arguments: Arguments
) -> tuple[Any, dict[str, Any]]:
    """Call `target`, and return its result and what is read from it, with gradients if they are asked for.

    Reading is part of it: some frameworks report an error only then.
    """
    gradients = None
    if request["gradient"] is None:
        result = adapter.call(target, arguments.args, arguments.kwargs)
        adapter.synchronise(request["device"])
        outputs = encode(result, adapter)
    else:

        def function(*leaves: Any) -> Any:
            args, kwargs = arguments.replaced(leaves)
            return _first(adapter.call(target, args, kwargs))

        result, pull = adapter.vjp(function, arguments.leaves)
        adapter.synchronise(request["device"])
        outputs = encode(result, adapter)
        if [entry.get("shape") for entry in outputs] == [request["gradient"]["upstream"]["tensor"]["shape"]]:
            found = pull(arguments.upstream)
            adapter.synchronise(request["device"])
            gradients = encode_gradients(request["gradient"]["of"], found, adapter)
    return result, {"outputs": outputs, "gradients": gradients}


def _first(result: Any) -> Any:
    """The output that the host judges, where a call returns several."""
    return result[0] if isinstance(result, (tuple, list)) and result else result


def _missing(gap: MissingError) -> dict[str, Any]:
    return {"status": "missing", "message": clean(str(gap))[:TEXT_LIMIT], "seconds": 0.0}


def _raised(error: BaseException, adapter: Adapter, seconds: float, when: str = "") -> dict[str, Any]:
    described = adapter.classify(error)
    described["message"] = clean(when + described["message"])[:TEXT_LIMIT]
    described["traceback"] = clean(described["traceback"])[-TEXT_LIMIT:]
    return {"status": "raised", "exception": described, "seconds": seconds}


def _harness() -> dict[str, Any]:
    """The answer to an exception of our own, from within its handler."""
    return {"status": "harness", "message": clean(traceback.format_exc())[-TEXT_LIMIT:], "seconds": 0.0}
