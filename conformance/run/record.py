"""A judgement becomes the record that is written to the results file."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.model import Aspect, Check, Outcome
from conformance.plan import Call
from conformance.reference import components, condition
from conformance.results import (
    CheckRecord,
    ErrorForm,
    GradientForm,
    Source,
    ValueForm,
    array_form,
    number_form,
)
from conformance.results.arrays import SMALL
from conformance.run.forms import Forms
from conformance.run.judgement import Judgement
from conformance.run.references import References, inputs_of
from conformance.run.request import Styles
from conformance.run.shared import Shared
from conformance.run.sweep import sweep_form

Array = np.ndarray[Any, Any]

_EXPECTED = ("expected", None)
_REFUSAL = 600  # characters kept of a refusal's message, which frameworks follow with their own call stack
_BIAS = {1.0: "high", -1.0: "low"}


def _source(check: Check) -> Source | None:
    case = check.spec.case
    key = case.document
    if check.aspect is Aspect.DOCUMENTED:
        key = case.printed.document if case.printed else case.formula_document
    elif check.aspect is Aspect.ERROR and check.raises:
        key = check.api.document
    if key is None:
        return None
    document = check.spec.operator.documents[key]
    return {"title": document.title, "version": document.version, "url": document.url}


def fingerprint(judgement: Judgement) -> str | None:
    """What makes a failure the same failure, hashed; None where there is none."""
    if judgement.outcome in (Outcome.PASS, Outcome.UNSUPPORTED, Outcome.NOT_RUN, Outcome.OBSERVED):
        return None
    parts = [
        judgement.outcome,
        judgement.subtype,
        judgement.deviating,
        judgement.hypothesis.name if judgement.hypothesis else None,
        judgement.comparison.pattern if judgement.comparison else None,
        judgement.exception["class"] if judgement.exception else None,
    ]
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12]


class Recorder:
    """Makes records; what all checks of one call share is made once."""

    def __init__(self, references: References) -> None:
        self.styles = Styles()
        self._references = references
        self._forms = Forms(self.styles)
        self._shared = Shared()

    def prepare(self, call: Call, expected: Array) -> None:
        """Make the forms of the inputs of `call` and of its reference value, ahead of any result."""
        self._forms.inputs(call, whole=False)
        if expected.size <= SMALL:
            self._shared.get(expected, _EXPECTED, expected.nbytes, partial(array_form, expected))

    def record(
        self, check: Check, call: Call | None, judgement: Judgement, *, version: str, seconds: float, log: str
    ) -> CheckRecord:
        """The record of `check`; `call` is None where its inputs were never made."""
        spec, hypothesis = check.spec, judgement.hypothesis
        actual, error = self._returned(check, call, judgement)
        record: CheckRecord = {
            "kind": "check",
            "id": check.id,
            "operator": spec.operator.name,
            "case": spec.case.id,
            "variant": check.variant,
            "api": check.api.name,
            "framework": check.api.framework,
            "environment": check.environment,
            "framework_version": version,
            "dtype": spec.dtype,
            "device": check.device,
            "mode": check.mode,
            "aspect": check.aspect_word,
            "level": str(check.level),
            "oracle": str(check.oracle),
            "features": list(check.features),
            "undocumented": list(check.undocumented),
            "declared": check.declared,
            "stale_declaration": judgement.stale_declaration,
            "call": call.key if call else "",
            "call_style": self._forms.style(check),
            "gradient": self._gradient(check, call, judgement),
            "attributes": self._forms.attributes(spec),
            "inputs": self._forms.inputs(call, _whole(judgement)) if call else {},
            "location": str(spec.case.location),
            "summary": spec.case.summary,
            "source": _source(check),
            "outcome": str(judgement.outcome),
            "subtype": str(judgement.subtype) if judgement.subtype else None,
            "convention": judgement.deviating,
            "conventions": judgement.conventions,
            "detail": judgement.detail,
            "actual": actual,
            "expected": self._expected(judgement),
            "error": error,
            "hypothesis": {"name": hypothesis.name, "text": hypothesis.text} if hypothesis else None,
            "exception": _exception_form(judgement),
            "log": log,
            "minimised": None,
            "seconds": round(seconds, 7),
            "fingerprint": fingerprint(judgement),
        }
        sweep = sweep_form(call, judgement) if call else None
        if sweep is not None:
            record["sweep"] = sweep
        return record

    def _gradient(self, check: Check, call: Call | None, judgement: Judgement) -> GradientForm | None:
        if check.of is None or call is None or judgement.upstream is None:
            return None
        upstream = self._forms.upstream(call, judgement.upstream, _whole(judgement))
        return {"of": check.of, "inputs": list(check.spec.case.gradients), "upstream": upstream}

    def _returned(
        self, check: Check, call: Call | None, judgement: Judgement
    ) -> tuple[ValueForm | None, ErrorForm | None]:
        """What came back, and how far it is from the reference; shared by all who returned the same."""
        if call is None:
            return _value_form(judgement.actual, judgement), None

        def make() -> tuple[ValueForm | None, ErrorForm | None]:
            return _value_form(judgement.actual, judgement), self._error(check, call, judgement)

        if judgement.comparison is None or judgement.comparison.mismatched:
            return make()
        return self._shared.get(judgement.comparison, "returned", 0, make)

    def _expected(self, judgement: Judgement) -> ValueForm | None:
        value, make = judgement.expected, partial(_value_form, judgement.expected, judgement)
        comparison = judgement.comparison
        if comparison is None or comparison.mismatched or not isinstance(value, np.ndarray):
            return make()
        # A large array is told by a sample, which has the element that is worst in this result.
        kind = _EXPECTED if value.size <= SMALL else ("expected", comparison.worst_index)
        return self._shared.get(value, kind, value.nbytes, make)

    def _error(self, check: Check, call: Call, judgement: Judgement) -> ErrorForm | None:
        comparison = judgement.comparison
        if comparison is None:
            return None
        # Where all that is wrong is not finite, there is no distance to tell.
        told = not comparison.mismatched or comparison.max_bound_ratio > 1.0
        form: ErrorForm = {
            "max_abs": number_form(comparison.max_abs) if told else None,
            "max_rel": number_form(comparison.max_rel) if told else None,
            "max_ulp": number_form(comparison.max_ulp) if told else None,
            "max_bound_ratio": number_form(comparison.max_bound_ratio) if told else None,
            "mismatched": comparison.mismatched,
            "vacuous": comparison.vacuous,
            "total": comparison.total,
            "pattern": comparison.pattern,
            "bias": _BIAS.get(comparison.sign_bias or 0.0),
            "worst_index": list(comparison.worst_index) if comparison.worst_index is not None else None,
            "worst_actual": None,
            "worst_expected": None,
            "worst_inputs": {},
            "allowance": None,
            "bound": None,
            "condition": None,
        }
        if comparison.mismatched and comparison.worst_index is not None:
            self._explain_worst(check, call, judgement, comparison.worst_index, form)
        return form

    def _explain_worst(
        self, check: Check, call: Call, judgement: Judgement, index: tuple[int, ...], form: ErrorForm
    ) -> None:
        """Fill in what belongs to the worst element alone."""
        reference = judgement.reference
        assert reference is not None
        assert isinstance(judgement.actual, np.ndarray)
        inputs, upstream = inputs_of(call), judgement.upstream
        formula = self._references.formula(call.spec.operator.name)
        form["worst_actual"] = number_form(float(judgement.actual[index]))
        form["worst_expected"] = number_form(float(reference.value[index]))
        for name, array in inputs.items():
            if array.shape == reference.value.shape:
                form["worst_inputs"][name] = number_form(float(array[index]))
        if upstream is not None and upstream.shape in ((), reference.value.shape):
            own = upstream[index] if upstream.ndim else upstream
            form["worst_inputs"]["upstream"] = number_form(float(own))
        smallest = format_of(reference.dtype).smallest_subnormal
        form["allowance"] = number_form(2.0 * float(reference.bound[index]) + 2.0 * float(smallest))
        asked: dict[str, Any] = {"of": check.of, "upstream": upstream}
        parts = components(formula, inputs, call.spec.attributes, call.spec.dtype, **asked)
        form["bound"] = {
            "elementwise": number_form(float(parts.elementwise[index])),
            "accumulation": number_form(float(parts.accumulation[index])),
            "output": number_form(float(parts.output[index])),
        }
        amplified = condition(formula, inputs, call.spec.attributes, **asked)
        form["condition"] = number_form(float(amplified[index]))


def _whole(judgement: Judgement) -> bool:
    """Whether a record keeps the numbers that a generator has made, and not their hash alone."""
    return judgement.outcome not in (Outcome.PASS, Outcome.UNSUPPORTED)


def _value_form(value: Any, judgement: Judgement) -> ValueForm | None:
    if not isinstance(value, np.ndarray):
        return value  # type: ignore[no-any-return]  # an object, text or refusal form already
    keep: tuple[int, ...] = ()
    worst = judgement.comparison.worst_index if judgement.comparison else None
    if worst is not None and value.size > SMALL:  # a smaller one is told whole
        keep = (int(np.ravel_multi_index(worst, value.shape)) if worst else 0,)
    return array_form(value, keep=keep)


def _exception_form(judgement: Judgement) -> Any:
    """The exception; how the framework came to it is kept only where it ought not to have been raised."""
    if judgement.exception is None:
        return None
    told = judgement.exception
    unexpected = judgement.outcome in (Outcome.ERROR, Outcome.WRONG_ERROR)
    return {
        "class": told["class"],
        "message": told["message"] if unexpected else told["message"][:_REFUSAL],
        "traceback": told.get("traceback", "") if unexpected else "",
    }
