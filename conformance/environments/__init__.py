"""Environments: named interpreters with one framework each, and the workers that run in them."""

from conformance.environments.adapters import adapters
from conformance.environments.events import Answered, Crashed, Event, Finished, Ready, TimedOut, Unavailable
from conformance.environments.pool import Pool
from conformance.environments.selection import declared, discover, select
from conformance.environments.spec import EnvironmentSpec, EnvironmentUsageError, with_target

__all__ = [
    "Answered",
    "Crashed",
    "EnvironmentSpec",
    "EnvironmentUsageError",
    "Event",
    "Finished",
    "Pool",
    "Ready",
    "TimedOut",
    "Unavailable",
    "adapters",
    "declared",
    "discover",
    "select",
    "with_target",
]
