"""Runs checks: requests to workers, answers to outcomes, outcomes to records."""

from conformance.run.cursor import Cursor
from conformance.run.engine import Run
from conformance.run.select import SelectionError, choose_checks, marks
from conformance.run.session import (
    DEADLINE,
    Destination,
    choose,
    convention_forms,
    default_cases,
    planned_facts,
    platform_of,
    readable,
    today,
    used,
)
from conformance.run.sink import Sink

__all__ = [
    "DEADLINE",
    "Cursor",
    "Destination",
    "Run",
    "SelectionError",
    "Sink",
    "choose",
    "choose_checks",
    "convention_forms",
    "default_cases",
    "marks",
    "planned_facts",
    "platform_of",
    "readable",
    "today",
    "used",
]
