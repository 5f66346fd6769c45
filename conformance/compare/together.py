"""Comparisons of many small results at once, for the usual case: a pass, with nothing infinite in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from conformance.compare.comparison import Comparison, index_of
from conformance.compare.formats import Format, format_of

Triple: TypeAlias = "tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]"


def compare_together(results: Sequence[Triple], dtype: str) -> list[Comparison | None]:
    """What `compare` says of each result, its value and its bound, of a reference without a tail.

    None stands for what is left to `compare`: what is no plain pass, and what is empty, or of another shape
    or dtype than it ought to be. One after the other, small results take several times as long, most of it
    NumPy's own calls. Raises ValueError for another dtype than a check's.
    """
    form = format_of(dtype)
    found: list[Comparison | None] = [None] * len(results)
    usual = [
        place
        for place, (actual, value, bound) in enumerate(results)
        if actual.dtype == form.dtype and actual.shape == value.shape == bound.shape and actual.size
    ]
    if usual:
        shapes = [results[place][0].shape for place in usual]
        columns = zip(*(results[place] for place in usual), strict=True)
        with np.errstate(all="ignore"):
            compared = _compared(shapes, form, *map(_joined, columns))
        for place, comparison in zip(usual, compared, strict=True):
            found[place] = comparison
    return found


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    return np.concatenate([part.ravel() for part in parts]).astype(np.float64, copy=False)


def _compared(
    shapes: Sequence[tuple[int, ...]], form: Format, wide: Any, value: Any, bound: Any
) -> list[Comparison | None]:
    """The same arithmetic, element by element, as that of one comparison; then by result."""
    sizes = np.array([math.prod(shape) for shape in shapes])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    allowance = 2.0 * bound + 2.0 * form.smallest_subnormal
    error = np.abs(wide - value)
    ratio, size = error / allowance, np.abs(value)
    usual = (np.maximum.reduceat(ratio, starts) <= 1.0) & (np.maximum.reduceat(allowance, starts) < np.inf)
    vacuous = (allowance >= size) & (size >= form.smallest_normal)
    ratio = np.where(vacuous, 0.0, ratio)
    largest = np.maximum.reduceat(ratio, starts)
    at_largest = np.append(np.flatnonzero(ratio == np.repeat(largest, sizes)), wide.size)
    first = at_largest[np.searchsorted(at_largest, starts)]  # each result has one, unless there is a NaN
    other_sign = (wide == 0) & (value == 0) & (np.signbit(wide) != np.signbit(value))
    columns = (
        usual,
        sizes,
        np.add.reduceat(vacuous, starts, dtype=np.intp),
        np.maximum.reduceat(error, starts),
        np.fmax(np.fmax.reduceat(error / size, starts), 0.0),
        np.maximum.reduceat(error / form.gap(value), starts),
        largest,
        first - starts,
        np.add.reduceat(other_sign, starts, dtype=np.intp),
    )
    rows = zip(shapes, *(column.tolist() for column in columns), strict=True)
    return [
        Comparison(total, 0, unjudged, absolute, relative, ulps, ratio, index_of(worst, shape), signs)
        if inside
        else None
        for shape, inside, total, unjudged, absolute, relative, ulps, ratio, worst, signs in rows
    ]
