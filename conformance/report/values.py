"""Inputs and outputs in a few words."""

from __future__ import annotations

from conformance.report.figures import scalar_words, shape_words, short
from conformance.report.visible import clipped
from conformance.results import InputForm, ValueForm

SHOWN = 12  # elements


def input_words(form: InputForm) -> str:
    """Shape, dtype where it is an input's own, layout, generator; or the plain value."""
    if "raw" in form:
        kind = f"numpy.ndarray of {form.get('dtype', '?')}" if form["ndarray"] else "no tensor"
        return f"{clipped(scalar_words(form['raw']), 60)} ({kind})"
    words = shape_words(form["shape"])
    if not form["dtype"].startswith(("float", "bfloat")):
        words += f" {form['dtype']}"
    if form["layout"] != "contiguous":
        words += f" {form['layout']}"
    generator = form.get("generator")
    return words if generator is None else f"{words} {generator['name']} seed {generator['seed']}"


def value_words(form: ValueForm | None) -> str | None:
    """What a call returned or ought to return: dtype, shape and the first elements, or its text."""
    if form is None:
        return None
    if "exception" in form:
        return "any error" if form["exception"] == "Exception" else f"{form['exception']} raised"
    if "text" in form:
        return form["text"]
    if "type" in form:
        return f"{form['type']}: {clipped(form['repr'], 200)}"
    values = form["values"] if "values" in form else form["sample"]["values"] if "sample" in form else []
    first = ", ".join(short(value, 6) for value in values[:SHOWN])
    more = ", ..." if len(values) > SHOWN or "values" not in form else ""
    return f"{form['dtype']} {shape_words(form['shape'])}: {first}{more}"
