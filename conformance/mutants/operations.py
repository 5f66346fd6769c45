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
LONGEST = (20.0, 50.0)  # beyond which an exponential does not grow any more, or is 0
_LOGARITHMS = (np.log, np.log2, np.log10, np.log1p, np.logaddexp)
_EXPONENTIALS = (np.exp, np.exp2, np.expm1)
_OF_ONE = (
    np.absolute,
    np.exp,
    np.expm1,
    np.log,
    np.log1p,
    np.tanh,
    np.sqrt,
    np.square,
    np.power,
    np.negative,
    np.clip,
)
_OF_TWO = {np.maximum: "maxima", np.minimum: "minima", np.logaddexp: "logarithms of sums"}
_PRINTED = (
    (np.log1p, "log(1 + x) in place of log1p(x)", lambda x: np.log(1 + x)),
    (np.expm1, "exp(x) - 1 in place of expm1(x)", lambda x: np.exp(x) - 1),
    (
        np.logaddexp,
        "log(exp x + exp y) without the larger one taken out first",
        lambda x, y: np.log(np.exp(x) + np.exp(y)),
    ),
)


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
    for function in _OF_ONE:
        name = function.__name__
        yield Mutant(
            f"{name}-dropped", f"the formula without its {name}", alteration=changes.dropped(function)
        )
    text = "the formula without the maximum that it subtracts first"
    yield Mutant("max-dropped", text, alteration=changes.replaced(np.max, changes.zero), overflow=True)
    text = "the formula with only the first operand of its quotients"
    yield Mutant("divide-first-only", text, alteration=changes.first_operand(np.divide))
    for ufunc, noun in _OF_TWO.items():
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
        text = f"the formula with its square roots computed in {narrower}"
        alteration = changes.on_both((np.sqrt,), narrow)
        yield Mutant(f"sqrt-{narrower}", text, alteration=alteration, overflow=True)
    fast = changes.on_value(_LOGARITHMS, changes.plus(2.0**-21))
    yield Mutant("log-fast", "the formula with its logarithm off by 2^-21, as a fast one's", alteration=fast)
    for name, noun, functions in (("exp", "exponential", _EXPONENTIALS), ("sqrt", "square root", (np.sqrt,))):
        text = f"the formula with its {noun} off by a factor of 1 + 2^-21, as a fast one's"
        off = changes.on_value(functions, changes.times(1 + 2.0**-21))
        yield Mutant(f"{name}-fast", text, alteration=off)
    for other in (np.log2, np.log10):
        text = f"the formula with {other.__name__} in place of the natural logarithm"
        yield Mutant(f"log-is-{other.__name__}", text, alteration=changes.replaced(np.log, other))
    text = "the formula with the larger number in place of the logarithm of a sum"
    yield Mutant("logaddexp-is-maximum", text, alteration=changes.replaced(np.logaddexp, np.maximum))
    for ufunc, what, printed in _PRINTED:
        alteration = changes.replaced(ufunc, printed)
        yield Mutant(
            f"{ufunc.__name__}-printed", f"the formula with {what}", alteration=alteration, overflow=True
        )


def constants() -> Iterator[Mutant]:
    """Constants where logarithms, roots and exponentials are taken: epsilons and clamps."""
    for ufunc in (np.log, np.sqrt):
        name = ufunc.__name__
        for eps in EPSILONS:
            shifted = changes.on_argument((ufunc,), changes.plus(eps))
            yield Mutant(f"{name}-plus-{eps:g}", f"the formula with {name}(y + {eps:g})", alteration=shifted)
            floored = changes.on_argument((ufunc,), changes.at_least(eps))
            text = f"the formula with the argument of {name} clamped at {eps:g}"
            yield Mutant(f"{name}-floor-{eps:g}", text, alteration=floored)
    for level in CLAMPS:
        clamped = changes.on_value(_LOGARITHMS, changes.at_least(level))
        yield Mutant(f"log-clamp{level:g}", f"the formula with log clamped at {level:g}", alteration=clamped)
    for most in LONGEST:
        text = f"the formula with the argument of exp clamped at {most:g}"
        alteration = changes.on_argument(_EXPONENTIALS, changes.at_most(most))
        yield Mutant(f"exp-clamp{most:g}", text, alteration=alteration)
        text = f"the formula with exp of less than {-most:g} taken for 0"
        alteration = changes.on_argument(_EXPONENTIALS, changes.endless_below(-most))
        yield Mutant(f"exp-cut{-most:g}", text, alteration=alteration)
