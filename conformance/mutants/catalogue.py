"""The catalogue of what may go wrong, made from a formula alone: the likeliest first.

One catalogue serves twice. The exact value of a mutant explains a wrong result; a mutant run as a
kernel shows whether the cases would notice it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from conformance.compare import format_of
from conformance.model import Operator
from conformance.mutants import changes, operations
from conformance.mutants.altered import Alteration, is_floating
from conformance.mutants.gradients import UPSTREAM
from conformance.mutants.kernels import HALF
from conformance.mutants.mutant import Inputs, Mutant
from conformance.reference import Formula

Choices: TypeAlias = "Mapping[str, Sequence[Any]]"

ULPS = (1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 2**10, 2**20, 2**30, 2**40)


def choices_of(operator: Operator) -> dict[str, tuple[Any, ...]]:
    """The values of each attribute: the reference's default, and what the APIs' documents list."""
    found: dict[str, list[Any]] = {name: [default] for name, default in operator.attributes.items()}
    for api in operator.apis.values():
        for parameter in api.parameters:
            if parameter.name in found:
                found[parameter.name] += parameter.values or ()
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def catalogue(formula: Formula, dtype: str, choices: Choices) -> list[Mutant]:
    """Every mutant of `formula` in `dtype`, with attributes from `choices`; names are unique."""
    return [
        *_masked(dtype),
        *_overflows(formula, dtype),
        *_cancellations(formula, dtype),
        _swapped(formula.of),
        *_gradients(formula),
        *_attributes(choices),
        *_conventions(formula),
        *(
            Mutant(f"formula-{name}", f"the documented formula {name!r}", function=name)
            for name in formula.formulas
        ),
        *_rounding(dtype),
        *_signs(),
        *_counts(),
        *operations.operands(),
        *operations.elementary(dtype),
        *operations.constants(),
        *_inputs(formula, choices),
        *operations.left_out(),
        *operations.branches(),
        *operations.numbers(),
        *_factors(dtype),
    ]


def _masked(dtype: str) -> Iterator[Mutant]:
    in_sum = changes.on_terms(lambda terms, axis: changes.unmasked(terms))
    text = "the formula with NaN terms counted as 0"
    yield Mutant("nan-masked-sum", text, alteration=in_sum, overflow=True)
    after = Alteration(after=changes.unmasked)
    yield Mutant("nan-masked", "the formula with NaN replaced by 0", alteration=after, overflow=True)
    saturated = changes.saturated(dtype)
    yield Mutant(
        "saturated",
        "the formula with infinity replaced by the largest number",
        result=_of_result(saturated),
        overflow=True,
    )


def _overflows(formula: Formula, dtype: str) -> Iterator[Mutant]:
    step = Alteration(after=changes.through(dtype))
    text = f"with every operation rounded to {dtype}, where an intermediate is infinite or NaN"
    for name in (None, *formula.alternatives):
        form, which = (
            (f"{name}-", f"{name} form ({_told(formula.chosen(name))})") if name else ("", "formula")
        )
        yield Mutant(
            f"{form}operation-by-operation",
            f"the {which} {text}",
            alteration=step,
            function=name,
            overflow=True,
            lossy=True,
        )


def _cancellations(formula: Formula, dtype: str) -> Iterator[Mutant]:
    step = Alteration(after=changes.through(dtype))
    for name, form in formula.alternatives.items():
        text = f"the {name} formula computed in {dtype}, which cancels here ({_told(form)})"
        yield Mutant(f"{name}-form-in-{dtype}", text, alteration=step, function=name, lossy=True)


def _told(form: Callable[..., Any]) -> str:
    """The first line of its docstring: in which order it computes."""
    return (inspect.getdoc(form) or form.__name__).partition("\n")[0].rstrip(".")


def _swapped(of: str | None) -> Mutant:
    """The first two inputs for each other; of a gradient `of` an input, on the way back alone."""

    def swap(inputs: dict[str, Any]) -> dict[str, Any]:
        first, second, *_ = (name for name in inputs if name != UPSTREAM)
        if not (is_floating(inputs[first]) and is_floating(inputs[second])):
            raise ValueError("only inputs of one kind can be swapped")
        if of in (first, second) and inputs[first].shape != inputs[second].shape:
            raise ValueError("no kernel gives a gradient of the other input's shape")
        return {**inputs, first: inputs[second], second: inputs[first]}

    return Mutant("swapped", "the formula with its first two arguments swapped", inputs=swap)


def _inputs(formula: Formula, choices: Choices) -> Iterator[Mutant]:
    """Optional inputs left out, and integers (indices, lengths) off by one."""
    for parameter in inspect.signature(formula.function).parameters.values():
        name = parameter.name
        if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD or name in (*choices, UPSTREAM):
            continue
        if parameter.default is None:
            text = f"the formula without its {name}"
            yield Mutant(f"without-{name}", text, inputs=changes.without(name))
        for off, size in ((-1, "small"), (1, "large")):
            text = f"the formula with the integers of {name} one too {size}, where that is one of them"
            yield Mutant(f"{name}{off:+d}", text, inputs=changes.shifted(name, off))


def _gradients(formula: Formula) -> Iterator[Mutant]:
    if formula.of is None:
        return
    dropped = _of_result(np.zeros_like)
    yield Mutant("gradient-dropped", "no gradient, zero throughout", result=dropped)

    def ignore(inputs: dict[str, Any]) -> dict[str, Any]:
        return {**inputs, UPSTREAM: np.ones_like(inputs[UPSTREAM])}

    text = "the gradient as if the upstream gradient were 1 throughout"
    yield Mutant("upstream-ignored", text, inputs=ignore)


def _attributes(choices: Choices) -> Iterator[Mutant]:
    for name, values in choices.items():
        for value in values:
            text = f"the formula with {name}={value!r}"
            yield Mutant(f"{name}={value}", text, attributes={name: value})
        if isinstance(values[0], float):
            if 0.0 not in values:
                yield Mutant(f"{name}=0", f"the formula with {name}=0", attributes={name: 0.0})
            opposite = changes.times(-1.0)
            text = f"the formula with the opposite sign of {name}"
            yield Mutant(f"{name}-negated", text, attributes={name: opposite})
            for word, factor in (("less", 1 - 2.0**-10), ("more", 1 + 2.0**-10)):
                text = f"the formula with {name} multiplied by {factor!r}"
                yield Mutant(f"{name}-{word}", text, attributes={name: changes.times(factor)})
        elif isinstance(values[0], int) and not isinstance(values[0], bool):
            for off, size in ((-1, "small"), (1, "large")):
                text = f"the formula with {name} one too {size}"
                yield Mutant(f"{name}{off:+d}", text, attributes={name: changes.plus(off)})


def _conventions(formula: Formula) -> Iterator[Mutant]:
    parameters = inspect.signature(formula.function).parameters
    for name, (_, *others) in formula.conventions.items():
        for choice in others if name in parameters else ():
            text = f"the formula under the convention {name}={choice}"
            yield Mutant(f"{name}={choice}", text, conventions={name: choice}, overflow=True)


def _signs() -> Iterator[Mutant]:
    yield Mutant("sign", "the formula with the opposite sign", result=_of_result(np.negative))
    yield Mutant("absolute", "the absolute value of the formula", result=_of_result(np.abs))
    text = "the formula with negative results replaced by 0"
    yield Mutant("floored-at-0", text, result=_of_result(changes.at_least(0.0)))


def _rounding(dtype: str) -> Iterator[Mutant]:
    text = f"the formula with its divisor rounded to {dtype} (infinite where the count is too large for it)"
    yield Mutant("divisor-rounded", text, alteration=changes.on_divisor(changes.through(dtype)))
    flush = changes.flushed(dtype)
    yield Mutant(
        "subnormals-flushed",
        "the formula with subnormal numbers flushed to 0",
        inputs=changes.on_inputs(flush),
        alteration=Alteration(after=flush),
        result=_of_result(flush),
    )
    if dtype in HALF:
        text = f"the formula summed one by one in {dtype}"
        yield Mutant(f"sum-{dtype}", text, alteration=changes.added_in(dtype), lossy=True)
    for narrower in operations.NARROWER.get(dtype, ()):
        narrow = changes.through(narrower)
        text = f"the formula of inputs rounded to {narrower}"
        yield Mutant(f"inputs-{narrower}", text, inputs=changes.on_inputs(narrow), overflow=True)
        text = f"the formula rounded to {narrower} at the end"
        yield Mutant(f"result-{narrower}", text, result=_of_result(narrow), overflow=True)
        text = f"the formula summed one by one in {narrower}"
        yield Mutant(f"sum-{narrower}", text, alteration=changes.added_in(narrower))
        text = f"the formula computed in {narrower}"
        yield Mutant(f"all-{narrower}", text, alteration=Alteration(after=narrow), overflow=True)


def _counts() -> Iterator[Mutant]:
    left_out = {
        "last-dropped": ("its last term", lambda count: slice(0, max(count - 1, 0))),
        "first-dropped": ("its first term", lambda count: slice(1, None)),
        "tail-dropped": ("the terms beyond a multiple of 8", lambda count: slice(0, count - count % 8)),
        "second-half-dropped": ("the second half of its terms", lambda count: slice(0, (count + 1) // 2)),
        "terms-beyond-65536-dropped": ("the terms beyond the 65536th", lambda count: slice(0, 65536)),
    }
    for name, (text, select) in left_out.items():
        alteration = changes.on_terms(changes.kept(select))
        yield Mutant(name, f"the formula without {text}", alteration=alteration)
    for off, size in ((-1, "small"), (1, "large")):
        divisor = changes.on_divisor(changes.plus(off))
        yield Mutant(f"divisor{off:+d}", f"the formula with a divisor one too {size}", alteration=divisor)
    yield Mutant(
        "divided-twice",
        "the formula's result divided once more by the batch size",
        result=lambda result, inputs: result / _rows(inputs),
    )


def _of_result(change: Callable[[Any], Any]) -> Callable[[Any, Inputs], Any]:
    return lambda result, _: change(result)


def _rows(inputs: Inputs) -> int:
    shape = np.shape(next(iter(inputs.values())))
    return shape[0] if shape else 1


def _factors(dtype: str) -> Iterator[Mutant]:
    def times(factor: float) -> Callable[[Any, Inputs], Any]:
        return lambda result, _: result * np.asarray(factor, result.dtype)

    for name, factor in (("half", 0.5), ("twice", 2.0)):
        yield Mutant(name, f"the formula times {factor!r}", result=times(factor))
    digits = format_of(dtype).digits
    for count in ULPS:
        if count < 2 ** (digits - 1):
            factor = 1 + count * 2.0 ** (1 - digits)
            text = f"the formula times {factor!r} ({count} ulp of 1)"
            yield Mutant(f"times-1+{count}ulp", text, result=times(factor), family="times")
