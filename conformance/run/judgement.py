"""What became of one check, and the judgements that need no more than a glance at what was returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np

from conformance.compare import Comparison
from conformance.model import Check, Outcome, Subtype
from conformance.plan import InvalidInput, dtype_name
from conformance.reference import Reference
from conformance.run.hypotheses import Hypothesis

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Judgement:
    """What became of a check, with what a tolerance report needs; `upstream` is that of a gradient."""

    outcome: Outcome
    subtype: Subtype | None = None
    detail: str | None = None
    conventions: dict[str, str] = field(default_factory=dict)
    deviating: str | None = None
    actual: Array | dict[str, Any] | None = None
    expected: Array | dict[str, Any] | None = None
    comparison: Comparison | None = None
    reference: Reference | None = None
    hypothesis: Hypothesis | None = None
    exception: Mapping[str, Any] | None = None
    stale_declaration: bool = False
    upstream: Array | None = None


def decoded(form: Mapping[str, Any]) -> Array | dict[str, Any]:
    """The array of an entry of an answer, bfloat16 as `ml_dtypes.bfloat16`; or what else was returned."""
    if "type" in form:
        return dict(form)
    name = form["dtype"]
    dtype = np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)
    return np.frombuffer(form["data"], dtype=dtype).reshape(form["shape"])


def unanswerable(check: Check, problem: Exception, actual: Array | None = None) -> Judgement:
    """The judgement where a call cannot be made, or the reference has no answer to it."""
    why = problem if isinstance(problem, InvalidInput) else f"the reference has no answer: {problem}"
    return Judgement(Outcome.INVALID_CASE, detail=f"{check.spec.case.location}: {why}", actual=actual)


def by_form(check: Check, actual: Array, reference: Reference) -> Judgement:
    """A pass, or what is wrong with the shape or dtype of `actual`."""
    if actual.shape != reference.value.shape:
        return other_shape("", actual, reference.value)
    judgement = Judgement(Outcome.PASS, actual=actual, expected=reference.value, reference=reference)
    if dtype_name(actual.dtype) != check.spec.dtype:
        judgement.outcome, judgement.subtype = Outcome.MISMATCH, Subtype.DTYPE
        judgement.detail = f"dtype {dtype_name(actual.dtype)}, expected {check.spec.dtype}"
    return judgement


def other_shape(what: str, actual: Array, expected: Array) -> Judgement:
    """The judgement of an array of another shape than `expected`; `what` begins the sentence."""
    detail = f"{what}shape {list(actual.shape)}, expected {list(expected.shape)}"
    return Judgement(Outcome.MISMATCH, Subtype.SHAPE, detail, actual=actual, expected=expected)


def no_tensor(returned: dict[str, Any]) -> Judgement:
    """The judgement of what is `returned` in place of a tensor."""
    detail = f"returned {returned['type']}, no tensor: {returned['repr'][:200]}"
    return Judgement(Outcome.MISMATCH, Subtype.DTYPE, detail, actual=returned)
