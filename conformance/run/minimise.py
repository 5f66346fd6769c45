"""A wrong element, called again by itself: one element makes a better reproducer than a thousand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.model import Aspect, Check, Outcome, Subtype
from conformance.plan import Call
from conformance.results import InputForm, Minimised, array_form, input_form, number_form
from conformance.run.judgement import Judgement

Array = np.ndarray[Any, Any]

_ELEMENTWISE = (
    Subtype.VALUE,
    Subtype.NONFINITE,
    Subtype.INTERMEDIATE_OVERFLOW,
    Subtype.CONVENTION,
    Subtype.GRADIENT,
    Subtype.MISSING_GRADIENT,
)


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """The call of one element, and for a gradient its part of the upstream gradient."""

    call: Call
    upstream: Array | None = None


def worst_alone(check: Check, call: Call, judgement: Judgement) -> Alone | None:
    """The call of the worst element alone, or None where the result is not wrong element by element.

    That is so where every input has the shape of what is wrong, which has more than one element. The
    upstream gradient of a sum or mean is one number for all elements.
    """
    comparison, actual, upstream = judgement.comparison, judgement.actual, judgement.upstream
    if judgement.outcome is not Outcome.MISMATCH or check.aspect is Aspect.DOCUMENTED or comparison is None:
        return None
    index = comparison.worst_index
    if judgement.subtype not in _ELEMENTWISE or index is None or not isinstance(actual, np.ndarray):
        return None
    arrays: dict[str, Any] = {}
    for name, array in call.arrays.items():
        if not isinstance(array, np.ndarray) or array.shape != actual.shape or array.size < 2:
            return None
        arrays[name] = _one(array, index)
    if upstream is not None and upstream.ndim:
        if upstream.shape != actual.shape:
            return None
        upstream = _one(upstream, index)
    return Alone(replace(call, key=f"{call.key}@{index}", arrays=arrays), upstream)


def _one(array: Array, index: tuple[int, ...]) -> Array:
    return np.asarray(array[index]).reshape((1,) * array.ndim)


def minimised(alone: Alone, judgement: Judgement) -> Minimised | None:
    """What a record keeps of the element called by itself; None where it is right then."""
    actual, reference = judgement.actual, judgement.reference
    if judgement.outcome is not Outcome.MISMATCH or reference is None or not isinstance(actual, np.ndarray):
        return None
    if actual.shape != reference.value.shape:
        return None
    index = (0,) * actual.ndim
    inputs: dict[str, InputForm] = {
        name: input_form(array) for name, array in alone.call.arrays.items() if isinstance(array, np.ndarray)
    }
    allowance = 2.0 * float(reference.bound[index]) + 2.0 * format_of(reference.dtype).smallest_subnormal
    return {
        "inputs": inputs,
        "upstream": None if alone.upstream is None else input_form(alone.upstream),
        "actual": array_form(actual),
        "expected": array_form(reference.value),
        "worst_index": list(index),
        "allowance": number_form(allowance),
    }
