"""Literal arrays: rectangular, of numbers, in the element type that the case gives them."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np

from conformance.casefile.errors import Path, Problems, quoted
from conformance.casefile.tree import Doubtful
from conformance.model import INDEX, INTEGER_DTYPES

_ONE_LENGTH = "give all rows one length"
# Not more digits than can be exact, so that checking them is quick.
HEX_FLOAT = re.compile(
    r"[+-]?0[xX]([0-9a-fA-F]{1,40}(\.[0-9a-fA-F]{0,40})?|\.[0-9a-fA-F]{1,40})[pP][+-]?[0-9]{1,4}"
)
_RANGES = {"int32": 31, "int64": 63, INDEX: 31}  # an index may become either


def array(value: Any, path: Path, problems: Problems, dtype: str | None = None) -> Any:
    """Nested lists of numbers from those of the file; a problem for each number or row that does not fit.

    Integer dtypes take whole numbers of their range, bool takes true and false, the others (and None,
    the check's dtype) take numbers and hex floats.
    """
    shape = _first_shape(value)
    return _convert(value, shape, path, problems, dtype)


def shaped_array(
    value: Any, shape: tuple[int, ...], path: Path, problems: Problems, dtype: str | None
) -> Any:
    """The array of `shape` that a flat list of numbers fills in C order.

    Nested lists; where no nesting can say the shape, as (0, 3), an empty numpy.ndarray of float64.
    """
    converted = array(value, (*path, "value"), problems, dtype)
    given = _first_shape(value)
    if given == shape:
        return converted
    if len(given) != 1 or given[0] != math.prod(shape):
        numbers = f"{given[0]} numbers in one list" if len(given) == 1 else f"the shape {list(given)}"
        problems.add((*path, "shape"), f"the value has {numbers}, which is not {list(shape)}")
        return converted
    if not converted:
        return np.zeros(shape)
    for length in reversed(shape[1:]):
        converted = [converted[start : start + length] for start in range(0, len(converted), length)]
    return converted if shape else converted[0]


def _first_shape(value: Any) -> tuple[int, ...]:
    sizes = []
    while isinstance(value, list):
        sizes.append(len(value))
        value = value[0] if value else None
    return tuple(sizes)


def _convert(value: Any, shape: tuple[int, ...], path: Path, problems: Problems, dtype: str | None) -> Any:
    if not isinstance(value, list):
        if shape:
            problems.add(path, f"one number where those before it are lists of {shape[0]}", _ONE_LENGTH)
        return _element(value, path, problems, dtype)
    if not shape:
        problems.add(path, "a list where the items before it are numbers", _ONE_LENGTH)
        return []
    if len(value) != shape[0]:
        problems.add(path, f"a row of {len(value)} where those before it have {shape[0]}", _ONE_LENGTH)
        return []
    return [_convert(item, shape[1:], (*path, index), problems, dtype) for index, item in enumerate(value)]


def _element(value: Any, path: Path, problems: Problems, dtype: str | None) -> bool | int | float:
    if isinstance(value, Doubtful):
        problems.add(path, f"{quoted(value)} must be a number", value.fix)
    elif isinstance(value, bool) != (dtype == "bool"):
        hint = "give it as {value: ..., dtype: bool}" if isinstance(value, bool) else "write true or false"
        problems.add(path, f"{quoted(value)} in an array of {dtype or 'numbers'}", hint)
    elif dtype in (*INTEGER_DTYPES, INDEX):
        return _whole(value, path, problems, str(dtype))
    elif isinstance(value, str):
        return _hex_float(value, path, problems)
    elif isinstance(value, bool | int | float):
        return value
    else:
        problems.add(path, f"{quoted(value)} must be a number")
    return 0


def _whole(value: Any, path: Path, problems: Problems, dtype: str) -> bool | int:
    if isinstance(value, bool):
        return value
    if not isinstance(value, int):
        whole = isinstance(value, float) and value.is_integer()
        hint = f"write {int(value)}" if whole and abs(value) < 1e15 else ""
        problems.add(path, f"{quoted(value)} in an array of {dtype}, which holds whole numbers", hint)
        return 0
    if not -(1 << _RANGES[dtype]) <= value < 1 << _RANGES[dtype]:
        problems.add(path, f"{quoted(value)} is beyond {dtype}")
    return value


def _hex_float(text: str, path: Path, problems: Problems) -> float:
    """The float64 that `text`, such as 0x1.8p+1, names exactly."""
    if not HEX_FLOAT.fullmatch(text):  # inside `raw`, of which the schema asks less
        problems.add(path, f"{quoted(text)} must be a number")
        return 0.0
    try:
        value = float.fromhex(text)
    except OverflowError:
        problems.add(path, f"{quoted(text)} is beyond float64")
        return 0.0
    mantissa, exponent = text.lower().lstrip("+-").removeprefix("0x").split("p")
    whole, _, fraction = mantissa.partition(".")
    exact = Fraction(int(whole + fraction, 16)) * Fraction(2) ** (int(exponent) - 4 * len(fraction))
    if exact != abs(Fraction(value)):
        problems.add(path, f"{quoted(text)} is no float64: it would be rounded", f"write {value.hex()}")
    return value
