"""The first line of a report: one plain sentence that says what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from conformance.report.figures import plural, shape_words, short
from conformance.report.visible import clipped, visible
from conformance.results import CheckRecord, ConventionForm, ErrorForm, ValueForm, number

Conventions = Mapping[str, ConventionForm]
LONGEST = 200


def headline(record: CheckRecord, conventions: Conventions | None = None) -> str:
    """What became of the check, in one sentence. `conventions` are the operator's, from the header."""
    say = _SENTENCES.get(record["outcome"], _unknown)
    if record["outcome"] == "mismatch":
        say = _MISMATCHES.get(record["subtype"] or "", _value)
    if record["outcome"] == "mismatch" and record["subtype"] == "convention":
        return _convention(record, conventions or {})
    sentence = visible(say(record))
    if record["stale_declaration"]:
        declared = visible(record["declared"] or "")
        sentence += f" It is declared unsupported ({declared}), which is stale."
    return sentence


def _api(record: CheckRecord) -> str:
    """What a sentence is about: an API, in a mode other than eager, or one of its gradients."""
    name = record["api"] if record["mode"] == "eager" else f"{record['api']} in {record['mode']} mode"
    kind, _, of = record["aspect"].partition(":")
    return f"The gradient of {name} with respect to {of}" if kind == "gradient" else name


def _detail(record: CheckRecord) -> str:
    text = (record["detail"] or "").strip().split("\n")[0]
    return clipped(text, LONGEST) if text else "no reason is recorded"


def wrong_elements(error: ErrorForm) -> str:
    """How many elements are wrong: `3 of 15 elements`."""
    return f"{error['mismatched']:,} of {plural(error['total'], 'element')}"


def _far(error: ErrorForm) -> str:
    ratio = error["max_bound_ratio"]
    if ratio is None or not math.isfinite(number(ratio)):
        return "by more than any rounding explains"
    return f"by {short(ratio)} times what rounding explains"


def _value(record: CheckRecord) -> str:
    error = record["error"]
    if error is None:
        return f"{_api(record)} returns a wrong value: {_detail(record)}."
    if error["total"] == 1:
        return f"{_api(record)} returns a wrong value: it is off {_far(error)}."
    return f"{_api(record)} returns wrong values: {wrong_elements(error)} differ, the worst {_far(error)}."


def _worst_words(error: ErrorForm) -> tuple[str, str]:
    return short(error["worst_actual"]), short(error["worst_expected"])


def _nonfinite(record: CheckRecord) -> str:
    error = record["error"]
    if error is None or error["worst_actual"] is None:
        return f"{_api(record)} returns NaN or infinity where a number is right, or the reverse."
    actual, expected = _worst_words(error)
    where = "" if error["total"] == 1 else f" ({wrong_elements(error)} differ)"
    return f"{_api(record)} returns {actual} where {expected} is right{where}."


def _overflow(record: CheckRecord) -> str:
    error = record["error"]
    if error is None or error["worst_actual"] is None:
        return f"{_api(record)} overflows on the way to a result that {record['dtype']} can hold."
    actual, expected = _worst_words(error)
    return (
        f"{_api(record)} overflows on the way: it returns {actual}, though {record['dtype']} "
        f"can hold the result, {expected}."
    )


def _convention(record: CheckRecord, conventions: Conventions) -> str:
    parts = []
    for deviation in (record["convention"] or "").split(", "):
        name, _, choice = deviation.partition("=")
        choice = choice or record["conventions"].get(name, "another choice")
        known = conventions.get(name)
        if known is None:
            parts.append(f"for {visible(name)} it takes {visible(choice)}")
        else:
            question, usual = visible(known["question"]), visible(known["reference"])
            parts.append(f'to "{question}" it answers {visible(choice)}, the reference {usual}')
    return f"{visible(_api(record))} follows another convention: {'; '.join(parts)}."


def _gradient(record: CheckRecord) -> str:
    error = record["error"]
    if error is None:
        return f"{_api(record)} is wrong: {_detail(record)}."
    where = "" if error["total"] == 1 else f" ({wrong_elements(error)} differ)"
    ends = (error["worst_actual"], error["worst_expected"])
    if any(end is not None and not math.isfinite(number(end)) for end in ends):
        actual, expected = _worst_words(error)
        return f"{_api(record)} is {actual} where {expected} is right{where}."
    if error["total"] == 1:
        return f"{_api(record)} is wrong: it is off {_far(error)}."
    return f"{_api(record)} is wrong: {wrong_elements(error)} differ, the worst {_far(error)}."


def _missing_gradient(record: CheckRecord) -> str:
    how = "zero throughout, where it is not" if record["actual"] is not None else "missing: there is none"
    return f"{_api(record)} is {how}."


def form_shape(form: ValueForm | None) -> str:
    """The shape of a value, or what else it is."""
    if form is None:
        return "nothing"
    if "shape" in form:
        return shape_words(form["shape"])
    if "type" in form:
        return form["type"]
    return "a text"


def _shape(record: CheckRecord) -> str:
    if record["aspect"].startswith("gradient"):
        return f"{_api(record)} is wrong: {_detail(record)}."
    actual, expected = form_shape(record["actual"]), form_shape(record["expected"])
    return f"{_api(record)} returns shape {actual} where {expected} is right."


def _dtype(record: CheckRecord) -> str:
    if record["aspect"].startswith("gradient"):
        return f"{_api(record)} is wrong: {_detail(record)}."
    actual = record["actual"]
    if actual is not None and "dtype" in actual:
        return f"{_api(record)} returns {actual['dtype']} where {record['dtype']} is right."
    if actual is not None and "type" in actual:
        return f"{_api(record)} returns {actual['type']}, no tensor."
    return f"{_api(record)} returns something of another type: {_detail(record)}."


def _documented(record: CheckRecord) -> str:
    actual, expected = record["actual"], record["expected"]
    if actual is not None and "text" in actual and expected is not None and "text" in expected:
        got, printed = (clipped(" ".join(form["text"].split()), 80) for form in (actual, expected))
        return f"{_api(record)} prints {got} where its document prints {printed}."
    return f"{_api(record)} does not compute what its document says: {_detail(record)}."


def _pass(record: CheckRecord) -> str:
    error = record["error"]
    if record["aspect"] == "error":
        return f"{_api(record)} refuses, as it should: {_detail(record)}."
    if error is None or error["max_bound_ratio"] is None:
        return f"{_api(record)} agrees."
    used = number(error["max_bound_ratio"])
    return f"{_api(record)} agrees with the reference; its worst element uses {used:.0%} of the allowance."


def _degraded(record: CheckRecord) -> str:
    return f"{_api(record)} is less accurate than it need be, though not wrong: {_detail(record)}."


def _expected_exception(record: CheckRecord) -> str:
    expected = record["expected"]
    name = expected["exception"] if expected is not None and "exception" in expected else "Exception"
    return "any error" if name == "Exception" else name


def _not_rejected(record: CheckRecord) -> str:
    return f"{_api(record)} returns a value where it ought to refuse ({_expected_exception(record)} is due)."


def _raised(record: CheckRecord) -> str:
    told = record["exception"]
    if told is None:
        return _detail(record)
    first = next((line.strip() for line in told["message"].splitlines() if line.strip()), "no message")
    return f"{told['class']}: {clipped(first, LONGEST)}"


def _wrong_error(record: CheckRecord) -> str:
    told = record["exception"]
    name = told["class"] if told is not None else "another exception"
    return f"{_api(record)} refuses with {name} where {_expected_exception(record)} is documented."


def _error(record: CheckRecord) -> str:
    return f"{_api(record)} raises {_raised(record)}"


def _crash(record: CheckRecord) -> str:
    return f"{_api(record)} takes its process down: {_detail(record)}."


def _timeout(record: CheckRecord) -> str:
    return f"{_api(record)} does not come back: {_detail(record)}."


def _unsupported(record: CheckRecord) -> str:
    if record["declared"] is not None:
        return f"{_api(record)} does not support this, as declared: {record['declared']}."
    return f"{_api(record)} refuses what its documentation does not promise: {_detail(record)}."


def _vacuous(record: CheckRecord) -> str:
    dtype = record["dtype"]
    return f"{_api(record)} cannot be judged in {dtype}: the allowance is as large as the result."


def _harness_error(record: CheckRecord) -> str:
    lines = [line.strip() for line in (record["detail"] or "").splitlines() if line.strip()]
    last = clipped(lines[-1], LONGEST) if lines else "no reason is recorded"
    return f"The suite itself failed, not {record['framework']}: {last}"


def _invalid_case(record: CheckRecord) -> str:
    return f"The case is invalid: {_detail(record)}"


def _not_run(record: CheckRecord) -> str:
    return f"{_api(record)} was not run: {_detail(record)}."


def _observed(record: CheckRecord) -> str:
    return f"{_api(record)} returns a value that nothing says is right or wrong; it is recorded."


def _unknown(record: CheckRecord) -> str:
    return f"{_api(record)}: {record['outcome']}"


_Sentence = Callable[[CheckRecord], str]

_SENTENCES: dict[str, _Sentence] = {
    "pass": _pass,
    "degraded": _degraded,
    "not_rejected": _not_rejected,
    "wrong_error": _wrong_error,
    "unsupported": _unsupported,
    "error": _error,
    "crash": _crash,
    "timeout": _timeout,
    "vacuous": _vacuous,
    "harness_error": _harness_error,
    "invalid_case": _invalid_case,
    "not_run": _not_run,
    "observed": _observed,
}

_MISMATCHES: dict[str, _Sentence] = {
    "value": _value,
    "nonfinite": _nonfinite,
    "intermediate_overflow": _overflow,
    "gradient": _gradient,
    "missing_gradient": _missing_gradient,
    "shape": _shape,
    "dtype": _dtype,
    "documented": _documented,
}
