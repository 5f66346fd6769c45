"""Unquoted YAML text as people mean it: numbers, true, false, null, or text."""

from __future__ import annotations

import math
import re

from conformance.casefile.tree import Doubtful
from conformance.model import Scalar

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BARE_SPECIAL = re.compile(r"([-+]?)\.?(inf(?:inity)?|nan)", re.IGNORECASE)
_PREFIXED = re.compile(r"([-+]?)0([xob])([0-9a-f_]+)", re.IGNORECASE)
_CLOCK = re.compile(r"[-+]?[0-9]{1,9}(:[0-5]?[0-9]){1,3}")
_BASES = {"x": 16, "o": 8, "b": 2}
_MAX_DIGITS = 400  # more cannot be a number that any dtype holds, and int() takes quadratic time
_MAX_SHOWN = 40
_NUMERIC_START = frozenset("+-.0123456789")

_WORDS: dict[str, Scalar] = {"null": None, "~": None, "true": True, "false": False}
_YES = ("y", "yes", "on", "true")
_NO = ("n", "no", "off", "false")
_DOUBTFUL_WORDS = {
    **{form: "true" for word in _YES for form in (word, word.title(), word.upper()) if form != "true"},
    **{form: "false" for word in _NO for form in (word, word.title(), word.upper()) if form != "false"},
    **dict.fromkeys(("None", "Null", "NULL"), "null"),
}


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar: None, bool, int, float, str, or Doubtful text with its fix.

    `1e-7`, `1.5e3`, `-.5`, `+1`, `.inf`, `-.inf` and `.nan` are numbers; `null` and `~` are null; only
    `true` and `false` are booleans. `-0` is the negative zero. What other readers take for a number, a
    boolean or null (`010`, `1_000`, `0x1F`, `1:30`, `nan`, `yes`, `None`) is Doubtful.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] in _NUMERIC_START:
        return _numeric(text)
    if text in _DOUBTFUL_WORDS:
        return Doubtful(text, f"write {_DOUBTFUL_WORDS[text]}")
    return _bare_special(text)


def _numeric(text: str) -> Scalar:
    if _NUMBER.fullmatch(text):
        return _doubt(text, "without leading zeros") if _LEADING_ZERO.match(text) else _number(text)
    special = _SPECIAL.fullmatch(text)
    if special:
        return math.nan if special.group(3) else float(special.group(1) + "inf")
    if "_" in text and _NUMBER.fullmatch(text.replace("_", "")):
        return _doubt(text.replace("_", ""), "without underscores", text)
    if _CLOCK.fullmatch(text):
        return Doubtful(text, "write the number out")
    prefixed = _PREFIXED.fullmatch(text)
    return _other_base(text, *prefixed.groups()) if prefixed else _bare_special(text)


def _number(text: str) -> Scalar:
    if len(text) > _MAX_DIGITS:
        return Doubtful(text, "write it with fewer digits")
    if _INTEGER.fullmatch(text) and not (text[0] == "-" and text[1] == "0"):
        value: int | float = int(text)
        finite = abs(value) < 1 << 1023 or math.isfinite(_to_float(int(text)))
    else:
        value = float(text)
        finite = math.isfinite(value)
    if not finite:
        return Doubtful(text, "it is larger than any float64: write .inf")
    if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        return Doubtful(text, "it is smaller than any float64: write 0.0")
    return value


def _to_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _doubt(number: str, how: str, text: str | None = None) -> Doubtful:
    digits = number.lstrip("+-")
    sign = number[: len(number) - len(digits)]
    mended = digits.lstrip("0")
    mended = sign + (mended if mended[:1].isdigit() else "0" + mended)
    shown = f"write {mended}, {how}" if len(mended) <= _MAX_SHOWN else f"write it {how}"
    return Doubtful(number if text is None else text, shown)


def _other_base(text: str, sign: str, letter: str, digits: str) -> str:
    try:
        value = int(sign + digits.strip("_"), _BASES[letter.lower()]) if len(digits) <= 32 else None
    except ValueError:
        return text
    return Doubtful(text, (f"write {value}" if value is not None else "write it in decimal"))


def _bare_special(text: str) -> str:
    special = _BARE_SPECIAL.fullmatch(text)
    if not special:
        return text
    word = ".nan" if special.group(2).lower() == "nan" else special.group(1).replace("+", "") + ".inf"
    return Doubtful(text, f"write {word}")
