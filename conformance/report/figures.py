"""Numbers as a reader wants them: exact in decimal and hexadecimal, or short."""

from __future__ import annotations

import math
from collections.abc import Sequence

from conformance.results import Number, ScalarForm, number, scalar


def decimal(form: Number | None) -> str:
    """The exact number, in the fewest decimal digits that mean it; a sign's place is kept free."""
    if form is None:
        return " -"
    if isinstance(form, (bool, int)):
        return f" {form}" if form >= 0 else str(form)
    value = number(form)
    return repr(value) if math.copysign(1.0, value) < 0 and value == value else f" {value!r}"


def hexadecimal(form: Number | None) -> str:
    """The exact number as C and Python write hexadecimal floats, without trailing zeros."""
    if form is None or isinstance(form, bool):
        return " -"
    text = hex_float(number(form))
    return text if text.startswith("-") else f" {text}"


def hex_float(value: float) -> str:
    """`float.hex` without trailing zeros; `float.fromhex` reads it back."""
    text = value.hex()
    if "p" not in text:
        return text
    mantissa, exponent = text.split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{exponent}"


def short(form: Number | None, digits: int = 3) -> str:
    """About `digits` significant digits."""
    if form is None:
        return "-"
    value = number(form)
    if math.isfinite(value) and value == int(value):
        return str(int(value)) if abs(value) < 10**6 else f"{value:.{digits}g}"
    return f"{value:.{digits}g}"


def multiple(form: Number | None) -> str:
    """How often the allowance goes into the error: `4.1e+03 times the allowance`."""
    if form is None:
        return "-"
    value = number(form)
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "beyond any allowance (a NaN or an infinity where a number is right, or the reverse)"
    return f"{short(form)} times the allowance"


def shape_words(shape: Sequence[int]) -> str:
    """A shape as Python writes a tuple."""
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"


def index_words(index: Sequence[int]) -> str:
    """An index as it is written in code; the only element of a 0-d output has none."""
    return f"[{', '.join(map(str, index))}]" if index else "the only element"


def scalar_words(form: ScalarForm) -> str:
    """An argument as Python writes it."""
    return repr(scalar(form))


def duration(seconds: Number) -> str:
    """Seconds in the unit that suits them."""
    value = number(seconds)
    if not math.isfinite(value):
        return "-"
    for limit, unit, scale in ((1e-3, "us", 1e6), (1.0, "ms", 1e3)):
        if value < limit:
            return f"{value * scale:.3g} {unit}"
    return f"{value:.3g} s" if value < 100 else f"{value:.0f} s"


def plural(count: int, noun: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
