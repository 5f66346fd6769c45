"""The proof that a reference is right: float64 against rigorous enclosures, gradients against derivatives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.reference.arithmetic import Arithmetic
from conformance.reference.ball import Ball, UndecidedError
from conformance.reference.computation import VALUE, Computation, Doubles, Inputs
from conformance.reference.dual import Derivative, differentiate
from conformance.reference.enclosure import Enclosure, identical
from conformance.reference.formula import Formula

# Up to this many input elements, a gradient is compared with the derivative of the formula itself, whose
# cost grows with the square where the formula sums.
DERIVATIVE_LIMIT = 256
SAMPLE = 1 << 12  # elements of a large gradient that are enclosed, whose cost no sum shares


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whether float64 values lie within their own float64 running bound of a rigorous enclosure.

    `max_ratio` is the largest error in units of that bound. `unknown` counts the elements that say
    nothing: the bound is infinite, or float64 itself overflowed on the way (`evaluate` then returns
    the enclosure's value, without a bound). `worst_index` is where the ratio is largest,
    or a value is of the wrong kind. `undecided` says why the enclosure failed, in which case nothing
    is certified.

    `judged` counts the elements that were compared: all, or `SAMPLE` evenly spread ones of a larger gradient.
    For a gradient, `derived` counts the elements whose enclosure meets that of the formula's derivative,
    and `certified` is false where one does not (`worst_index` is then such an element).
    """

    certified: bool
    max_ratio: float
    worst_index: tuple[int, ...] | None
    unknown: int
    bits: int
    undecided: str | None = None
    judged: int = 0
    derived: int = 0


def certify(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    *,
    conventions: Mapping[str, str] | None = None,
    function: str | None = None,
) -> Certificate:
    """Compare the float64 value of a formula with its enclosure, elementwise, subnormals included.

    Raises as `evaluate` does.
    """
    computation = Computation.of_value(formula, inputs, attributes, conventions, function)
    value, bound = computation.bounded(Arithmetic.of("float64"))[VALUE[0]]
    try:
        rigorous = computation.enclosed()[VALUE[0]]
    except UndecidedError as reason:
        return _undecided(value, reason)
    return _judged(value, bound, np.arange(value.size), rigorous)


def certify_gradients(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    upstream: NDArray[Any],
    *,
    conventions: Mapping[str, str] | None = None,
) -> dict[str, Certificate]:
    """Compare the float64 gradients of a formula with their enclosures, like `certify`.

    Up to `DERIVATIVE_LIMIT` elements of input, the enclosures are also compared with the derivative of
    the formula itself. Left out are elements where that has none to offer: at a branch of the formula (a
    zero target), and where its own chain rule meets infinity / infinity. Raises as `evaluate_gradients`.
    """
    computation = Computation.of_gradients(formula, inputs, attributes, upstream, conventions, None)
    results = computation.bounded(Arithmetic.of("float64"))
    try:
        samples = computation.sampled(SAMPLE)
        proofs = {name: _judged(*results[name], *samples[name]) for name in results}
        if computation.size > DERIVATIVE_LIMIT:
            return proofs
        value = Computation.of_value(formula, inputs, attributes, conventions, None)
        weights = np.asarray(computation.arrays["upstream"])
        derivatives = differentiate(value.function, value.arrays, value.options, weights)
    except UndecidedError as reason:
        return {name: _undecided(value, reason) for name, (value, _) in results.items()}
    return {name: _compared(proofs[name], samples[name][1], derivatives[name]) for name in results}


def _undecided(value: Doubles, reason: UndecidedError) -> Certificate:
    return Certificate(False, np.inf, None, int(np.size(value)), 0, str(reason))


def _judged(values: Doubles, bounds: Doubles, indices: NDArray[np.intp], rigorous: Enclosure) -> Certificate:
    """Judge the elements at flat `indices`, of which `rigorous` holds the enclosures."""
    value, bound = values.reshape(-1)[indices], bounds.reshape(-1)[indices]
    head, tail, radius = (part.reshape(-1) for part in (rigorous.head, rigorous.tail, rigorous.radius))
    with np.errstate(all="ignore"):
        known = np.isfinite(bound) & (np.isfinite(value) | identical(value, head))
        error = np.abs((value - head) - tail)
        ratio = np.where(error == 0, 0.0, error / (bound + radius))
        ratio = np.where(identical(value, head), np.nan_to_num(ratio, nan=0.0), ratio)
    ratio = np.where(known, np.nan_to_num(ratio, nan=np.inf), 0.0)
    worst = int(np.argmax(ratio)) if ratio.size else None
    largest = float(ratio.max()) if ratio.size else 0.0
    return Certificate(
        certified=largest <= 1.0,
        max_ratio=largest,
        worst_index=None if worst is None else _place(int(indices[worst]), values.shape),
        unknown=int(np.count_nonzero(~known)),
        bits=rigorous.bits,
        judged=int(indices.size),
    )


def _place(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(place) for place in np.unravel_index(flat, shape))


def _compared(proof: Certificate, analytic: Enclosure, derivative: Derivative) -> Certificate:
    derived = 0
    exact: Any
    for flat, exact in enumerate(derivative.balls.flat):
        if derivative.tie.flat[flat] or exact.isnan():
            continue
        if not _meet(analytic, flat, exact):
            return replace(proof, certified=False, worst_index=_place(flat, derivative.tie.shape))
        derived += 1
    return replace(proof, derived=derived)


def _meet(analytic: Enclosure, flat: int, exact: Ball) -> bool:
    """Whether two enclosures of one number overlap, or are the same infinity."""
    head, wanted = float(analytic.head[flat]), exact.parts()[0]
    if not (math.isfinite(head) and math.isfinite(wanted)):
        return head == wanted
    apart, rest, radius = (exact - head - float(analytic.tail[flat])).parts()
    return abs(apart + rest) <= (radius + float(analytic.radius[flat])) * (1 + 2.0**-40)
