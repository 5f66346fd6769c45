"""Values as Python source, bit for bit, and so that no text from a record can become code."""

from __future__ import annotations

import keyword
import math
import re
import textwrap
from collections.abc import Iterable
from typing import Any

from conformance.model import NamedCallable
from conformance.report.figures import hex_float
from conformance.report.visible import visible
from conformance.results import ArrayForm, InputForm, Number, ScalarForm, number, scalar

WIDTH = 96
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CALLABLES = {
    "cosine": "lambda x, y: 1 - (x * y).sum(-1) / ((x * x).sum(-1) * (y * y).sum(-1)) ** 0.5",
    "manhattan": "lambda x, y: abs(x - y).sum(-1)",
    "squared_euclidean": "lambda x, y: ((x - y) * (x - y)).sum(-1)",
}


class NotReproducibleError(Exception):
    """A record does not hold enough for a script; the message says what is missing."""


def literal(form: ScalarForm) -> str:
    """Python source of an argument."""
    return _source(scalar(form))


def _source(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value!r}")'
    if isinstance(value, list):
        return f"[{', '.join(map(_source, value))}]"
    if isinstance(value, NamedCallable):
        if value.callable not in _CALLABLES:
            raise NotReproducibleError(f"scripts know no function {visible(value.callable)!r}")
        return _CALLABLES[value.callable]
    return ascii(value)


def float_literal(form: Number | None) -> str:
    """Python source of a number, exactly; None where there is none."""
    return "None" if form is None else _source(number(form))


def is_name(text: str) -> bool:
    """Whether `text` can stand in Python source as a name."""
    return _NAME.fullmatch(text) is not None and not keyword.iskeyword(text)


def dotted(text: str) -> str:
    """A dotted name that may be called. Raises NotReproducibleError for anything else."""
    if not all(is_name(part) for part in text.split(".")):
        raise NotReproducibleError(f"{visible(text)!r} is no dotted name")
    return text


def comment(text: str) -> list[str]:
    """`text` as comment lines, whatever is in it."""
    shown = ascii(visible(text))[1:-1]
    return [
        f"# {line}" for line in textwrap.wrap(shown, WIDTH, break_on_hyphens=False, break_long_words=False)
    ]


def arguments(args: Iterable[str], kwargs: Iterable[tuple[str, str]]) -> str:
    """The inside of a call's brackets; a keyword that is no name goes through `**`."""
    parts = list(args)
    parts += [f"{name}={value}" if is_name(name) else f"**{{{name!a}: {value}}}" for name, value in kwargs]
    return ", ".join(parts)


def array_source(form: ArrayForm | InputForm) -> str:
    """Source of a NumPy array with the form's values: float64, or int64 or bool of itself.

    Floats are written in hexadecimal, which has no rounding. Raises NotReproducibleError where the form does
    not hold its values.
    """
    if "values" not in form:
        raise NotReproducibleError("the values are not in the record")
    shape = shape_source(form["shape"])
    if form["dtype"] == "bool" or form["dtype"].startswith(("int", "uint")):
        items = ", ".join(str(_whole(value)) for value in form["values"])
        dtype = "bool" if form["dtype"] == "bool" else "uint64" if form["dtype"][0] == "u" else "int64"
        return f'np.array([{items}], dtype="{dtype}").reshape({shape})'
    words = [hex_float(number(value)) for value in form["values"]]
    text = " ".join(words)
    if len(text) <= WIDTH - 24:
        return f'floats("{text}").reshape({shape})'
    lines = textwrap.wrap(text, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    body = "\n".join(f"    {line}" for line in lines)
    return f'floats(\n    """\n{body}\n    """\n).reshape({shape})'


def _whole(value: Number) -> int | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value
    raise NotReproducibleError("an integer array holds something else")


def shape_source(shape: list[int]) -> str:
    """Source of a shape."""
    return f"({int(shape[0])},)" if len(shape) == 1 else f"({', '.join(str(int(size)) for size in shape)})"
