"""Case files to checks: matrix, identity, contracts, and the rounded inputs of each call."""

from conformance.plan.contract import Promise, promise
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

__all__ = [
    "Call",
    "CallCache",
    "InvalidInput",
    "Plan",
    "Problem",
    "Promise",
    "Target",
    "dtype_name",
    "expand",
    "generator_options",
    "materialise",
    "promise",
    "round_to",
    "seed_of",
]
