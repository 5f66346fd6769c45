"""What a pool of workers reports, one event at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec


@dataclass(frozen=True, slots=True)
class Ready:
    """An environment's framework is loaded. `log` is what it printed on the way.

    `description` has framework, version, python, numpy, device, devices, platform, threads and
    executable. It comes once: a worker that replaces a dead one does not report again.
    """

    environment: str
    description: Mapping[str, Any]
    log: str = ""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """An environment cannot run, or can no longer: what it has not answered, it will not answer.

    `remedy` says what would mend it, often a command.
    """

    environment: str
    reason: str
    remedy: str


class Answered(msgspec.Struct, frozen=True):
    """A worker's answer to one request; `answer` is as the worker sent it."""

    environment: str
    request: int
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Crashed:
    """A worker's process died during one request. `cause` is a signal's name or an exit status.

    `log` is the end of what the process printed during that request, with the traceback.
    """

    environment: str
    request: int
    cause: str
    log: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """One request passed its deadline of `seconds`, and its worker was killed.

    `log` is the end of what it printed during that request; the traceback shows where it hung.
    """

    environment: str
    request: int
    seconds: float
    log: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything submitted to an environment has been reported."""

    environment: str


Event: TypeAlias = "Ready | Unavailable | Answered | Crashed | TimedOut | Finished"
