"""How environments introduce themselves: with their devices, and what packages show of their signatures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from conformance.environments import Answered, Crashed, Event, Ready, TimedOut, Unavailable
from conformance.results.validate import SIGNATURES
from conformance.run.execution import Execution

REQUEST: Final = -2  # the id of the request; -1 stands for one that is not known


class Introductions:
    """Holds back that an environment is ready until it has answered; `apis` are those of each."""

    def __init__(self, apis: Mapping[str, Sequence[str]]) -> None:
        self._apis = apis
        self._ready: dict[str, Ready] = {}

    def request(self, environment: str) -> dict[str, Any]:
        """What the worker is asked."""
        return {"id": REQUEST, "signatures": list(self._apis[environment])}

    def seen(self, event: Event | None) -> Event | None:
        """The event that the rest of a run is to see, None where it has to wait for another.

        A package that dies of the question is ready all the same.
        """
        if isinstance(event, Ready):
            self._ready[event.environment] = event
            return None
        if isinstance(event, (Answered, Crashed, TimedOut)) and event.request == REQUEST:
            ready = self._ready[event.environment]
            told = event.answer.get("signatures") if isinstance(event, Answered) else None
            if told is None or SIGNATURES(told):  # an adapter of another package may say anything
                return ready
            return replace(ready, description={**ready.description, "signatures": told})
        return event


def missing_device(event: Ready, executions: Iterable[Execution]) -> Unavailable | None:
    """A device that was asked for and that the framework does not find."""
    devices = [str(device) for device in event.description["devices"]]
    for execution in executions:
        first = execution.first
        if first.environment == event.environment:
            if first.device.partition(":")[0] in devices:
                return None
            reason = f"{event.description['framework']} finds no device {first.device} here"
            return Unavailable(event.environment, reason, f"--device {' or '.join(devices)}")
    return None
