"""One answer becomes one outcome (design, sections 5, 7 and 8). Nothing here knows what was expected."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from conformance.compare import compare_documented, compare_printed, format_of
from conformance.model import Aspect, Check, Oracle, Outcome, Subtype
from conformance.mutants import UPSTREAM, Kernel, gradient_of, simulate
from conformance.plan import Call, dtype_name
from conformance.reference import Formula, Reference
from conformance.run.deviations import (
    Evaluate,
    Simulate,
    followed_convention,
    lost_accuracy,
    told_conventions,
)
from conformance.run.hypotheses import Explainer
from conformance.run.judgement import Judgement, by_form, decoded, no_tensor, other_shape, unanswerable
from conformance.run.references import NO_ANSWER, Machine, References, inputs_of, judge_by
from conformance.run.refusal import either, missing, raised

Array = np.ndarray[Any, Any]

_NUMBERS = (Subtype.VALUE, Subtype.NONFINITE, Subtype.INTERMEDIATE_OVERFLOW)


class Judge:
    """Judges answers against references that it computes once per call; where it `explains`, says why."""

    def __init__(self, references: References, *, explains: bool = True) -> None:
        self._references = references
        self._explainer = Explainer(references) if explains else None

    def judge(
        self,
        check: Check,
        call: Call,
        answer: Mapping[str, Any],
        machine: Machine,
        version: str,
        upstream: Array | None = None,
    ) -> Judgement:
        """The outcome of `check`, given a worker's `answer` from a framework of `version`.

        `upstream` is the upstream gradient that the worker was given, for a check of a gradient.
        """
        status = answer["status"]
        if status == "missing":
            judgement = missing(check, answer["message"], version)
        elif status == "harness":
            judgement = Judgement(Outcome.HARNESS_ERROR, detail=answer["message"])
        elif status == "raised":
            judgement = raised(check, answer["exception"])
        else:
            judgement = self._returned(check, call, answer, machine, upstream)
            worked = judgement.outcome is not Outcome.UNSUPPORTED
            judgement.stale_declaration = worked and check.declared is not None
        if upstream is not None and _could_start(answer, upstream):
            judgement.upstream = upstream
        return judgement

    def compared(
        self,
        check: Check,
        call: Call,
        answer: Mapping[str, Any],
        machine: Machine,
        upstream: Array | None,
    ) -> tuple[Reference, Array] | None:
        """What `judge` is going to compare, if it comes to that; raises one of NO_ANSWER as it does."""
        if answer["status"] != "returned" or check.oracle is Oracle.REFUSAL or not answer["outputs"]:
            return None
        if upstream is None:
            entry, reference = answer["outputs"][0], self._references.primary(call, machine)
        else:
            assert check.of is not None
            entry = (answer["gradients"] or {}).get(check.of)
            reference = self._references.gradients(call, machine, upstream)[check.of]
        actual = decoded(entry) if entry else None
        return (reference, actual) if isinstance(actual, np.ndarray) else None

    def _returned(
        self,
        check: Check,
        call: Call,
        answer: Mapping[str, Any],
        machine: Machine,
        upstream: Array | None,
    ) -> Judgement:
        actual = decoded(answer["outputs"][0] if answer["outputs"] else {"type": "nothing", "repr": ""})
        if check.oracle is Oracle.REFUSAL:
            promised = f"{either(check)} is documented" if check.raises else "mathematics has no answer"
            return Judgement(
                Outcome.NOT_REJECTED,
                detail=f"returned a value where {promised}",
                actual=actual,
                expected={"exception": either(check)},
            )
        if isinstance(actual, dict):
            return no_tensor(actual)
        try:
            if upstream is not None:
                return self._gradient(check, call, answer, actual, machine, upstream)
            reference = self._references.primary(call, machine)
            if check.spec.case.formula and check.aspect is Aspect.DOCUMENTED:
                reference = self._references.evaluate(call, machine, function=check.spec.case.formula)
        except NO_ANSWER as problem:
            return unanswerable(check, problem, actual)
        if check.aspect is Aspect.DOCUMENTED:
            return _documented(check, actual, answer.get("printed"), reference, machine)
        return self._value(check, call, actual, reference, machine)

    def _value(
        self, check: Check, call: Call, actual: Array, reference: Reference, machine: Machine
    ) -> Judgement:
        formula = self._references.formula(check.spec.operator.name)
        judgement = by_form(check, actual, reference)
        if judgement.subtype is not None:
            if judgement.subtype is Subtype.SHAPE and self._explainer:
                judgement.hypothesis = self._explainer.explain(call, actual, reference)
            return judgement
        exercised = _left_open(formula.function, check.spec.case.conventions)
        evaluate = partial(self._references.evaluate, call, machine)
        simulated = partial(_simulated, formula, call, None)
        self._numbers(check, judgement, machine, evaluate, simulated, exercised, formula.alternatives)
        if judgement.comparison is not None and not judgement.comparison.mismatched:
            known = check.spec.operator.conventions
            judgement.conventions = {name: known[name].reference for name in exercised}
        if judgement.outcome is Outcome.MISMATCH and judgement.subtype in _NUMBERS and self._explainer:
            judgement.hypothesis = self._explainer.explain(call, actual, reference)
        return judgement

    def _gradient(
        self,
        check: Check,
        call: Call,
        answer: Mapping[str, Any],
        output: Array,
        machine: Machine,
        upstream: Array,
    ) -> Judgement:
        """A gradient that is missing, or is to be compared with the reference's."""
        assert check.of is not None
        formula = self._references.formula(check.spec.operator.name)
        reference = self._references.gradients(call, machine, upstream)[check.of]
        if output.shape != upstream.shape:
            return other_shape("the output has ", output, self._references.primary(call, machine).value)
        entry = (answer["gradients"] or {}).get(check.of)
        if entry is None:
            return _no_gradient(check, reference)
        actual = decoded(entry)
        if isinstance(actual, dict):
            return no_tensor(actual)
        judgement = by_form(check, actual, reference)
        if judgement.subtype is not None:
            return judgement
        exercised = _left_open(formula.vjp, check.spec.case.conventions)

        def evaluate(**options: Any) -> Reference:
            assert check.of is not None
            return self._references.evaluate_gradients(call, machine, upstream, **options)[check.of]

        simulated = partial(_simulated, gradient_of(formula, check.of), call, upstream)
        self._numbers(check, judgement, machine, evaluate, simulated, exercised, formula.vjp_alternatives)
        if judgement.outcome is Outcome.MISMATCH and judgement.subtype in _NUMBERS:
            judgement.subtype = Subtype.GRADIENT
            if _all_zero_by_mistake(actual, reference):
                judgement = _no_gradient(check, reference, judgement)
            elif self._explainer:
                judgement.hypothesis = self._explainer.explain(call, actual, reference, check.of, upstream)
        elif exercised and judgement.comparison is not None and not judgement.comparison.mismatched:
            known = check.spec.operator.conventions
            judgement.conventions = told_conventions(reference, evaluate, known, exercised)
        return judgement

    def _numbers(
        self,
        check: Check,
        judgement: Judgement,
        machine: Machine,
        evaluate: Evaluate,
        simulated: Simulate,
        exercised: tuple[str, ...],
        alternatives: Iterable[str],
    ) -> None:
        """Fill in the outcome of numbers of the right shape and dtype."""
        actual, reference = judgement.actual, judgement.reference
        assert isinstance(actual, np.ndarray)
        assert reference is not None
        comparison = self._references.compare(reference, actual, machine)
        judgement.comparison = comparison
        judgement.outcome = comparison.outcome
        if judgement.outcome is not Outcome.MISMATCH:
            if judgement.outcome is Outcome.VACUOUS:
                judgement.detail = (
                    f"no element can be judged in {check.spec.dtype}: the allowance exceeds the value"
                )
            return
        known = check.spec.operator.conventions
        followed = followed_convention(actual, evaluate, known, exercised, machine)
        if followed:
            judgement.subtype, judgement.conventions = Subtype.CONVENTION, followed
            judgement.deviating = ", ".join(
                f"{name}={choice}" for name, choice in followed.items() if choice != known[name].reference
            )
            return
        judgement.subtype = comparison.subtype
        # An infinity or a NaN is no loss of accuracy, a number in place of an infinity may be.
        if np.isfinite(actual.astype(np.float64)[comparison.mismatches]).all():
            lost = lost_accuracy(actual, reference, comparison, evaluate, simulated, alternatives, machine)
            if lost:
                judgement.outcome, judgement.subtype, judgement.detail = Outcome.DEGRADED, None, lost


def _simulated(formula: Formula, call: Call, upstream: Array | None, kernel: Kernel) -> Array:
    """What `kernel` returns for `call`; `upstream` is an input of the formula of a gradient."""
    inputs = inputs_of(call) if upstream is None else {**inputs_of(call), UPSTREAM: upstream}
    return simulate(formula.chosen(kernel.form), inputs, call.spec.attributes, call.spec.dtype, kernel)


def _could_start(answer: Mapping[str, Any], upstream: Array) -> bool:
    """Whether the backward pass could be started, which an output of another shape does not allow."""
    if answer["status"] != "returned" or not answer["outputs"]:
        return True
    shape = answer["outputs"][0].get("shape")
    return shape is None or tuple(shape) == upstream.shape


@functools.cache
def _left_open(function: Callable[..., Any] | None, conventions: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `conventions` that `function` knows: a value and its gradients leave open what they do."""
    parameters = inspect.signature(function).parameters if function is not None else {}
    return tuple(name for name in conventions if name in parameters)


def _all_zero_by_mistake(actual: Array, reference: Reference) -> bool:
    """Whether a gradient is zero throughout, though somewhere the bound tells the right one from zero."""
    smallest = format_of(reference.dtype).smallest_subnormal
    value = np.abs(reference.value)
    told_apart = np.isfinite(value) & (value > 2.0 * reference.bound + 2.0 * smallest)
    return bool(told_apart.any()) and not actual.any()


def _no_gradient(check: Check, reference: Reference, judgement: Judgement | None = None) -> Judgement:
    """The outcome of a gradient that there is none of, or, with a `judgement` already, that is all zero."""
    what = "zero throughout" if judgement else "None"
    judgement = judgement or Judgement(Outcome.MISMATCH, expected=reference.value, reference=reference)
    judgement.subtype, judgement.detail = Subtype.MISSING_GRADIENT, f"the gradient is {what}"
    if check.declared is not None:
        judgement.outcome, judgement.subtype = Outcome.UNSUPPORTED, None
        judgement.detail = f"{check.declared}; {judgement.detail}"
    return judgement


def _documented(
    check: Check, actual: Array, printed: str | None, reference: Reference, machine: Machine
) -> Judgement:
    """Against the document: its printed text, or its formula, whose value `reference` then is."""
    case = check.spec.case
    if case.printed is not None:
        return _printed(case.printed.text, printed or "", reference.value)
    judgement = Judgement(Outcome.PASS, actual=actual, expected=reference.value, reference=reference)
    if actual.shape != reference.value.shape or dtype_name(actual.dtype) != check.spec.dtype:
        judgement.outcome, judgement.subtype = Outcome.MISMATCH, Subtype.DOCUMENTED
        judgement.detail = f"shape or dtype differs from that of the documented formula {case.formula!r}"
        return judgement
    judgement.comparison = judge_by(reference, actual, machine)
    if judgement.comparison.mismatched:
        judgement.outcome, judgement.subtype = Outcome.MISMATCH, Subtype.DOCUMENTED
        judgement.detail = f"differs from the documented formula {case.formula!r}"
    return judgement


def _printed(documented: str, printed: str, value: Array) -> Judgement:
    """The print against the document's; whether the document agrees with the formula is said, too."""
    verdict = compare_printed(documented, printed)
    formula = compare_documented(documented, value)
    parts = [] if verdict.passed else [verdict.detail]
    if verdict.passed and not verdict.exact:
        parts.append("the same numbers, printed otherwise")
    if not formula.passed:
        parts.append(f"the document itself disagrees with the formula: {formula.detail}")
    return Judgement(
        Outcome.PASS if verdict.passed else Outcome.MISMATCH,
        None if verdict.passed else Subtype.DOCUMENTED,
        "; ".join(parts) or None,
        actual={"text": printed},
        expected={"text": documented},
    )
