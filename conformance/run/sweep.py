"""How the error of a check runs along an input that takes every value of a 16-bit dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.model import Generator
from conformance.plan import Call
from conformance.plan.generate import every_value
from conformance.results import Number, SweepForm, number_form
from conformance.run.judgement import Judgement

PARTS = 128  # of each sign
Array = np.ndarray[Any, Any]


def sweep_form(call: Call, judgement: Judgement) -> SweepForm | None:
    """The largest error and bound of each part of the sweep; None where nothing is swept or compared.

    An error or bound is None where no element of its part has a finite one.
    """
    reference, actual, comparison = judgement.reference, judgement.actual, judgement.comparison
    if reference is None or comparison is None or not isinstance(actual, np.ndarray):
        return None
    name = _swept(call, actual.shape)
    if name is None:
        return None
    values = np.asarray(call.arrays[name]).astype(np.float64).ravel()
    parts = 2 * PARTS if (values < 0).any() and (values > 0).any() else PARTS
    starts = np.linspace(0, values.size, parts, endpoint=False, dtype=np.int64)
    form = format_of(reference.dtype)
    with np.errstate(all="ignore"):
        gap = form.ulp(reference.value)
        error = actual.astype(np.float64) - reference.value
        if reference.tail is not None:
            error = error - reference.tail
        bound = 2.0 * reference.bound + 2.0 * form.smallest_subnormal
        ulps, bounds = np.abs(error) / gap, bound / gap
    mismatches = comparison.mismatches
    wrong = np.zeros(values.size, dtype=bool) if mismatches is None else mismatches.ravel()
    return {
        "input": name,
        "start": [number_form(value) for value in values[starts].tolist()],
        "ulp": _largest(ulps, starts),
        "bound": _largest(bounds, starts),
        "wrong": np.add.reduceat(wrong.astype(np.int64), starts).tolist(),
    }


def _swept(call: Call, shape: tuple[int, ...]) -> str | None:
    """The input that takes every value, if each element of the output belongs to one of its own."""
    for source in call.spec.inputs:
        made = source.source
        if isinstance(made, Generator) and made.name == every_value.__name__ and made.shape == shape:
            return source.name
    return None


def _largest(values: Array, starts: Array) -> list[Number | None]:
    finite = np.where(np.isfinite(values), values, -1.0).ravel()
    return [float(f"{part:.3g}") if part >= 0 else None for part in np.maximum.reduceat(finite, starts)]
