"""Changes that mutants are made of: replacements of operations, and functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.mutants.altered import Alteration
from conformance.mutants.sums import along_axes, one_by_one

Array = np.ndarray[Any, Any]
Change = Callable[[Any], Any]


def through(dtype: str) -> Change:
    """Rounds every element to `dtype`, and comes back to its own."""
    kind = format_of(dtype).dtype

    def rounded(values: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(values).astype(kind).astype(np.asarray(values).dtype)

    return rounded


def flushed(dtype: str) -> Change:
    """Takes every number below the smallest normal one of `dtype` for 0."""
    tiny = format_of(dtype).smallest_normal
    return lambda values: np.where(np.abs(values) < tiny, np.zeros_like(values), values)


def unmasked(values: Any) -> Any:
    """Takes every NaN for 0."""
    return np.where(np.isnan(values), np.zeros_like(values), values)


def saturated(dtype: str) -> Change:
    """Takes infinities for the largest numbers of `dtype`."""
    largest = format_of(dtype).largest
    return lambda values: np.clip(values, -largest, largest).astype(np.asarray(values).dtype)


def plus(offset: float) -> Change:
    """Adds a number."""
    return lambda values: values + offset


def times(factor: float) -> Change:
    """Multiplies by a number."""
    return lambda values: values * factor


def zero(values: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """0 in place of a reduction."""
    return np.zeros_like(np.max(values, axis=axis, keepdims=keepdims))


def at_least(floor: float) -> Change:
    """Raises every lower number to `floor`."""
    return lambda values: np.maximum(values, np.asarray(floor, np.asarray(values).dtype))


def at_most(ceiling: float) -> Change:
    """Lowers every higher number to `ceiling`."""
    return lambda values: np.minimum(values, np.asarray(ceiling, np.asarray(values).dtype))


def endless_below(floor: float) -> Change:
    """Takes every lower number than `floor` for minus infinity."""
    return lambda values: np.where(values < floor, np.full_like(values, -np.inf), values)


def on_argument(ufuncs: Iterable[Any], change: Change) -> Alteration:
    """Functions of one argument, whose argument is changed."""
    return Alteration({ufunc: lambda operation, values: operation(change(values)) for ufunc in ufuncs})


def on_value(ufuncs: Iterable[Any], change: Change) -> Alteration:
    """Functions whose value is changed."""
    return Alteration({ufunc: lambda operation, *values: change(operation(*values)) for ufunc in ufuncs})


def on_both(ufuncs: Iterable[Any], change: Change) -> Alteration:
    """Functions whose arguments and value are changed."""
    return Alteration(
        {ufunc: lambda operation, *values: change(operation(*map(change, values))) for ufunc in ufuncs}
    )


def replaced(ufunc: Any, other: Any) -> Alteration:
    """One function in place of another."""
    return Alteration({ufunc: lambda operation, *values, **options: other(*values, **options)})


def exchanged(others: Mapping[Any, Any]) -> Alteration:
    """Functions in place of others."""
    return Alteration({ufunc: replaced(ufunc, other).operations[ufunc] for ufunc, other in others.items()})


def dropped(function: Any) -> Alteration:
    """A function that returns its first argument."""
    return Alteration({function: lambda operation, values, *rest, **options: values})


def branch(place: int) -> Alteration:
    """Selections that always choose the first of two, or the second."""

    def chosen(operation: Any, condition: Any, *choices: Any) -> Array:
        return np.asarray(operation(np.broadcast_to(place == 0, np.shape(condition)), *choices))

    return Alteration({np.where: chosen})


def first_operand(ufunc: Any) -> Alteration:
    """A function of two operands that returns the first."""
    return Alteration({ufunc: lambda operation, one, other: _spread(one, one, other)})


def second_operand(ufunc: Any) -> Alteration:
    """A function of two operands that returns the second."""
    return Alteration({ufunc: lambda operation, one, other: _spread(other, one, other)})


def on_terms(change: Callable[[Any, Any], Any]) -> Alteration:
    """Sums of other terms; `change` gets the terms and the axis (None: they are in a row)."""

    def total(operation: Any, terms: Any, axis: Any = None, **options: Any) -> Any:
        terms = np.asarray(terms)
        if axis is None and not options.get("keepdims"):
            return operation(change(np.ravel(terms), 0))
        if not isinstance(axis, int):
            raise ValueError("terms are left out along one axis only")
        return operation(change(terms, axis), axis=axis, **options)

    return Alteration({np.sum: total})


def kept(select: Callable[[int], slice]) -> Callable[[Any, Any], Any]:
    """Of the terms along an axis, those that `select` chooses by their number."""

    def change(terms: Any, axis: int) -> Any:
        places: list[Any] = [slice(None)] * terms.ndim
        places[axis] = select(terms.shape[axis])
        return terms[tuple(places)]

    return change


def added_in(dtype: str) -> Alteration:
    """Sums one by one, in an accumulator of `dtype`."""
    kind = format_of(dtype).dtype

    def total(operation: Any, terms: Any, *args: Any, **options: Any) -> Any:
        terms = np.asarray(terms)
        return along_axes(one_by_one, terms.astype(kind), *args, **options).astype(terms.dtype)

    return Alteration({np.sum: total})


def on_divisor(change: Change) -> Alteration:
    """Quotients by a single number, which is changed."""
    return Alteration(
        {
            np.divide: lambda operation, one, other: operation(
                one, change(other) if np.ndim(other) == 0 else other
            )
        }
    )


def on_inputs(change: Change) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Every floating input changed."""
    return lambda inputs: {
        name: array if np.asarray(array).dtype.kind in "iub" else change(array)
        for name, array in inputs.items()
    }


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An optional input left out, where there is one."""

    def left(inputs: dict[str, Any]) -> dict[str, Any]:
        if name not in inputs:
            raise ValueError(f"there is no {name} to leave out")
        return {other: array for other, array in inputs.items() if other != name}

    return left


def shifted(name: str, off: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The integers of an input, those that are not negative, off by one, but none beyond the others."""

    def moved(inputs: dict[str, Any]) -> dict[str, Any]:
        array = np.asarray(inputs.get(name))
        if array.dtype.kind not in "iu" or not np.any(array >= 0):
            raise ValueError(f"there are no integers in {name}")
        least, most = np.min(array[array >= 0]), np.max(array)
        other = np.where(array >= 0, np.clip(array + off, least, most), array).astype(array.dtype)
        return {**inputs, name: other}

    return moved


def _spread(kept: Any, one: Any, other: Any) -> Array:
    return np.array(np.broadcast_to(kept, np.broadcast_shapes(np.shape(one), np.shape(other))))
