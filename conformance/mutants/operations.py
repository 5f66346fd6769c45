"""Mutants of the operations of a formula: left out, exchanged, less accurate, of other constants."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from conformance.mutants import changes
from conformance.mutants.altered import Alteration
from conformance.mutants.kernels import ELEMENTARY
from conformance.mutants.mutant import Mutant

EPSILONS = (1e-6, 1e-7, 1e-8, 1e-10, 1e-12, 1e-16, 1e-20, 1e-38)
CLAMPS = (-100.0, -88.0, -50.0, -20.0, -16.0)
NARROWER = {"float64": ("float32", "float16"), "float32": ("bfloat16", "float16")}
_LOGARITHMS = (np.log, np.log2, np.log10, np.log1p)


def operands() -> Iterator[Mutant]:
    """Operations of two operands, all but one of them left out."""
    for ufunc, noun in ((np.add, "sums"), (np.subtract, "differences"), (np.multiply, "products")):
        name = ufunc.__name__
        text = f"the formula with only the first operand of its {noun}"
        yield Mutant(f"{name}-first-only", text, alteration=changes.first_operand(ufunc))
        text = f"the formula with only the second operand of its {noun}"
        yield Mutant(f"{name}-second-only", text, alteration=changes.second_operand(ufunc))


def left_out() -> Iterator[Mutant]:
    """Operations of one argument left out, and of several all but one argument."""
    for function in (np.absolute, np.exp, np.log, np.sqrt, np.square, np.negative, np.clip):
        name = function.__name__
        yield Mutant(
            f"{name}-dropped", f"the formula without its {name}", alteration=changes.dropped(function)
        )
    text = "the formula without the maximum that it subtracts first"
    yield Mutant("max-dropped", text, alteration=changes.replaced(np.max, changes.zero), overflow=True)
    text = "the formula with only the first operand of its quotients"
    yield Mutant("divide-first-only", text, alteration=changes.first_operand(np.divide))
    for ufunc, noun in ((np.maximum, "maxima"), (np.minimum, "minima")):
        name = ufunc.__name__
        text = f"the formula with only the first operand of its {noun}"
        yield Mutant(f"{name}-first-only", text, alteration=changes.first_operand(ufunc))
        text = f"the formula with only the second operand of its {noun}"
        yield Mutant(f"{name}-second-only", text, alteration=changes.second_operand(ufunc))


def branches() -> Iterator[Mutant]:
    """Selections and comparisons that go the other way."""
    for place, word in enumerate(("first", "second")):
        text = f"the formula with only the {word} of its alternatives"
        yield Mutant(f"where-{word}-only", text, alteration=changes.branch(place), overflow=True)
    strict = {np.less: np.less_equal, np.less_equal: np.less}
    strict |= {np.greater: np.greater_equal, np.greater_equal: np.greater}
    text = "the formula with < and <= (> and >=) for each other"
    yield Mutant("comparisons-at-equality", text, alteration=changes.exchanged(strict))
    opposite = {np.less: np.greater, np.greater: np.less}
    opposite |= {np.less_equal: np.greater_equal, np.greater_equal: np.less_equal}
    text = "the formula with < and > for each other"
    yield Mutant("comparisons-opposite", text, alteration=changes.exchanged(opposite))


def numbers() -> Iterator[Mutant]:
    """The constants of the formula changed."""
    for word, factor in (("less", 1 - 2.0**-10), ("more", 1 + 2.0**-10)):
        text = f"the formula with its constants multiplied by {factor!r}"
        yield Mutant(f"constants-{word}", text, alteration=Alteration(numbers=changes.times(factor)))
    text = "the formula with its constants replaced by 1"
    yield Mutant("constants-1", text, alteration=Alteration(numbers=lambda number: 1.0))


def elementary(dtype: str) -> Iterator[Mutant]:
    """Elementary functions that are less accurate, or others."""
    for narrower in NARROWER.get(dtype, ()):
        narrow = changes.through(narrower)
        text = f"the formula with log and exp computed in {narrower}"
        alteration = changes.on_both(ELEMENTARY, narrow)
        yield Mutant(f"elementary-{narrower}", text, alteration=alteration, overflow=True)
    fast = changes.on_value(_LOGARITHMS, changes.plus(2.0**-21))
    yield Mutant("log-fast", "the formula with its logarithm off by 2^-21, as a fast one's", alteration=fast)
    exponential = changes.on_value((np.exp, np.exp2), lambda values: values * (1 + 2.0**-21))
    text = "the formula with its exponential off by a factor of 1 + 2^-21, as a fast one's"
    yield Mutant("exp-fast", text, alteration=exponential)
    for other in (np.log2, np.log10):
        text = f"the formula with {other.__name__} in place of the natural logarithm"
        yield Mutant(f"log-is-{other.__name__}", text, alteration=changes.replaced(np.log, other))


def constants() -> Iterator[Mutant]:
    """Constants added where logarithms are taken: epsilons and clamps."""
    for eps in EPSILONS:
        shifted = changes.on_argument((np.log,), changes.plus(eps))
        yield Mutant(f"log-plus-{eps:g}", f"the formula with log(y + {eps:g})", alteration=shifted)
        floored = changes.on_argument((np.log,), changes.at_least(eps))
        text = f"the formula with the argument of log clamped at {eps:g}"
        yield Mutant(f"log-floor-{eps:g}", text, alteration=floored)
    for level in CLAMPS:
        clamped = changes.on_value(_LOGARITHMS, changes.at_least(level))
        yield Mutant(f"log-clamp{level:g}", f"the formula with log clamped at {level:g}", alteration=clamped)
