"""The nearest known explanation of a wrong result: computed, never guessed.

A mutant explains an output of which every element lies within the error bound around the mutant's
own exact result. Where none lies well within it, a common factor of all elements may explain the
output; last come the accuracies: arithmetic of the check's dtype in which log and exp, or everything,
is only as accurate as a narrower dtype's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from conformance.caches import Recent
from conformance.compare import compare, format_of
from conformance.mutants import HALF, NARROWER, NO_SENSE, Mutant, catalogue, choices_of
from conformance.plan import Call
from conformance.reference import Reference
from conformance.run.question import Question
from conformance.run.references import References

Array = np.ndarray[Any, Any]
_Key: TypeAlias = "tuple[str, str, str | None]"  # a call's key, its dtype, the input whose gradient it is
# A mutant, the convention it is under, its exact result, and its bound where that is not the reference's.
_Value: TypeAlias = "tuple[Mutant, str, Array, Array | None]"

LARGEST = 150_000  # elements beyond which no explanation is looked for
KEPT = 5000  # elements up to which the results of all mutants of a call are kept
LAST_CALLS = 4  # so many of these: the value and the gradients of one call take turns
LAST_RESULTS = 16  # explained results that are kept, for other APIs that return the same
WELL_WITHIN = 0.75  # allowances: farther than this from their exact value sensible kernels hardly ever get
FACTOR_ELEMENTS = (
    3  # so many must agree on a factor: a single number always is some multiple of the right one
)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`text` completes "the result equals ..."; `name` is the mutant's, where it is one."""

    name: str
    text: str


class _Kept:
    """What an iterator yields, as often as it is asked for."""

    def __init__(self, rest: Iterator[_Value]) -> None:
        self._known: list[_Value] = []
        self._rest = rest

    def __iter__(self) -> Iterator[_Value]:
        yield from self._known
        for value in self._rest:
            self._known.append(value)
            yield value


class Explainer:
    """Explains wrong results; what several APIs return alike for one call is explained once."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._mutants: dict[tuple[int, str, str | None], list[Mutant]] = {}
        self._kept: Recent[_Kept] = Recent(entries=LAST_CALLS)
        self._bounds: Recent[Array] = Recent(entries=LAST_CALLS)
        self._last: Recent[Hypothesis | None] = Recent(entries=LAST_RESULTS)

    def explain(
        self,
        call: Call,
        actual: Array,
        reference: Reference,
        of: str | None = None,
        upstream: Array | None = None,
    ) -> Hypothesis | None:
        """The first explanation of `actual`, which is not `reference`; None where nothing known fits.

        It is the value of `call`, or the gradient with respect to the input `of` under `upstream`.
        """
        key = (call.key, call.spec.dtype, of)
        result = (key, hashlib.sha256(actual.tobytes() + repr(actual.shape).encode()).digest())

        def make() -> Hypothesis | None:
            question = Question(self._references.formula(call.spec.operator.name), call, of, upstream)
            return self._explain(key, question, actual, reference)

        return self._last.get(result, make)

    def _explain(
        self, key: _Key, question: Question, actual: Array, reference: Reference
    ) -> Hypothesis | None:
        if actual.size > LARGEST or any(array.size > LARGEST for array in question.inputs.values()):
            return None
        with np.errstate(all="ignore"):
            nearest, distance = self._by_mutant(key, question, actual, reference)
            if distance <= WELL_WITHIN or actual.shape != reference.value.shape:
                return nearest
            return _by_factor(actual, reference) or nearest or _by_accuracy(question, actual)

    def _by_mutant(
        self, key: _Key, question: Question, actual: Array, reference: Reference
    ) -> tuple[Hypothesis | None, float]:
        """The first mutant well within its bound, else the nearest; and its distance in allowances.

        The bound of a half type is wide, for all operations may be rounded to it: there a mutant whose exact
        result is rounded but once goes first.
        """
        nonfinite = not (np.isfinite(actual).all() and np.isfinite(reference.value).all())
        usual = self._usual(key, question, reference) if actual.shape == reference.value.shape else None
        at_zero = np.nan if usual is None else _where_zero(reference.value, usual)
        form = format_of(question.dtype)
        wide = actual.astype(np.float64)
        # No result is accepted beyond the allowance and one gap between numbers; most mutants are far off.
        gaps = 4.0 * 2.0**-form.digits * np.abs(wide) + 6.0 * form.smallest_subnormal
        nearest, least = None, np.inf
        for mutant, suffix, value, own in self._values(key, question):
            if value.shape != actual.shape:
                continue
            bound = np.fmax(usual, at_zero * np.abs(value)) if own is None and usual is not None else own
            if bound is None or bool(np.any(np.abs(wide - value) > 2.0 * bound + gaps)):
                continue
            if mutant.overflow and mutant.lossy and not nonfinite:
                continue
            # Where the reference is not finite its bound says nothing: take a few roundings.
            allowed = np.where(np.isfinite(bound), bound, 4.0 * 2.0**-form.digits * np.abs(value))
            allowed = np.nan_to_num(allowed, nan=0.0, posinf=0.0)
            # Of a result far smaller than the reference, the reference's bound leaves nothing.
            once = bool(np.all(np.abs(wide - value) <= gaps / 2))
            distance = 0.0 if once else _distance(actual, value, allowed, question.dtype)
            if distance is None or ((mutant.lossy or own is not None) and _right(value, reference)):
                continue
            if not mutant.overflow and not np.isfinite(value).any():
                suffix += " (nothing in either is finite, so this is a hint at most)"
                distance = max(distance, 1.0)
            found = Hypothesis(mutant.name, _text(mutant, question.call) + suffix)
            if distance <= WELL_WITHIN and (once or question.dtype not in HALF):
                return found, distance
            if distance < least and least > WELL_WITHIN:
                nearest, least = found, distance
        return nearest, least

    def _usual(self, key: _Key, question: Question, reference: Reference) -> Array:
        """The bound that an explanation has to meet unless it has one of its own."""
        return self._bounds.get(key, lambda: _bound(question, reference))

    def _values(self, key: _Key, question: Question) -> Iterable[_Value]:
        """The exact results of all mutants; small ones are kept for the next answer to the same call."""
        if max((array.size for array in question.inputs.values()), default=0) > KEPT:
            return self._computed(key, question)
        return self._kept.get(key, lambda: _Kept(self._computed(key, question)))

    def _computed(self, key: _Key, question: Question) -> Iterator[_Value]:
        attributes = question.call.spec.attributes
        for conventions, suffix in question.conventions():
            try:
                operations = question.operations(conventions)
            except NO_SENSE:
                continue
            for mutant in self._catalogue(key, question):
                if mutant.family or mutant.idle(operations, attributes):
                    continue
                if mutant.of_arguments:
                    yield from _other_arguments(question, mutant, conventions, suffix)
                    continue
                value = mutant.exact(question.formula, question.all_inputs, attributes, conventions)
                if value is not None:
                    yield mutant, suffix, value, None

    def _catalogue(self, key: _Key, question: Question) -> list[Mutant]:
        operator = question.call.spec.operator
        place = (id(operator), question.dtype, key[2])
        if place not in self._mutants:
            self._mutants[place] = catalogue(question.formula, question.dtype, choices_of(operator))
        return self._mutants[place]


def _other_arguments(
    question: Question, mutant: Mutant, conventions: dict[str, str], suffix: str
) -> Iterator[_Value]:
    """The reference of other attributes or inputs: its size, and so its bound, may be quite another."""
    try:
        attributes = mutant.options(question.call.spec.attributes)
        given: dict[str, Any] = {"attributes": attributes, "inputs": mutant.changed(question.all_inputs)}
        value = question.evaluate(**given, conventions=conventions)
        bound = _bound(question, value, **given, conventions=conventions)
    except NO_SENSE:
        return  # the formula refuses these arguments
    yield mutant, suffix, value.value, bound


def _bound(question: Question, reference: Reference, **options: Any) -> Array:
    """The bound an explanation has to meet; for the half types with the accumulation they often have."""
    if question.dtype in HALF:
        reference = question.evaluate(summation="naive", accumulator="narrow", **options)
    return np.asarray(reference.bound)


def _by_accuracy(question: Question, actual: Array) -> Hypothesis | None:
    dtype = question.dtype
    for narrower in NARROWER.get(dtype, ()):
        # How many ulps of the check's dtype one of the narrower dtype's is.
        ulps = 2.0 ** (format_of(dtype).digits - format_of(narrower).digits)
        for conventions, suffix in question.conventions():
            try:
                imprecise = question.evaluate(log_ulps=ulps, conventions=conventions)
                narrow = question.evaluate(dtype=narrower, conventions=conventions)
            except ValueError:
                continue  # a convention may be to refuse the call
            if imprecise.value.shape != actual.shape:
                continue
            if _fits(actual, imprecise.value, imprecise.bound, dtype):
                text = f"the formula with log and exp as accurate as {narrower}'s only{suffix}"
                return Hypothesis(f"elementary-{narrower}", text)
            if _fits(actual, narrow.value, narrow.bound, dtype):
                text = f"the formula with the accuracy of {narrower} only{suffix}"
                return Hypothesis(f"all-{narrower}", text)
    return None


def _by_factor(actual: Array, reference: Reference) -> Hypothesis | None:
    """A factor that all elements share, each as well as half the bound allows."""
    wide = actual.astype(np.float64)
    judged = np.isfinite(wide) & np.isfinite(reference.value) & (reference.value != 0)
    judged &= 2 * reference.bound < np.abs(reference.value)
    if np.count_nonzero(judged) < FACTOR_ELEMENTS:
        return None
    factor = float(np.median(wide[judged] / reference.value[judged]))
    if not _fits(actual, reference.value * factor, reference.bound / 2, reference.dtype):
        return None
    off = (factor - 1) / format_of(reference.dtype).ulp(np.ones(1))[0]
    size = f" ({off:+.3g} ulp of 1)" if abs(factor - 1) < 2.0**-6 else ""
    return Hypothesis("times", f"the formula times {factor:.9g}{size}")


def _text(mutant: Mutant, call: Call) -> str:
    """What the mutant is, with the attribute's value that it replaces."""
    before = [repr(call.spec.attributes[name]) for name in mutant.attributes]
    return f"{mutant.text} in place of {', '.join(before)}" if before else mutant.text


def _right(value: Array, reference: Reference) -> bool:
    """Whether the result of a mutant is as good as any: what is wrong is not explained by it."""
    if value.shape != reference.value.shape:
        return False
    own = value.astype(format_of(reference.dtype).dtype)
    return _fits(own, reference.value, reference.bound, reference.dtype)


def _fits(actual: Array, value: Array, bound: Array, dtype: str) -> bool:
    return _distance(actual, value, bound, dtype) is not None


def _distance(actual: Array, value: Array, bound: Array, dtype: str) -> float | None:
    """How far `actual` is from `value`, in allowances; None where it is no result of it."""
    comparison = compare(actual, value, None, bound, dtype)
    return comparison.max_bound_ratio if comparison.passed else None


def _where_zero(value: Array, bound: Array) -> Array:
    """The usual bound of a 1 where the reference is 0, whose own says nothing of other numbers; else NaN."""
    judged = np.isfinite(value) & np.isfinite(bound) & (value != 0)
    usual = np.median(bound[judged] / np.abs(value[judged])) if judged.any() else 0.0
    return np.where(value == 0, usual, np.nan)
