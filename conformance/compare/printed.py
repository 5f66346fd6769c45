"""Printed text: a document's example against the framework's own, and against the reference.

The text may come from anywhere. It is scanned once, left to right, without recursion and without
expressions that backtrack; no text raises.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Words first, so that the digits of `float32` are no number; `nan` and `inf` are numbers all the same.
_TOKEN = re.compile(
    r"(?P<number>[+-]?(?:(?:nan|inf(?:inity)?)(?![A-Za-z0-9_.])|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?))"
    r"|(?P<word>[a-z_][a-z0-9_.]*)"
    r"|(?P<ellipsis>\.\.\.)"
    r"|(?P<mark>[\[\](),=<>])",
    re.IGNORECASE | re.ASCII,
)
_OPENING, _CLOSING = "[(<", "])>"
_ROUNDING_SLACK = 1e-9  # of half a unit, for the float64 arithmetic in here
_LARGEST_EXPONENT = 400


@dataclass(frozen=True, slots=True)
class Printed:
    """The numbers of a printed text, in order, with the place value of each one's last digit.

    `layout` is what lies between: brackets, and an ellipsis where the print left some out. A number that
    ends in an ellipsis is cut off there, `0.20...`, so that it may be a whole unit larger.
    """

    numbers: tuple[float, ...]
    units: tuple[float, ...]
    layout: str


@dataclass(frozen=True, slots=True)
class PrintedComparison:
    """Whether two prints agree: `exact`ly, or in every number; `detail` says where they do not.

    `worst_units` is the largest difference in units of the last printed digit.
    """

    passed: bool
    exact: bool
    worst_units: float
    detail: str


def parse_printed(text: str) -> Printed:
    """Read the numbers of a printed array, tensor or scalar.

    Keyword arguments such as `dtype=oneflow.float32` are skipped, except `value=`.
    """
    numbers: list[float] = []
    units: list[float] = []
    layout: list[str] = []
    depth, skipping, word, end = 0, None, "", -1
    for token in _TOKEN.finditer(text):
        kind, part = token.lastgroup, token.group()
        if kind == "mark" and part in _OPENING:
            depth += 1
        elif kind == "mark" and part in _CLOSING:
            depth -= 1
        if skipping is not None:
            # The argument ends at a comma of its own depth, or where the call around it closes.
            if depth > skipping or (depth == skipping and part != ","):
                continue
            skipping = None
        if kind == "number":
            numbers.append(float(part))
            units.append(_last_place(part))
            layout.append("#")
            end = token.end()
        elif kind == "ellipsis" and token.start() == end:
            units[-1] *= 2  # half of which is accepted
        elif part == "=" and word and word.lower() != "value":
            skipping = depth
        elif part in "[]" or kind == "ellipsis":
            layout.append(part)
        word = part if kind == "word" else ""
    return Printed(tuple(numbers), tuple(units), "".join(layout))


def compare_printed(documented: str, actual: str) -> PrintedComparison:
    """Compare what a document printed with what the framework prints.

    Equal text, white space aside, is exact. Else the brackets must agree, and each number to half a
    unit of the last digit that the coarser of the two prints.
    """
    if documented.split() == actual.split():
        return PrintedComparison(True, True, 0.0, "")
    wanted, got = parse_printed(documented), parse_printed(actual)
    if wanted.layout != got.layout or not wanted.layout:
        detail = f"printed {_short(actual)}, documented {_short(documented)}: not the same layout"
        return PrintedComparison(False, False, math.inf, detail)
    units = tuple(max(pair) for pair in zip(wanted.units, got.units, strict=True))
    return _compared(wanted.numbers, got.numbers, units, "printed")


def compare_documented(documented: str, value: NDArray[Any]) -> PrintedComparison:
    """Compare a document's printed numbers with the reference's (float64 or narrower, any shape).

    Each must agree to half a unit of the last printed digit; `exact` is never claimed.
    """
    wanted = parse_printed(documented)
    values = np.asarray(value, dtype=np.float64)
    layout = _layout(values.shape)
    if wanted.layout != layout:
        detail = f"documented {_short(documented)}: not the layout of shape {values.shape}"
        return PrintedComparison(False, False, math.inf, detail)
    return _compared(wanted.numbers, tuple(values.ravel().tolist()), wanted.units, "reference")


def _compared(
    wanted: tuple[float, ...], got: tuple[float, ...], units: tuple[float, ...], name: str
) -> PrintedComparison:
    worst, place = 0.0, None
    for index, (a, b, unit) in enumerate(zip(wanted, got, units, strict=True)):
        distance = _distance(a, b, unit)
        if distance > worst:
            worst, place = distance, index
    if worst <= 0.5 * (1 + _ROUNDING_SLACK) or place is None:
        return PrintedComparison(True, False, worst, "")
    detail = f"number {place}: {name} {got[place]!r}, documented {wanted[place]!r}"
    return PrintedComparison(False, False, worst, detail)


def _distance(a: float, b: float, unit: float) -> float:
    """How far a and b are apart in units; NaN is 0 from NaN, and infinitely far from numbers."""
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    distance = abs(a - b) / unit
    return math.inf if math.isnan(distance) else distance


def _last_place(number: str) -> float:
    """The place value of a printed number's last digit (1 for nan and inf): 1e-4 for `1.3514`."""
    mantissa, _, exponent = number.lower().partition("e")
    if not any(digit in "0123456789" for digit in mantissa):
        return 1.0
    _, _, decimals = mantissa.partition(".")
    power = _clamped(exponent) - len(decimals)
    return float(f"1e{max(-_LARGEST_EXPONENT, min(power, _LARGEST_EXPONENT))}") or math.ulp(0.0)


def _clamped(exponent: str) -> int:
    """An exponent as an integer, however many digits it has."""
    digits = exponent.lstrip("+-").lstrip("0")
    size = int(digits) if digits and len(digits) < 9 else (10**9 if digits else 0)
    return -size if exponent.startswith("-") else size


def _layout(shape: tuple[int, ...]) -> str:
    layout = "#"
    for length in reversed(shape):
        layout = f"[{layout * length}]"
    return layout


def _short(text: str) -> str:
    line = " ".join(text[:200].split())
    return repr(line if len(line) <= 60 else f"{line[:57]}...")
