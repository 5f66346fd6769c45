"""Runs checks: requests to workers, answers to outcomes, outcomes to records."""

from conformance.run.bisect import Bisection, bisect
from conformance.run.collector import spare_collector
from conformance.run.cursor import Cursor
from conformance.run.engine import Run
from conformance.run.resume import Continuation
from conformance.run.select import Asked, SelectionError, choose_checks, marks
from conformance.run.session import (
    Destination,
    choose_modes,
    convention_forms,
    default_cases,
    in_every_mode,
    planned_facts,
    platform_of,
    readable,
    targets_of,
    today,
    unavailable_forms,
    used,
)
from conformance.run.shard import Shard, ShardError
from conformance.run.sink import Sink

__all__ = [
    "Asked",
    "Bisection",
    "Continuation",
    "Cursor",
    "Destination",
    "Run",
    "SelectionError",
    "Shard",
    "ShardError",
    "Sink",
    "bisect",
    "choose_checks",
    "choose_modes",
    "convention_forms",
    "default_cases",
    "in_every_mode",
    "marks",
    "planned_facts",
    "platform_of",
    "readable",
    "spare_collector",
    "targets_of",
    "today",
    "unavailable_forms",
    "used",
]
