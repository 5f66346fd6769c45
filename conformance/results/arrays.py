"""Arrays in records: small ones by value, bit for bit; large ones by hash and a few elements."""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from conformance.plan import dtype_name
from conformance.results.numbers import number, number_form, scalar_form
from conformance.results.record import ArrayForm, GeneratorForm, InputForm, Number

Array: TypeAlias = "NDArray[Any]"

SMALL = 64
SAMPLED = 16


def _exact(array: Array) -> Array:
    """The same numbers in a dtype that holds them exactly and that Python's floats or integers mirror."""
    kind = array.dtype.kind
    if kind in "biu" or (kind == "f" and array.itemsize == 8):
        return array
    with np.errstate(invalid="ignore"):  # a signalling NaN is no news
        return array.astype(np.float64)


def _values(array: Array) -> list[Number]:
    """All numbers in C order. NumPy's own dtypes turn into Python's numbers as they are, exactly."""
    values: list[Number] = (_exact(array) if array.dtype.kind == "V" else array).ravel().tolist()
    if array.dtype.kind in "fV":
        total = sum(values)  # type: ignore[arg-type]  # a NaN or infinity anywhere makes this one
        if total - total != 0:
            return [number_form(value) for value in values]  # type: ignore[arg-type]  # floats
    return values


def _digest(exact: Array) -> str:
    kind = {"b": "|b1", "i": "<i8", "u": "<u8"}.get(exact.dtype.kind, "<f8")
    return hashlib.sha256(np.ascontiguousarray(exact, dtype=kind).tobytes()).hexdigest()


def array_form(array: Array, dtype: str | None = None, keep: tuple[int, ...] = ()) -> ArrayForm:
    """The JSON form of `array`, an array of any real dtype (also of `ml_dtypes`).

    `dtype` names the dtype where the array's own does not (bfloat16 held as float64). `keep` lists flat
    positions that the sample of a large array must have; it always has the first and the last few.
    """
    name = dtype or dtype_name(array.dtype)
    if array.size <= SMALL:
        return {"dtype": name, "shape": list(array.shape), "values": _values(array)}
    exact = _exact(array)
    flat = exact.ravel()
    edge = (SAMPLED - min(len(keep), 8)) // 2
    index = sorted({*range(edge), *keep[:8], *range(array.size - edge, array.size)})
    return {
        "dtype": name,
        "shape": list(array.shape),
        "sha256": _digest(exact),
        "sample": {"index": index, "values": _values(flat[index])},
    }


def input_form(
    array: Array,
    dtype: str | None = None,
    layout: str = "contiguous",
    generator: GeneratorForm | None = None,
) -> InputForm:
    """The JSON form of a tensor input: its array form, its layout and how it was generated."""
    form = cast(InputForm, {**array_form(array, dtype), "layout": layout})
    if generator is not None:
        form["generator"] = generator
    return form


def drawn_form(array: Array, layout: str, generator: GeneratorForm) -> InputForm:
    """The short JSON form of a tensor input whose generator makes it again: its hash, and no values."""
    return {
        "dtype": dtype_name(array.dtype),
        "shape": list(array.shape),
        "sha256": _digest(_exact(array)),
        "layout": layout,
        "generator": generator,
    }


def raw_form(value: Any) -> InputForm:
    """The JSON form of an input that is deliberately no tensor: a Python value or a NumPy array.

    Raises TypeError for a value that is neither.
    """
    if isinstance(value, np.ndarray):
        return {"raw": scalar_form(value.tolist()), "ndarray": True, "dtype": value.dtype.name}
    return {"raw": scalar_form(value), "ndarray": False}


def array_values(form: ArrayForm | InputForm) -> Array | None:
    """The array of a small form, as float64 (int64, bool) of its shape; None for a large one.

    Raises ValueError where shape and values disagree.
    """
    if "values" not in form:
        return None
    if form["dtype"] == "bool":
        return np.array(form["values"], dtype=bool).reshape(form["shape"])
    if form["dtype"].startswith(("int", "uint")):
        kind = np.uint64 if form["dtype"].startswith("uint") else np.int64
        return np.array(form["values"], dtype=kind).reshape(form["shape"])
    return np.array([number(value) for value in form["values"]], dtype=np.float64).reshape(form["shape"])


def element(form: ArrayForm | InputForm, index: list[int]) -> Number | None:
    """The element of a form at `index`, or None where the form does not hold it."""
    shape = form.get("shape", [])
    if len(index) != len(shape) or any(not 0 <= at < size for at, size in zip(index, shape, strict=True)):
        return None
    flat = 0
    for at, size in zip(index, shape, strict=True):
        flat = flat * size + at
    if "values" in form:
        return form["values"][flat] if flat < len(form["values"]) else None
    sample = form.get("sample")
    if sample is None or flat not in sample["index"]:
        return None
    return sample["values"][sample["index"].index(flat)]
