"""Case files to checks: matrix, identity, contracts, and the rounded inputs of each call."""

from conformance.plan.contract import Promise, promise, same_value, scalar_word
from conformance.plan.expand import Plan, Problem, Target, expand
from conformance.plan.materialise import (
    Call,
    CallCache,
    InvalidInput,
    dtype_name,
    generator_options,
    materialise,
    round_to,
    seed_of,
)
from conformance.plan.modes import (
    CHOSEN,
    CHOSEN_MODES,
    EAGER,
    EVERY_MODE,
    Modes,
    UnknownModeError,
    parse_modes,
)
from conformance.plan.upstream import UPSTREAM, upstream, upstream_stream

__all__ = [
    "CHOSEN",
    "CHOSEN_MODES",
    "EAGER",
    "EVERY_MODE",
    "UPSTREAM",
    "Call",
    "CallCache",
    "InvalidInput",
    "Modes",
    "Plan",
    "Problem",
    "Promise",
    "Target",
    "UnknownModeError",
    "dtype_name",
    "expand",
    "generator_options",
    "materialise",
    "parse_modes",
    "promise",
    "round_to",
    "same_value",
    "scalar_word",
    "seed_of",
    "upstream",
    "upstream_stream",
]
