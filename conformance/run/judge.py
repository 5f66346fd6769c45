"""One answer becomes one outcome (design, sections 5, 7 and 8). Nothing here knows what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import ml_dtypes
import numpy as np
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from conformance.compare import Comparison, compare_documented, compare_printed, format_of
from conformance.model import Aspect, Check, Outcome, Subtype
from conformance.plan import Call, dtype_name
from conformance.reference import Reference
from conformance.run.hypotheses import Explainer, Hypothesis
from conformance.run.references import Machine, References, judge_by

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Judgement:
    """What became of a check, with what a tolerance report needs."""

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


def decode(form: Mapping[str, Any]) -> Array:
    """The array of a worker's answer, bfloat16 as `ml_dtypes.bfloat16`."""
    name = form["dtype"]
    dtype = np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)
    return np.frombuffer(form["data"], dtype=dtype).reshape(form["shape"])


def _first_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[0] if lines else "(no message)"


def _told(exception: Mapping[str, Any]) -> str:
    return f"{exception['class']}: {_first_line(exception['message'])}"


class Judge:
    """Judges answers against references that it computes once per call."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._explainer = Explainer(references)

    def judge(
        self, check: Check, call: Call, answer: Mapping[str, Any], machine: Machine, version: str
    ) -> Judgement:
        """The outcome of `check`, given a worker's `answer` from a framework of `version`."""
        status = answer["status"]
        if status == "missing":
            return _missing(check, answer["message"], version)
        if status == "harness":
            return Judgement(Outcome.HARNESS_ERROR, detail=answer["message"])
        if status == "raised":
            return _raised(check, answer["exception"])
        judgement = self._returned(check, call, answer, machine)
        judgement.stale_declaration = check.declared is not None
        return judgement

    def _returned(self, check: Check, call: Call, answer: Mapping[str, Any], machine: Machine) -> Judgement:
        output = answer["outputs"][0] if answer["outputs"] else {"type": "nothing", "repr": ""}
        actual: Array | dict[str, Any] = dict(output) if "type" in output else decode(output)
        if check.aspect is Aspect.ERROR:
            promised = f"{_either(check)} is documented" if check.raises else "mathematics has no answer"
            return Judgement(
                Outcome.NOT_REJECTED,
                detail=f"returned a value where {promised}",
                actual=actual,
                expected={"exception": _either(check)},
            )
        if isinstance(actual, dict):
            detail = f"returned {actual['type']}, no tensor: {actual['repr'][:200]}"
            return Judgement(Outcome.MISMATCH, Subtype.DTYPE, detail, actual=actual)
        try:
            reference = self._references.primary(call, machine)
            if check.spec.case.formula and check.aspect is Aspect.DOCUMENTED:
                reference = self._references.evaluate(call, machine, function=check.spec.case.formula)
        except (LookupError, TypeError, ValueError, ArithmeticError) as problem:
            detail = f"{check.spec.case.location}: the reference has no answer: {problem}"
            return Judgement(Outcome.INVALID_CASE, detail=detail, actual=actual)
        if check.aspect is Aspect.DOCUMENTED:
            return _documented(check, actual, answer.get("printed"), reference, machine)
        return self._value(check, call, actual, reference, machine)

    def _value(
        self, check: Check, call: Call, actual: Array, reference: Reference, machine: Machine
    ) -> Judgement:
        judgement = Judgement(Outcome.PASS, actual=actual, expected=reference.value, reference=reference)
        expected_dtype = check.spec.dtype
        if actual.shape != reference.value.shape:
            judgement.outcome, judgement.subtype = Outcome.MISMATCH, Subtype.SHAPE
            judgement.detail = f"shape {list(actual.shape)}, expected {list(reference.value.shape)}"
        elif dtype_name(actual.dtype) != expected_dtype:
            judgement.outcome, judgement.subtype = Outcome.MISMATCH, Subtype.DTYPE
            judgement.detail = f"dtype {dtype_name(actual.dtype)}, expected {expected_dtype}"
        else:
            self._numbers(check, call, judgement, machine)
        return judgement

    def _numbers(self, check: Check, call: Call, judgement: Judgement, machine: Machine) -> None:
        """Fill in the outcome of numbers of the right shape and dtype."""
        assert isinstance(judgement.actual, np.ndarray)
        assert judgement.reference is not None
        comparison = self._references.compare(judgement.reference, judgement.actual, machine)
        judgement.comparison = comparison
        conventions = check.spec.operator.conventions
        judgement.outcome = comparison.outcome
        if judgement.outcome is not Outcome.MISMATCH:
            judgement.conventions = {
                name: conventions[name].reference for name in check.spec.case.conventions
            }
            if judgement.outcome is Outcome.VACUOUS:
                judgement.detail = (
                    f"no element can be judged in {check.spec.dtype}: the allowance exceeds the value"
                )
            return
        followed = self._convention(check, call, judgement.actual, machine)
        if followed:
            judgement.subtype = Subtype.CONVENTION
            judgement.conventions = followed
            judgement.deviating = ", ".join(
                f"{name}={choice}"
                for name, choice in followed.items()
                if choice != conventions[name].reference
            )
            return
        degraded = None
        if comparison.subtype is Subtype.VALUE:  # an infinity or a NaN is no loss of accuracy
            degraded = self._degraded(check, call, judgement.actual, comparison, machine)
        if degraded:
            judgement.outcome, judgement.detail = Outcome.DEGRADED, degraded
            return
        judgement.subtype = comparison.subtype
        judgement.hypothesis = self._explainer.explain(call, judgement.actual, judgement.reference)

    def _convention(self, check: Check, call: Call, actual: Array, machine: Machine) -> dict[str, str] | None:
        """The documented conventions under which `actual` is right, one of them not the reference's."""
        known = check.spec.operator.conventions
        names = check.spec.case.conventions
        usual = {name: known[name].reference for name in names}
        for name in names:
            for choice in known[name].choices:
                if choice == usual[name]:
                    continue
                try:
                    other = self._references.evaluate(call, machine, conventions={name: choice})
                except ValueError:
                    continue  # a convention may be to refuse the call
                if other.value.shape == actual.shape and not judge_by(other, actual, machine).mismatched:
                    return {**usual, name: choice}
        return None

    def _degraded(
        self, check: Check, call: Call, actual: Array, judged: Comparison, machine: Machine
    ) -> str | None:
        """Which accepted loss of accuracy explains `actual`, with the digits it costs; None if none does."""
        primary = self._references.primary(call, machine)
        assert judged.mismatches is not None
        for name, options in self._losses(check):
            wider = self._references.evaluate(call, machine, certified=False, **options)
            comparison = judge_by(replace(primary, bound=wider.bound), actual, machine)
            # Unlike a pass, a loss of accuracy is only one where something of the value is left.
            smallest = format_of(check.spec.dtype).smallest_subnormal
            told_apart = 2.0 * wider.bound + 2.0 * smallest < np.abs(primary.value)
            if not comparison.mismatched and bool(np.all(told_apart | ~judged.mismatches)):
                ratio = judged.max_bound_ratio
                lost = (
                    f", {np.log10(ratio):.1f} digits beyond the bound" if ratio and np.isfinite(ratio) else ""
                )
                return f"{name}{lost}"
        return None

    def _losses(self, check: Check) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "naive summation", {"summation": "naive"}
        narrow = check.spec.dtype in ("float16", "bfloat16")
        if narrow:
            yield f"{check.spec.dtype} accumulator", {"accumulator": "narrow"}
            yield (
                f"naive summation in a {check.spec.dtype} accumulator",
                {
                    "summation": "naive",
                    "accumulator": "narrow",
                },
            )
        for name in self._references.formula(check.spec.operator.name).alternatives:
            yield f"the {name} formula, which cancels", {"function": name}


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


def _missing(check: Check, message: str, version: str) -> Judgement:
    if check.api.versions:
        try:
            if Version(version) not in SpecifierSet(check.api.versions, prereleases=True):
                return Judgement(Outcome.UNSUPPORTED, detail=f"needs {check.api.versions}; {message}")
        except (InvalidVersion, InvalidSpecifier):
            pass  # a version that PEP 440 cannot order settles nothing
    return Judgement(Outcome.INVALID_CASE, detail=f"{check.api.location}: {message}")


def _either(check: Check) -> str:
    return " or ".join(check.raises) or "Exception"


def _raised(check: Check, exception: Mapping[str, Any]) -> Judgement:
    told = _told(exception)
    if check.aspect is Aspect.ERROR:
        expected = {"exception": _either(check)}
        if not check.raises or not set(check.raises).isdisjoint(exception["mro"]):
            return Judgement(
                Outcome.PASS, detail=f"refused with {told}", expected=expected, exception=exception
            )
        if check.declared is None and not check.undocumented:
            detail = f"{_either(check)} is documented, got {told}"
            return Judgement(Outcome.WRONG_ERROR, detail=detail, expected=expected, exception=exception)
    if check.declared is not None:
        return Judgement(Outcome.UNSUPPORTED, detail=f"{check.declared}; {told}", exception=exception)
    if check.undocumented:
        missing = ", ".join(check.undocumented)
        return Judgement(
            Outcome.UNSUPPORTED, detail=f"not documented: {missing}; {told}", exception=exception
        )
    return Judgement(Outcome.ERROR, detail=told, exception=exception)
