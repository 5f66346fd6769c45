"""Run a formula on balls until every comparison in it is decided."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import flint
import numpy as np
from numpy.typing import NDArray

from conformance.reference.ball import UndecidedError
from conformance.reference.ball_array import Parts, balls, parts
from conformance.reference.stream import Stream

FEW = 256  # elements up to which balls are as quick as streams, which have more to set up
BITS = (200, 400, 800, 1600, 3200, 6400)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Enclosure:
    """A result known rigorously: each element lies within `radius` of `head + tail`.

    All three are float64 arrays of the result's shape; `bits` is the precision that sufficed. NaN and
    infinities stand in `head` with a radius of 0.
    """

    head: NDArray[np.float64]
    tail: NDArray[np.float64]
    radius: NDArray[np.float64]
    bits: int


def identical(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where two arrays hold the same number, NaN included."""
    return np.asarray(a == b) | (np.isnan(a) & np.isnan(b))


def enclose(
    function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[Enclosure | None, ...]:
    """Enclose what `function` returns for float64 `inputs` (others pass as they are) and `options`.

    One enclosure for each result of a function that returns several, None where it returns None. Large
    inputs run in chunks. Raises UndecidedError where the last of `BITS` does not suffice.
    """

    def run() -> list[Parts | None]:
        result = function(**_leaves(inputs), **options)
        return [_parts(part) for part in (result if isinstance(result, tuple) else (result,))]

    results, bits = with_enough_bits(run)
    return tuple(None if found is None else Enclosure(*found, bits) for found in results)


def enclose_sample(
    function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any], count: int
) -> tuple[tuple[NDArray[np.intp], Enclosure] | None, ...]:
    """Enclose about `count` elements of each result, evenly spread: their flat indices, and 1-d enclosures.

    Of a result that is not elementwise, or has no more elements, all. Raises UndecidedError.
    """

    def run() -> list[tuple[NDArray[np.intp], Parts] | None]:
        result = function(**_leaves(inputs), **options)
        return [_sampled(part, count) for part in (result if isinstance(result, tuple) else (result,))]

    results, bits = with_enough_bits(run)
    return tuple(None if found is None else (found[0], Enclosure(*found[1], bits)) for found in results)


def with_enough_bits(compute: Callable[[], Result]) -> tuple[Result, int]:
    """Return what `compute` returns on balls of the first precision that decides all, and that precision.

    Raises UndecidedError where the last of `BITS` does not suffice.
    """
    before = flint.ctx.prec
    try:
        for bits in BITS:
            flint.ctx.prec = bits
            try:
                with np.errstate(all="ignore"):
                    return compute(), bits
            except UndecidedError as reason:
                last = reason
        raise UndecidedError(f"{last} with {BITS[-1]} bits")
    finally:
        flint.ctx.prec = before


def _leaves(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Balls of float64 inputs; streams of all of them where one is large, since small ones broadcast."""
    made = balls if all(np.size(part) <= FEW for part in inputs.values()) else Stream.of
    return {
        name: made(part) if getattr(part, "dtype", None) == np.float64 else part
        for name, part in inputs.items()
    }


def _parts(result: Any) -> Parts | None:
    if result is None:
        return None
    return result.parts() if isinstance(result, Stream) else parts(balls(result))


def _sampled(result: Any, count: int) -> tuple[NDArray[np.intp], Parts] | None:
    if result is None:
        return None
    if not isinstance(result, Stream):
        found = balls(result).reshape(-1)
        return np.arange(found.size), parts(balls(found))
    size = math.prod(result.shape)
    indices = np.unique(np.linspace(0, size - 1, min(count, size)).astype(np.intp))
    return indices, parts(result.at(indices))
