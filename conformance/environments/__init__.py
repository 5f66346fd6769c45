"""Environments: named interpreters with one framework each, and the workers that run in them."""

from conformance.environments.adapters import adapters, modes_of
from conformance.environments.build import Builder, BuildError, cache_folder
from conformance.environments.events import Answered, Crashed, Event, Finished, Ready, TimedOut, Unavailable
from conformance.environments.lane import DEADLINE
from conformance.environments.pool import Pool
from conformance.environments.selection import declared, discover, select
from conformance.environments.spec import EnvironmentSpec, EnvironmentUsageError, with_target

__all__ = [
    "DEADLINE",
    "Answered",
    "BuildError",
    "Builder",
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
    "cache_folder",
    "declared",
    "discover",
    "modes_of",
    "select",
    "with_target",
]
