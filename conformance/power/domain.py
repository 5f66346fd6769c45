"""Inputs from all over an operator's domain, to tell mutants that no golden case sees from harmless ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.compare import compare, format_of
from conformance.model import CallSpec
from conformance.mutants import UPSTREAM, gradient_of, simulate, usual
from conformance.plan import round_to
from conformance.power.bench import identical
from conformance.power.subjects import Subject
from conformance.reference import Formula, Reference, evaluate, evaluate_gradients

Array = np.ndarray[Any, Any]

# Around vector widths, and more terms than float16 or a 16-bit counter can count; how often each is drawn.
SHAPES = {(1,): 4, (2,): 4, (3, 4): 4, (9,): 4, (5, 16): 4, (65537, 1): 1}
SEED = 20_260


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Inputs and attributes, what is right for them, and what the `usual` kernel, without a change, returns.

    `sound` is where that is right.
    """

    inputs: Mapping[str, Array]
    attributes: Mapping[str, Any]
    reference: Reference
    usual: Array
    sound: Array
    of: str | None

    def shows(self, subject: Subject) -> str | None:
        """For which inputs the subject's result leaves the acceptable set; None where it does not."""
        try:
            actual = subject.run(self.inputs, self.attributes, self.of)
        except (TypeError, ValueError, ArithmeticError):
            return None  # a refusal is no number that could be wrong
        if identical(actual, self.usual):
            return None
        if actual.shape != self.reference.value.shape:
            return f"{self._told()}: another shape" if self.sound.all() else None
        wrong = wrong_elements(actual, self.reference) & self.sound
        if not wrong.any():
            return None
        if any(array.shape != actual.shape for array in self.inputs.values()):
            return self._told()
        place = np.unravel_index(int(np.argmax(wrong)), actual.shape)
        numbers = (f"{name}={float(array[place])!r}" for name, array in self.inputs.items())
        return f"{self._told()}: {', '.join(numbers)}"

    def _told(self) -> str:
        attributes = ", ".join(
            f"{name}={value!r}" for name, value in self.attributes.items() if value is not None
        )
        shape = np.shape(next(iter(self.inputs.values())))
        return f"{attributes}, shape {'x'.join(map(str, shape))}"


def wrong_elements(actual: Array, right: Reference) -> Array:
    """Where `actual`, of the reference's shape, lies outside the acceptable set."""
    found = compare(actual, right.value, right.tail, right.bound, right.dtype).mismatches
    return np.zeros(actual.shape, bool) if found is None else np.asarray(found)


def probes(
    formula: Formula, names: Sequence[str], specs: Iterable[CallSpec], dtype: str, of: str | None = None
) -> Iterator[Probe]:
    """Probes of all sizes, for every setting of the attributes in `specs` that makes a difference.

    `names` are the inputs'; `of` is the one whose gradient is looked at, None for the value. What the
    formula has no value for, though no input is NaN, lies outside the domain.
    """
    draw = np.random.default_rng(SEED)
    drawn = [_drawn(draw, dtype, names, shape) for shape, count in SHAPES.items() for _ in range(count)]
    arrays = [_grid(dtype, names), *drawn]
    side = formula if of is None else gradient_of(formula, of)
    for attributes in _settings(formula, specs, drawn[-2]):
        for array in arrays:
            inputs = _inside(formula, array, attributes)
            if of is None:
                reference = evaluate(formula, inputs, attributes, dtype, certified=False)
                everything = inputs
            else:
                upstream = _upstream(draw, formula, inputs, attributes, dtype)
                found = evaluate_gradients(formula, inputs, attributes, dtype, upstream, certified=False)
                reference, everything = found[of], {**inputs, UPSTREAM: upstream}
            plain = simulate(side.function, everything, attributes, dtype, usual(dtype))
            yield Probe(everything, attributes, reference, plain, ~wrong_elements(plain, reference), of)


def _upstream(
    draw: np.random.Generator,
    formula: Formula,
    inputs: Mapping[str, Array],
    attributes: Mapping[str, Any],
    dtype: str,
) -> Array:
    with np.errstate(all="ignore"):
        shape = np.shape(formula.function(**_wide(inputs), **attributes))
    return round_to(np.asarray(draw.uniform(0.5, 2, shape) * draw.choice([-1, 1], shape)), dtype)


def _wide(inputs: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float64) for name, array in inputs.items()}


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


def _grid(dtype: str, names: Sequence[str]) -> dict[str, Array]:
    """Every number with every other (of more than two inputs: with the next ones in turn)."""
    numbers = _numbers(dtype)
    first, second = (part.ravel() for part in np.meshgrid(numbers, numbers, indexing="ij"))
    columns = [first, second, *(np.roll(second, place) for place in range(2, len(names)))]
    return {name: round_to(column, dtype) for name, column in zip(names, columns, strict=False)}


def _drawn(
    draw: np.random.Generator, dtype: str, names: Sequence[str], shape: tuple[int, ...]
) -> dict[str, Array]:
    sizes = [np.exp2(draw.uniform(-6, 3, shape)) * draw.choice([-1, 1], shape[-1:]) for _ in names]
    return {name: round_to(np.asarray(size), dtype) for name, size in zip(names, sizes, strict=True)}


def _settings(
    formula: Formula, specs: Iterable[CallSpec], inputs: Mapping[str, Array]
) -> Iterator[Mapping[str, Any]]:
    """The attributes of `specs`, without those that come to the same."""
    seen = set()
    wide = {name: np.abs(array[:20].astype(np.float64)) for name, array in inputs.items()}
    for spec in specs:
        with np.errstate(all="ignore"):
            try:
                value = np.asarray(formula.function(**wide, **spec.attributes))
            except ValueError:
                continue
        key = (value.shape, value.tobytes())
        if key not in seen:
            seen.add(key)
            yield spec.attributes


def _inside(formula: Formula, inputs: Mapping[str, Array], attributes: Mapping[str, Any]) -> dict[str, Array]:
    """The inputs, by their size alone where that is what it takes for the formula to have values."""
    with np.errstate(all="ignore"):
        value = np.asarray(formula.function(**_wide(inputs), **attributes))
    if not np.isnan(value).any():
        return dict(inputs)
    return {name: np.abs(array) for name, array in inputs.items()}
