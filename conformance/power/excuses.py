"""What a kernel without a defect really gets wrong, which is no false alarm of the suite."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.model import Check
from conformance.mutants import UPSTREAM, Alteration, Kernel, gradient_of, simulate
from conformance.power.bench import Bench
from conformance.power.figures import Innocent
from conformance.power.sample import wrong_elements
from conformance.reference import Reference, evaluate, evaluate_gradients

Array = np.ndarray[Any, Any]


def excuse(one: Innocent, bench: Bench, check: Check) -> list[str]:
    """Where to note a mismatch of a kernel without a defect: what its form of the formula explains, or not.

    What is not finite and ought to be is asked of balls, in which nothing overflows. Of a number the form's
    own running bound says whether anything could be left of it; else an intermediate must have been infinite.
    """
    actual, right = bench.result(bench.subject(check), check), bench.reference(check)
    kernel = bench.subject(check).parts[check.of]
    if actual is None or actual.shape != right.value.shape or not isinstance(kernel, Kernel):
        return one.false_alarms
    wrong = wrong_elements(actual, right)
    numbers = wrong & np.isfinite(actual.astype(np.float64))
    cancelled, beyond = _of_form(bench, check, kernel, actual, right)
    unexplained = numbers & beyond & ~cancelled
    if not wrong.any() or (unexplained.any() and not _overflows(bench, check, kernel, right, unexplained)):
        return one.false_alarms
    others = wrong & ~numbers
    if not others.any():
        if unexplained.any():
            return one.overflowed
        return one.cancelled if (numbers & cancelled).any() else one.false_alarms
    value = _form(bench, check, kernel, right.dtype, certified=True).value
    with np.errstate(all="ignore"):
        rounded = value.astype(format_of(right.dtype).dtype)
    left = wrong_elements(rounded, right) & others
    if not left.any():
        return one.overflowed
    if (np.isnan(value) & ~np.isnan(right.value) & left).any():
        return one.undefined
    return one.cancelled if cancelled[left].all() else one.false_alarms


def _of_form(
    bench: Bench, check: Check, kernel: Kernel, actual: Array, right: Reference
) -> tuple[Array, Array]:
    """Where the kernel's form of the formula, if it is not the reference's, leaves nothing of the value; and
    where `actual` is beyond that form's own bound."""
    if kernel.form is None:
        return np.zeros(right.value.shape, bool), np.ones(right.value.shape, bool)
    bound = _form(bench, check, kernel, right.dtype, certified=False).bound
    least = 2.0 * bound + 2.0 * format_of(right.dtype).smallest_subnormal
    beyond = wrong_elements(actual, replace(right, bound=bound))
    return np.asarray(~(least < np.abs(right.value))), beyond


def _overflows(bench: Bench, check: Check, kernel: Kernel, right: Reference, where: Array) -> bool:
    """Whether an intermediate of the kernel is infinite, and in a wider dtype its result is right `where`."""
    infinite = False

    def watch(values: Array) -> Array:
        nonlocal infinite
        infinite = infinite or bool(np.isinf(values).any())
        return values

    formula = bench.subject(check).formula
    side = formula if check.of is None else gradient_of(formula, check.of)
    function, inputs, attributes = side.chosen(kernel.form), bench.inputs(check), check.spec.attributes
    simulate(function, inputs, attributes, right.dtype, kernel, Alteration(after=watch))
    wide = simulate(function, inputs, attributes, right.dtype, replace(kernel, wide=True))
    return infinite and not (wrong_elements(wide, right) & where).any()


def _form(bench: Bench, check: Check, kernel: Kernel, dtype: str, *, certified: bool) -> Reference:
    """The kernel's form of the formula."""
    inputs = dict(bench.inputs(check))
    upstream = inputs.pop(UPSTREAM, None)
    given = (bench.subject(check).formula, inputs, check.spec.attributes, dtype)
    if upstream is None or check.of is None:
        return evaluate(*given, function=kernel.form, certified=certified)
    return evaluate_gradients(*given, upstream, function=kernel.form, certified=certified)[check.of]
