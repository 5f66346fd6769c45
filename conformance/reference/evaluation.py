"""One formula in several arithmetics: its value, its error bound, and the proof of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from conformance.reference.arithmetic import Arithmetic
from conformance.reference.ball import UndecidedError
from conformance.reference.bound import Bounded
from conformance.reference.cache import cached_enclosure
from conformance.reference.enclosure import Enclosure
from conformance.reference.formula import Formula
from conformance.reference.rules import spread

Inputs: TypeAlias = "Mapping[str, NDArray[Any]]"
Doubles: TypeAlias = "NDArray[np.float64]"

# Up to this many input elements, a result that is not finite in float64 is asked of the balls even
# where the check's dtype is narrower: float64 itself may have overflowed on the way.
REPAIR_LIMIT = 1 << 14
INFINITESIMAL = 2.0**-60


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
    chosen, options = formula.chosen(function), {**attributes, **formula.checked(conventions)}
    arrays = _exact(inputs)
    arithmetic = Arithmetic.of(dtype, log_ulps, summation, accumulator)
    value, bound = _run(chosen, arrays, options, arithmetic)
    wanted = dtype == "float64" if certified is None else certified
    if not (wanted or _needs_repair(value, arrays)):
        return Reference(value, None, bound, dtype)
    try:
        rigorous = cached_enclosure(chosen, arrays, options)
    except UndecidedError as reason:
        return Reference(value, None, bound, dtype, str(reason))
    with np.errstate(all="ignore"):
        same_kind = (np.isfinite(value) & np.isfinite(rigorous.head)) | _identical(value, rigorous.head)
        bound = np.where(same_kind, bound + rigorous.radius, np.inf)
    return Reference(rigorous.head, rigorous.tail, bound, dtype)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whether float64 values lie within their own float64 running bound of a rigorous enclosure.

    `max_ratio` is the largest error in units of that bound. `unknown` counts the elements that say
    nothing: the bound is infinite, or float64 itself overflowed on the way (`evaluate` then returns
    the enclosure's value, without a bound). `worst_index` is where the ratio is largest,
    or a value is of the wrong kind. `undecided` says why the enclosure failed, in which case nothing
    is certified.
    """

    certified: bool
    max_ratio: float
    worst_index: tuple[int, ...] | None
    unknown: int
    bits: int
    undecided: str | None = None


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
    chosen, options = formula.chosen(function), {**attributes, **formula.checked(conventions)}
    arrays = _exact(inputs)
    value, bound = _run(chosen, arrays, options, Arithmetic.of("float64"))
    try:
        rigorous = cached_enclosure(chosen, arrays, options)
    except UndecidedError as reason:
        return Certificate(False, np.inf, None, int(np.size(value)), 0, str(reason))
    return _judged(value, bound, rigorous)


def condition(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    *,
    conventions: Mapping[str, str] | None = None,
    function: str | None = None,
) -> Doubles:
    """Return each element's relative condition number: its relative error per one in the inputs.

    Infinite where a zero depends on the inputs; 0 where nothing does.
    """
    chosen, options = formula.chosen(function), {**attributes, **formula.checked(conventions)}
    value, error = _run(chosen, _exact(inputs), options, Arithmetic.perfect(), INFINITESIMAL)
    with np.errstate(all="ignore"):
        ratio = error / INFINITESIMAL / np.abs(value)
    return np.where((error == 0) & ~np.isnan(value), 0.0, np.asarray(ratio))


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """What a bound is made of; the three float64 arrays add up to it.

    `output` is the last rounding, `accumulation` what sums add, `elementwise` all the rest.
    """

    elementwise: Doubles
    accumulation: Doubles
    output: Doubles


def components(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    dtype: str,
    *,
    conventions: Mapping[str, str] | None = None,
    log_ulps: float = 1.0,
    function: str | None = None,
) -> Components:
    """Split the running bound that `evaluate` gives for the same arguments."""
    chosen, options = formula.chosen(function), {**attributes, **formula.checked(conventions)}
    arrays, arithmetic = _exact(inputs), Arithmetic.of(dtype, log_ulps)
    value, bound = _run(chosen, arrays, options, arithmetic)
    _, exact_sums = _run(chosen, arrays, options, Arithmetic.of(dtype, log_ulps, "exact"))
    with np.errstate(all="ignore"):
        accumulation = np.where(np.isfinite(bound), bound - exact_sums, 0.0)
        output = np.fmin(arithmetic.u * np.abs(value), exact_sums)
        elementwise = bound - accumulation - output
    return Components(np.asarray(elementwise), accumulation, np.asarray(output))


def _exact(inputs: Inputs) -> dict[str, Any]:
    """Floating inputs as float64, which holds every narrower dtype exactly; others as they are."""
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    with np.errstate(invalid="ignore"):  # A signalling NaN of bfloat16 warns.
        return {
            name: array if array.dtype.kind in "iub" else array.astype(np.float64)
            for name, array in arrays.items()
        }


def _run(
    function: Callable[..., Any],
    arrays: dict[str, Any],
    options: dict[str, Any],
    arithmetic: Arithmetic,
    relative_error: float = 0.0,
) -> tuple[Doubles, Doubles]:
    with np.errstate(all="ignore"):
        carried = {
            name: Bounded(array, relative_error * np.abs(array) if relative_error else None, arithmetic)
            if array.dtype == np.float64
            else array
            for name, array in arrays.items()
        }
        result = function(**carried, **options)
    if not isinstance(result, Bounded):
        value = np.asarray(result, dtype=np.float64)
        return value, np.zeros(value.shape)
    value = np.asarray(result.value)
    error = 0.0 if result.error is None else result.error
    return value, np.array(spread(error, value.shape))


def _needs_repair(value: Doubles, arrays: dict[str, Any]) -> bool:
    if bool(np.isfinite(value).all()):
        return False
    return bool(sum(array.size for array in arrays.values()) <= REPAIR_LIMIT)


def _identical(a: Doubles, b: Doubles) -> NDArray[np.bool_]:
    return np.asarray(a == b) | (np.isnan(a) & np.isnan(b))


def _judged(value: Doubles, bound: Doubles, rigorous: Enclosure) -> Certificate:
    with np.errstate(all="ignore"):
        known = np.isfinite(bound) & (np.isfinite(value) | _identical(value, rigorous.head))
        error = np.abs((value - rigorous.head) - rigorous.tail)
        ratio = np.where(error == 0, 0.0, error / (bound + rigorous.radius))
        ratio = np.where(_identical(value, rigorous.head), np.nan_to_num(ratio, nan=0.0), ratio)
    ratio = np.where(known, np.nan_to_num(ratio, nan=np.inf), 0.0)
    worst = np.unravel_index(int(np.argmax(ratio)), ratio.shape) if ratio.size else None
    largest = float(ratio.max()) if ratio.size else 0.0
    return Certificate(
        certified=largest <= 1.0,
        max_ratio=largest,
        worst_index=None if worst is None else tuple(int(place) for place in worst),
        unknown=int(np.count_nonzero(~known)),
        bits=rigorous.bits,
    )
