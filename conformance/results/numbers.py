"""Numbers and scalars in JSON: nothing is lost, and every line is strict JSON."""

from __future__ import annotations

import math
from typing import Any

from conformance.model import NamedCallable
from conformance.results.record import Number, ScalarForm

_NONFINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def number_form(value: float) -> Number:
    """`value` as a JSON number, or as "NaN", "Infinity", "-Infinity"."""
    if value - value == 0:
        return value
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def number(form: Number) -> float:
    """The number that `number_form` wrote. Raises ValueError for any other text."""
    if isinstance(form, str):
        try:
            return _NONFINITE[form]
        except KeyError:
            raise ValueError(f"not a number: {form[:40]!r}") from None
    try:
        return float(form)
    except OverflowError:
        return math.inf if form > 0 else -math.inf


def scalar_form(value: Any) -> ScalarForm:
    """A Python value passed as an argument; a non-finite float becomes {"float": "NaN"}.

    A function becomes {"callable": name}, lists and tuples become lists. Raises TypeError for anything else.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else {"float": str(number_form(value))}
    if isinstance(value, (list, tuple)):
        return [scalar_form(item) for item in value]
    if isinstance(value, NamedCallable):
        return {"callable": value.callable}
    raise TypeError(f"no JSON form for an argument of type {type(value).__name__}")


def scalar(form: ScalarForm) -> Any:
    """The Python value that `scalar_form` wrote."""
    if isinstance(form, dict):
        return NamedCallable(form["callable"]) if "callable" in form else number(form["float"])
    if isinstance(form, list):
        return [scalar(item) for item in form]
    return form
