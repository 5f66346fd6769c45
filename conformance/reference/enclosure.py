"""Run a formula on balls until every comparison in it is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from conformance.reference.ball import UndecidedError
from conformance.reference.ball_array import BallArray, balls
from conformance.reference.stream import CHUNK, Stream

BITS = (200, 400, 800, 1600, 3200, 6400)


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


def enclose(function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any]) -> Enclosure:
    """Enclose what `function` returns for float64 `inputs` (others pass as they are) and `options`.

    Large inputs run in chunks. Raises UndecidedError where the last of `BITS` does not suffice.
    """
    before = flint.ctx.prec
    try:
        for bits in BITS:
            flint.ctx.prec = bits
            try:
                with np.errstate(all="ignore"):
                    result = function(**{name: _leaf(part) for name, part in inputs.items()}, **options)
                    return _parts(result, bits)
            except UndecidedError as reason:
                last = reason
        raise UndecidedError(f"{last} with {BITS[-1]} bits")
    finally:
        flint.ctx.prec = before


def _leaf(part: Any) -> Any:
    if getattr(part, "dtype", None) != np.float64:
        return part
    return Stream.of(part) if part.size > CHUNK else balls(part)


def _parts(result: Any, bits: int) -> Enclosure:
    if isinstance(result, Stream):
        columns = [_columns(piece) for piece in result.pieces()]
        parts = (np.concatenate(column) for column in zip(*columns, strict=True))
        head, tail, radius = (part.reshape(result.shape) for part in parts)
    else:
        head, tail, radius = _columns(balls(result))
    return Enclosure(head, tail, radius, bits)


def _columns(array: BallArray) -> tuple[NDArray[np.float64], ...]:
    parts = np.array([ball.parts() for ball in array.flat], dtype=np.float64).reshape(-1, 3)
    return tuple(parts[:, column].reshape(array.shape) for column in range(3))
