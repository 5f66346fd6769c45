"""A wrong element, called again by itself: one element makes a better reproducer than a thousand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.model import Aspect, Check, Outcome, Subtype
from conformance.plan import Call
from conformance.results import InputForm, Minimised, ValueForm, array_form, input_form, number_form
from conformance.run.judge import Judgement

_ELEMENTWISE = (Subtype.VALUE, Subtype.NONFINITE, Subtype.INTERMEDIATE_OVERFLOW, Subtype.CONVENTION)


def worst_alone(check: Check, call: Call, judgement: Judgement) -> Call | None:
    """The call of the worst element alone, or None where the result is not wrong element by element.

    That is so where every input has the shape of the output, which has more than one element.
    """
    comparison, actual = judgement.comparison, judgement.actual
    if judgement.outcome is not Outcome.MISMATCH or check.aspect is not Aspect.VALUE or comparison is None:
        return None
    index = comparison.worst_index
    if judgement.subtype not in _ELEMENTWISE or index is None or not isinstance(actual, np.ndarray):
        return None
    arrays: dict[str, Any] = {}
    for name, array in call.arrays.items():
        if not isinstance(array, np.ndarray) or array.shape != actual.shape or array.size < 2:
            return None
        arrays[name] = array[index].reshape((1,) * array.ndim)
    return replace(call, key=f"{call.key}@{index}", arrays=arrays)


def minimised(call: Call, judgement: Judgement) -> Minimised | None:
    """What a record keeps of the element called by itself; None where it is right then."""
    actual, reference = judgement.actual, judgement.reference
    if judgement.outcome is not Outcome.MISMATCH or reference is None or not isinstance(actual, np.ndarray):
        return None
    index = (0,) * actual.ndim
    if actual.shape != reference.value.shape:
        return None
    inputs: dict[str, InputForm] = {
        name: input_form(array) for name, array in call.arrays.items() if isinstance(array, np.ndarray)
    }
    got: ValueForm = array_form(actual)
    want: ValueForm = array_form(reference.value)
    allowance = 2.0 * float(reference.bound[index]) + 2.0 * format_of(reference.dtype).smallest_subnormal
    return {
        "inputs": inputs,
        "actual": got,
        "expected": want,
        "worst_index": list(index),
        "allowance": number_form(allowance),
    }
