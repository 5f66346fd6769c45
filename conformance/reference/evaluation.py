"""What is right, and how far a sensible implementation may be off: values and gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.reference.arithmetic import Arithmetic
from conformance.reference.computation import VALUE, Computation, Doubles, Inputs
from conformance.reference.formula import Formula

# Up to this many input elements, a result that is not finite in float64 is asked of the balls even
# where the check's dtype is narrower: float64 itself may have overflowed on the way.
REPAIR_LIMIT = 1 << 14
# Up to this many input elements, float64 gradients are enclosed unasked: no part of them is shared by
# reductions, as the terms of values are. Beyond, float64 stands for itself, which is sound: its own error
# is within the bound, and the allowance is twice the bound.
ENCLOSED_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What is right: float64 arrays of the result's shape.

    The exact result lies at `value + tail` (`tail` is None where float64 alone was used, whose error
    is far below the bound of a narrower dtype). `bound` is how far a sensible implementation in
    `dtype` may be off (B; infinite where nothing is known), before the factor of the allowance.
    `undecided` says why balls could not give the value, if they were asked and could not.
    """

    value: Doubles
    tail: Doubles | None
    bound: Doubles
    dtype: str
    undecided: str | None = None


def evaluate(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    dtype: str,
    *,
    conventions: Mapping[str, str] | None = None,
    log_ulps: float = 1.0,
    summation: str = "pairwise",
    accumulator: str | None = None,
    function: str | None = None,
    certified: bool | None = None,
) -> Reference:
    """Evaluate a formula and the error bound of an implementation in `dtype`.

    `inputs` are arrays of any floating dtype (ml_dtypes.bfloat16 too), taken as exact, or of integers.
    `log_ulps` is the environment's error of log, exp and the like. `summation` "naive" and
    `accumulator` "narrow" give the wider bounds of a degraded implementation; `function` names a
    documented formula or an alternative instead of the reference. Where `certified` (None: in float64)
    the value is the midpoint of a rigorous enclosure.

    Raises ValueError where the formula does (an unknown reduction), and for an unknown convention,
    choice, dtype, summation or accumulator; KeyError for an unknown `function`.
    """
    computation = Computation.of_value(formula, inputs, attributes, conventions, function)
    arithmetic = Arithmetic.of(dtype, log_ulps, summation, accumulator)
    wanted = dtype == "float64" if certified is None else certified
    return _evaluated(computation, arithmetic, wanted)[VALUE[0]]


def evaluate_together(
    formula: Formula,
    inputs: Sequence[Inputs],
    attributes: Mapping[str, Any],
    dtype: str,
    log_ulps: float = 1.0,
) -> list[Reference | None]:
    """What `evaluate` says of each of `inputs`, which have the same shapes and dtypes, bit for bit.

    None stands for what is left to `evaluate`: what balls are asked about, and all, where the formula does
    what cannot be done to many at once, or has no answer. One after the other, small inputs take several
    times as long.
    """
    found: list[Reference | None] = [None] * len(inputs)
    if dtype == "float64":
        return found
    arithmetic = Arithmetic.of(dtype, log_ulps)
    together = {name: np.stack([each[name] for each in inputs]) for name in inputs[0]}
    try:
        computation = Computation.of_value(formula, together, attributes, None, None)
        value, bound = computation.bounded_together(arithmetic)[VALUE[0]]
    except Exception:  # `evaluate` raises it, too, unless it is about stacks
        return found
    finite = np.isfinite(value).reshape(len(inputs), -1).all(axis=1)
    for place in np.flatnonzero(finite).tolist():
        found[place] = Reference(value[place, ...], None, bound[place, ...], dtype)
    return found


def evaluate_gradients(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    dtype: str,
    upstream: NDArray[Any],
    *,
    conventions: Mapping[str, str] | None = None,
    log_ulps: float = 1.0,
    summation: str = "pairwise",
    accumulator: str | None = None,
    function: str | None = None,
    certified: bool | None = None,
) -> dict[str, Reference]:
    """Evaluate the gradients with respect to each input, of its shape, by the input's name.

    `upstream` is the gradient with respect to the result, of its shape and any floating dtype, taken as
    exact. `function` names one of the formula's `vjp_alternatives`. `certified` is, unless given, True in
    float64 up to `ENCLOSED_LIMIT` elements of input. All else as for `evaluate`; raises as it does, and
    KeyError for a formula without gradients.
    """
    computation = Computation.of_gradients(formula, inputs, attributes, upstream, conventions, function)
    if certified is None:
        certified = dtype == "float64" and computation.size <= ENCLOSED_LIMIT
    return _evaluated(computation, Arithmetic.of(dtype, log_ulps, summation, accumulator), certified)


def _evaluated(computation: Computation, arithmetic: Arithmetic, certified: bool) -> dict[str, Reference]:
    dtype = arithmetic.dtype
    results = computation.bounded(arithmetic)
    if not (certified or _needs_repair(results, computation.size)):
        return {name: Reference(value, None, bound, dtype) for name, (value, bound) in results.items()}
    from conformance.reference.certified import certified_results  # most runs do without python-flint

    return {
        name: Reference(head, tail, bound, dtype, undecided)
        for name, (head, tail, bound, undecided) in certified_results(computation, results).items()
    }


def _needs_repair(results: Mapping[str, tuple[Doubles, Doubles]], size: int) -> bool:
    if all(bool(np.isfinite(value).all()) for value, _ in results.values()):
        return False
    return size <= REPAIR_LIMIT
