"""The upstream gradient of a call: what the framework's backward pass is started with."""

from __future__ import annotations

from conformance.model import Generator
from conformance.plan.generate import generate
from conformance.plan.materialise import Array, Call, generator_options, round_to

# Neither ones, under which a forgotten factor does not show, nor a size that moves results out of range.
UPSTREAM = Generator("magnitudes", options={"low": -1, "high": 1, "sign": "both"})


def upstream_stream(call: Call) -> int:
    """The stream that the upstream gradient of `call` is drawn from: its hash, so all APIs get the same."""
    return int(call.key, 16)


def upstream(call: Call, shape: tuple[int, ...]) -> Array:
    """The upstream gradient of `call`, whose reference value has `shape`, in the check's dtype.

    Random signs, magnitudes in [0.5, 2), drawn from the frozen stream and rounded once.
    """
    values = generate(UPSTREAM.name, shape, upstream_stream(call), generator_options(UPSTREAM))
    return round_to(values, call.spec.dtype)
