"""The nearest known explanation of a wrong result: computed, never guessed.

A suspect explains an output of which every element lies within the error bound around the suspect's
own exact result. After the suspects come the accuracies: arithmetic of the check's dtype in which
log and exp, or everything, is only as accurate as a narrower dtype's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.compare import compare, format_of
from conformance.plan import Call
from conformance.reference import Reference
from conformance.run.altered import Altered
from conformance.run.references import Machine, References, inputs_of
from conformance.run.suspects import Suspect, suspects

Array = np.ndarray[Any, Any]

LARGEST = 150_000  # elements beyond which no explanation is looked for

_NARROWER = {  # (the narrower dtype, how many ulps of the check's dtype one of its is)
    "float64": (("float32", 2.0**29), ("float16", 2.0**42)),
    "float32": (("float16", 2.0**13), ("bfloat16", 2.0**16)),
}


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`text` completes "the result equals ..."."""

    name: str
    text: str


class Explainer:
    """Explains wrong results; what several APIs return alike for one call is explained once."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._last: tuple[str, bytes, Hypothesis | None] | None = None

    def explain(self, call: Call, actual: Array, reference: Reference) -> Hypothesis | None:
        """The first explanation of `actual`, which is not `reference`; None where nothing known fits."""
        key = (call.key + call.spec.dtype, hashlib.sha256(actual.tobytes()).digest())
        if self._last is None or self._last[:2] != key:
            self._last = (*key, _explain(self._references, call, actual, reference))
        return self._last[2]


def _explain(references: References, call: Call, actual: Array, reference: Reference) -> Hypothesis | None:
    if actual.size > LARGEST or any(array.size > LARGEST for array in inputs_of(call).values()):
        return None
    with np.errstate(all="ignore"):
        return _by_suspect(references, call, actual, reference) or _by_accuracy(references, call, actual)


def _by_suspect(references: References, call: Call, actual: Array, reference: Reference) -> Hypothesis | None:
    formula = references.formula(call.spec.operator.name)
    nonfinite = not (np.isfinite(actual).all() and np.isfinite(reference.value).all())
    bound = _bound(references, call, reference)
    rounding = 4.0 * 2.0 ** -format_of(call.spec.dtype).digits  # four unit roundoffs
    for conventions, suffix in _conventions(call):
        for suspect in suspects(formula, call, nonfinite):
            value = _compute(references, call, suspect, conventions)
            if value is None or value.shape != actual.shape:
                continue
            if not suspect.overflow and not np.isfinite(value).any():
                continue
            # Where the reference is not finite its bound says nothing: take a few roundings.
            allowed = np.where(np.isfinite(bound), bound, rounding * np.abs(value))
            if _fits(actual, value, np.nan_to_num(allowed, nan=0.0, posinf=0.0), call.spec.dtype):
                return Hypothesis(suspect.name, suspect.text + suffix)
    return None


def _conventions(call: Call) -> Iterator[tuple[dict[str, str], str]]:
    """The reference's conventions, then each other choice that the case is about."""
    yield {}, ""
    known = call.spec.operator.conventions
    for name in call.spec.case.conventions:
        for choice in known[name].choices:
            if choice != known[name].reference:
                yield {name: choice}, f", under the convention {name}={choice}"


def _bound(references: References, call: Call, reference: Reference) -> Array:
    """The bound that an explanation has to meet; for the half types with the accumulation they often have."""
    if call.spec.dtype in ("float16", "bfloat16"):
        reference = references.evaluate(call, Machine(), summation="naive", accumulator="narrow")
    return np.asarray(reference.bound)


def _compute(
    references: References, call: Call, suspect: Suspect, conventions: dict[str, str]
) -> Array | None:
    """The float64 result of a suspect, or None where the change makes no sense for this call."""
    inputs: dict[str, Any] = {name: array.astype(np.float64) for name, array in inputs_of(call).items()}
    if suspect.inputs is not None:
        inputs = suspect.inputs(inputs)
    if suspect.alteration is not None:
        inputs = {name: Altered(array, suspect.alteration) for name, array in inputs.items()}
    options = dict(suspect.attributes or call.spec.attributes)
    if suspect.function is None:
        options.update(conventions)
    try:
        result = references.formula(call.spec.operator.name).chosen(suspect.function)(**inputs, **options)
    except (TypeError, ValueError, ArithmeticError):
        return None
    value = np.asarray(result.value if isinstance(result, Altered) else result, dtype=np.float64)
    return value if suspect.result is None else np.asarray(suspect.result(value))


def _by_accuracy(references: References, call: Call, actual: Array) -> Hypothesis | None:
    dtype = call.spec.dtype
    for narrower, ulps in _NARROWER.get(dtype, ()):
        for conventions, suffix in _conventions(call):
            try:
                imprecise = references.evaluate(
                    call, Machine(log_ulps=ulps), conventions=conventions, certified=False
                )
                narrow = references.evaluate(
                    call, Machine(), conventions=conventions, arithmetic=narrower, certified=False
                )
            except ValueError:
                continue  # a convention may be to refuse the call
            if imprecise.value.shape != actual.shape:
                continue
            if _fits(actual, imprecise.value, imprecise.bound, dtype):
                text = f"the formula with log and exp as accurate as {narrower}'s only{suffix}"
                return Hypothesis(f"log-{narrower}", text)
            if _fits(actual, narrow.value, narrow.bound, dtype):
                text = f"the formula with the accuracy of {narrower} only{suffix}"
                return Hypothesis(f"accuracy-{narrower}", text)
    return None


def _fits(actual: Array, value: Array, bound: Array, dtype: str) -> bool:
    return compare(actual, value, None, bound, dtype).passed
