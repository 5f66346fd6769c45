"""What a bound is made of, and how much a result depends on its inputs: figures of a tolerance report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.reference.arithmetic import Arithmetic
from conformance.reference.computation import VALUE, Computation, Doubles, Inputs
from conformance.reference.formula import Formula

INFINITESIMAL = 2.0**-60


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """What a bound is made of; the three float64 arrays add up to it.

    `output` is the last rounding, `accumulation` what sums add, `elementwise` all the rest.
    """

    elementwise: Doubles
    accumulation: Doubles
    output: Doubles


def condition(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    *,
    conventions: Mapping[str, str] | None = None,
    function: str | None = None,
    of: str | None = None,
    upstream: NDArray[Any] | None = None,
) -> Doubles:
    """Return each element's relative condition number: its relative error per one in the inputs.

    Infinite where a zero depends on the inputs; 0 where nothing does. With `of`, that of the gradient
    with respect to this input, for the `upstream` gradient, which counts as an input, too.
    """
    computation, name = _chosen(formula, inputs, attributes, conventions, function, of, upstream)
    value, error = computation.bounded(Arithmetic.perfect(), INFINITESIMAL)[name]
    with np.errstate(all="ignore"):
        ratio = error / INFINITESIMAL / np.abs(value)
    return np.where((error == 0) & ~np.isnan(value), 0.0, np.asarray(ratio))


def components(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    dtype: str,
    *,
    conventions: Mapping[str, str] | None = None,
    log_ulps: float = 1.0,
    function: str | None = None,
    of: str | None = None,
    upstream: NDArray[Any] | None = None,
) -> Components:
    """Split the running bound that `evaluate` gives for the same arguments.

    With `of`, that of `evaluate_gradients` with respect to this input, for the `upstream` gradient.
    """
    computation, name = _chosen(formula, inputs, attributes, conventions, function, of, upstream)
    arithmetic = Arithmetic.of(dtype, log_ulps)
    value, bound = computation.bounded(arithmetic)[name]
    _, exact_sums = computation.bounded(Arithmetic.of(dtype, log_ulps, "exact"))[name]
    with np.errstate(all="ignore"):
        accumulation = np.where(np.isfinite(bound), bound - exact_sums, 0.0)
        output = np.fmin(arithmetic.u * np.abs(value), exact_sums)
        elementwise = bound - accumulation - output
    return Components(np.asarray(elementwise), accumulation, np.asarray(output))


def _chosen(
    formula: Formula,
    inputs: Inputs,
    attributes: Mapping[str, Any],
    conventions: Mapping[str, str] | None,
    function: str | None,
    of: str | None,
    upstream: NDArray[Any] | None,
) -> tuple[Computation, str]:
    if of is None and upstream is None:
        return Computation.of_value(formula, inputs, attributes, conventions, function), VALUE[0]
    if of is None or upstream is None:
        raise ValueError("a gradient needs both: `of` which input, and the `upstream` gradient")
    return Computation.of_gradients(formula, inputs, attributes, upstream, conventions, function), of
