"""A fake framework that misbehaves in every known way, for tests of the suite itself.

It is real in all that the suite sees: its adapter is found by name, sent to a worker process, and
loaded there. It knows one operator, `kl_div`, as a function ``fake.<behaviour>.kl_div`` and a class
``fake.<behaviour>.KLDivLoss``, in float16, bfloat16, float32 and float64; see `framework.py` for the
behaviours (``right``, ``wrong``, ``wide``, ``hang``, ``abort`` ...).

An environment of it needs no registration::

    from tests.fakes import environment

    with Pool([environment(), environment("fake-2", adapter="SlowAdapter")]) as pool: ...

Case files name its APIs like any other's (``fake.right.kl_div``); its framework is ``fake``. How wrong
``fake.wrong`` is can be set: ``environment(gateway="popen//env:FAKE_WRONG=0.5")``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from conformance.environments import Answered, EnvironmentSpec, Event, Pool


def environment(name: str = "fake", adapter: str = "FakeAdapter", **fields: Any) -> EnvironmentSpec:
    """Return an environment of the fake framework in this interpreter.

    `adapter` is one of the classes in `adapter`; `fields` are EnvironmentSpec's.
    """
    spec = EnvironmentSpec(name, "fake", build="make fake", adapter=f"{__name__}.adapter:{adapter}")
    return dataclasses.replace(spec, **fields)


def tensor(values: Any, dtype: str = "float32", layout: str = "contiguous") -> dict[str, Any]:
    """Return the message for a tensor argument; for bfloat16 `values` are its uint16 patterns."""
    array = np.asarray(values, dtype="uint16" if dtype == "bfloat16" else dtype)
    return {"tensor": {"dtype": dtype, "shape": list(array.shape), "data": array.tobytes(), "layout": layout}}


def request(
    identifier: int, api: str = "fake.right.kl_div", /, *args: Any, **attributes: Any
) -> dict[str, Any]:
    """Return a request to call `api` with `args` (messages), or with two small tensors."""
    message: dict[str, Any] = {"id": identifier, "api": api, "mode": "eager", "device": "cpu", "print": None}
    message.update(gradient=None, deadline=None)
    message["args"] = list(args) or [tensor([-1.0, -2.0]), tensor([0.25, 0.75])]
    if api.endswith("KLDivLoss"):
        return {
            **message,
            "kind": "class",
            "construct_args": [],
            "construct_kwargs": {name: {"scalar": value} for name, value in attributes.items()},
            "kwargs": {},
        }
    kwargs = {name: {"scalar": value} for name, value in attributes.items()}
    return {**message, "kind": "function", "construct_args": [], "construct_kwargs": {}, "kwargs": kwargs}


def drain(pool: Pool) -> list[Event]:
    """Return every event until nothing more can come."""
    return list(iter(pool.next_event, None))


def run(requests: Iterable[Any], spec: EnvironmentSpec | None = None, **options: Any) -> list[Event]:
    """Return the events of one environment; `options` are the pool's."""
    spec = spec or environment()
    with Pool([spec], **options) as pool:
        pool.submit(spec.name, requests)
        pool.start()
        return drain(pool)


def answers(events: Iterable[Event]) -> dict[int, Any]:
    """Return request: answer."""
    return {event.request: event.answer for event in events if isinstance(event, Answered)}


def children(pid: int) -> list[int]:
    """Return the child processes of a process."""
    texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for text in texts for child in text.split()]
