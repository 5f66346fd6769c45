"""Inputs from all over an operator's domain, to tell mutants that no golden case sees from harmless ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.model import Check
from conformance.mutants import NO_SENSE, UPSTREAM, is_floating
from conformance.plan import Call, round_to
from conformance.power.bench import Bench
from conformance.power.probe import Probe
from conformance.power.trials import SMALL, size_of
from conformance.reference import Formula
from conformance.run.references import inputs_of

Array = np.ndarray[Any, Any]

SHAPES = ((1,), (2,), (3, 4), (9,), (5, 16))  # around vector widths
DRAWS = 16  # of each of these, or of calls that lend their shapes and integers, over all settings of one kind
MANY = (65537, 1)  # more terms than float16 or a 16-bit counter can count, where they are added up
USUAL = (-6.0, 3.0)  # binary exponents
LARGEST_UPSTREAM = 2.0
SEED = 20_260
PIECE = 4096  # elements of the grid at a time
NO_NUMBERS = 256  # of these, without a number for a result, are asked of balls in no time


@dataclass(frozen=True, slots=True)
class _Given:
    """The attributes and inputs of a call."""

    attributes: Mapping[str, Any]
    arrays: Mapping[str, Array]

    @property
    def alike(self) -> bool:
        """Whether all inputs are numbers, and of one shape."""
        arrays = self.arrays.values()
        return all(map(is_floating, arrays)) and len({array.shape for array in arrays}) == 1


@dataclass(frozen=True, slots=True)
class _Setting:
    """Calls whose attributes come to the same; the shape of a result, `elementwise` if it is the inputs'."""

    calls: Sequence[_Given]
    shape: tuple[int, ...]
    elementwise: bool


def probes(bench: Bench, checks: Sequence[Check], dtype: str, of: str | None = None) -> Iterator[Probe]:
    """Probes for every kind of inputs and every setting of the attributes in `checks` that differ.

    `of` is the input whose gradient is looked at, None for the value. Inputs of one shape are drawn anew in
    all sizes; where shapes and integers hang together, these are those of the checks' own calls, and the
    other numbers are drawn anew. An input that is never negative, or never beyond 1, in any of the calls is
    not so here, and what the formula has no value for, though no input is NaN, lies outside the domain.
    """
    draw = np.random.default_rng(SEED)
    calls = [given for check in checks if size_of(check) <= SMALL for given in _given(bench.call(check))]
    usual_range = {name: _range(name, calls) for name in {name for call in calls for name in call.arrays}}
    for kind in _kinds(calls):
        settings = list(_settings(bench.formula, kind))
        for setting in settings:
            for arrays in _arrays(draw, dtype, setting, max(1, DRAWS // len(settings))):
                inputs = {name: usual_range[name](array) for name, array in arrays.items()}
                attributes = setting.calls[0].attributes
                each = setting.elementwise
                for part in _apart(bench.formula, inputs, attributes, of) if each else [inputs]:
                    probe = _probe(bench.formula, draw, part, attributes, dtype, of)
                    if probe is not None:
                        yield probe


def _probe(
    formula: Formula,
    draw: np.random.Generator,
    drawn: Mapping[str, Array],
    attributes: Mapping[str, Any],
    dtype: str,
    of: str | None,
) -> Probe | None:
    try:
        inputs = _inside(formula, drawn, attributes)
        if of is not None:
            inputs[UPSTREAM] = _upstream(draw, formula, inputs, attributes, dtype)
        return Probe(formula, inputs, attributes, dtype, of)
    except NO_SENSE:
        return None  # a setting that is refused for these numbers


def _given(call: Call) -> list[_Given]:
    """What is given in `call`; nothing where one of the inputs is deliberately no tensor."""
    try:
        return [_Given(call.spec.attributes, inputs_of(call))]
    except TypeError:
        return []


def _range(name: str, calls: Iterable[_Given]) -> Callable[[Array], Array]:
    """What takes an input into the range that it has in all calls: not negative, not beyond 1."""
    arrays = [call.arrays[name] for call in calls if name in call.arrays]
    numbers = [array.astype(np.float64) for array in arrays if is_floating(array)]
    if not numbers:
        return lambda array: array
    positive = not any((array < 0).any() for array in numbers)
    small = not any((np.abs(array) > 1).any() for array in numbers)

    def taken(array: Array) -> Array:
        array = np.abs(array) if positive else array
        if not small:
            return array
        with np.errstate(all="ignore"):
            return np.where(np.abs(array) > 1, (1 / array).astype(array.dtype), array)

    return taken


def _kinds(calls: Iterable[_Given]) -> list[list[_Given]]:
    """The calls by which inputs they have, of how many axes, of numbers or integers."""
    kinds: dict[tuple[Any, ...], list[_Given]] = {}
    for call in calls:
        key: tuple[Any, ...] = tuple(
            (name, array.ndim, is_floating(array)) for name, array in sorted(call.arrays.items())
        )
        # One kind for all calls whose inputs are numbers of one shape, whichever that is.
        kinds.setdefault(("alike", *sorted(call.arrays)) if call.alike else key, []).append(call)
    return list(kinds.values())


def _settings(formula: Formula, calls: Sequence[_Given]) -> Iterator[_Setting]:
    """The calls by their attributes, those together that come to the same for one of them."""
    sample = max(calls, key=lambda call: min(sum(array.size for array in call.arrays.values()), 500))
    inputs = {
        name: np.abs(array) if is_floating(array) else array for name, array in _wide(sample.arrays).items()
    }
    found: dict[tuple[Any, ...], list[_Given]] = {}
    for call in calls:
        with np.errstate(all="ignore"):
            try:
                value = np.asarray(formula.function(**inputs, **call.attributes))
            except NO_SENSE:
                continue
        found.setdefault((value.shape, value.tobytes()), []).append(call)
    for (shape, _), alike in found.items():
        yield _Setting(alike, shape, elementwise=all(shape == array.shape for array in inputs.values()))


def _arrays(
    draw: np.random.Generator, dtype: str, setting: _Setting, draws: int
) -> Iterator[dict[str, Array]]:
    """Inputs for one setting, drawn `draws` times.

    Numbers of all sizes side by side tell nothing once they are added up: then those around 1 stand alone.
    """
    calls = setting.calls
    form = format_of(dtype)
    far = (np.log2(form.smallest_normal) / 2, np.log2(form.largest) / 2)
    tiny = (np.log2(form.smallest_subnormal), np.log2(form.smallest_normal) + 3)
    if calls[0].alike:
        names = list(calls[0].arrays)
        yield from _grid(_numbers(dtype) if setting.elementwise else _moderate(dtype), dtype, names)
        for shape in SHAPES:
            for _ in range(draws):
                yield _drawn(draw, dtype, names, shape)
        for exponents in (far, tiny):
            yield _drawn(draw, dtype, names, SHAPES[-1], exponents)
        if not setting.shape:
            yield _drawn(draw, dtype, names, MANY)
        return
    lenders = min(draws, len(calls))
    for place in range(lenders):
        arrays = calls[place * len(calls) // lenders].arrays
        for exponents in (USUAL, USUAL, (-2.0, 6.0), far, tiny):
            yield {
                name: round_to(_magnitudes(draw, array.shape, exponents), dtype)
                if is_floating(array)
                else array
                for name, array in arrays.items()
            }


def _upstream(
    draw: np.random.Generator,
    formula: Formula,
    inputs: Mapping[str, Array],
    attributes: Mapping[str, Any],
    dtype: str,
) -> Array:
    with np.errstate(all="ignore"):
        shape = np.shape(formula.function(**_wide(inputs), **attributes))
    return round_to(
        np.asarray(draw.uniform(0.5, LARGEST_UPSTREAM, shape) * draw.choice([-1, 1], shape)), dtype
    )


def _wide(inputs: Mapping[str, Any]) -> dict[str, Array]:
    return {name: array.astype(np.float64) if is_floating(array) else array for name, array in inputs.items()}


def _numbers(dtype: str) -> Array:
    """Zero, and numbers of both signs from the smallest to the largest, thickest around 1."""
    form = format_of(dtype)
    lowest, highest = np.log2(form.smallest_subnormal), np.log2(form.largest)
    exponents = np.unique(np.round(np.concatenate([np.linspace(lowest, highest, 24), np.arange(-8, 9)])))
    powers = np.exp2(exponents[exponents < highest])
    ulp = 2.0 ** (1 - form.digits)
    near = 1 + ulp * np.array([-4, -1, -0.5, 1, 4])
    positive = np.concatenate([powers, 1.4 * powers, near, [form.smallest_normal, form.largest]])
    return np.concatenate([[0.0], positive, -positive])


def _moderate(dtype: str) -> Array:
    """Those around 1, and 0."""
    numbers = _numbers(dtype)
    size = np.abs(numbers)
    return np.asarray(numbers[(size == 0) | ((size > 2.0**-4) & (size < 2.0**4))])


def _grid(numbers: Array, dtype: str, names: Sequence[str]) -> Iterator[dict[str, Array]]:
    """Every number with every other (of more than two inputs: with the next ones in turn), piece by piece."""
    first, second = (part.ravel() for part in np.meshgrid(numbers, numbers, indexing="ij"))
    columns = [first, second, *(np.roll(second, place) for place in range(2, len(names)))]
    for start in range(0, first.size, PIECE):
        pieces = zip(names, (column[start : start + PIECE] for column in columns), strict=False)
        yield {name: round_to(piece, dtype) for name, piece in pieces}


def _drawn(
    draw: np.random.Generator,
    dtype: str,
    names: Sequence[str],
    shape: tuple[int, ...],
    exponents: tuple[float, float] = USUAL,
) -> dict[str, Array]:
    """Numbers for each name, a column of them of one sign."""
    sizes = [np.exp2(draw.uniform(*exponents, shape)) * draw.choice([-1, 1], shape[-1:]) for _ in names]
    return {name: round_to(np.asarray(size), dtype) for name, size in zip(names, sizes, strict=True)}


def _magnitudes(draw: np.random.Generator, shape: tuple[int, ...], exponents: tuple[float, float]) -> Array:
    return np.asarray(np.exp2(draw.uniform(*exponents, shape)) * draw.choice([-1, 1], shape))


def _apart(
    formula: Formula, inputs: Mapping[str, Array], attributes: Mapping[str, Any], of: str | None
) -> Iterator[dict[str, Array]]:
    """The inputs, a few of those apart for which there is no number: only balls tell what is right there."""
    wide = _wide(inputs)
    with np.errstate(all="ignore"):
        if of is None or formula.vjp is None:
            results = [formula.function(**wide, **attributes)]
        else:
            upstream = np.full_like(next(iter(wide.values())), LARGEST_UPSTREAM)
            results = formula.vjp(**wide, **{UPSTREAM: upstream}, **attributes)
    finite = np.all([np.isfinite(result) for result in results if result is not None], axis=0)
    if finite.all():
        yield dict(inputs)
        return
    others = np.argwhere(~finite)
    few = tuple(others[:: -(-len(others) // NO_NUMBERS)].T)
    for where in (finite, few) if finite.any() else (few,):
        yield {name: array[where] for name, array in inputs.items()}


def _inside(formula: Formula, inputs: Mapping[str, Array], attributes: Mapping[str, Any]) -> dict[str, Array]:
    """The inputs, by their size alone where that is what it takes for the formula to have values."""
    with np.errstate(all="ignore"):
        value = np.asarray(formula.function(**_wide(inputs), **attributes))
    if not np.isnan(value).any():
        return dict(inputs)
    return {name: np.abs(array) if is_floating(array) else array for name, array in inputs.items()}
