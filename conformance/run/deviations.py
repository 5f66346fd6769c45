"""What may be behind numbers that differ: another convention, or an accepted loss of accuracy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from conformance.compare import Comparison, compare, format_of
from conformance.model import Convention
from conformance.mutants import HALF, Kernel, narrow_accumulators
from conformance.reference import Reference
from conformance.run.references import Machine, judge_by

Array = np.ndarray[Any, Any]
Evaluate = Callable[..., Reference]
"""Gives the reference of one array under other options: `conventions`, `summation`, `function` ..."""
Simulate = Callable[[Kernel], Array]
"""Gives what a simulated kernel returns in place of that array."""


def followed_convention(
    actual: Array, evaluate: Evaluate, known: Mapping[str, Convention], names: Iterable[str], machine: Machine
) -> dict[str, str] | None:
    """The conventions `names` under which `actual` is right, one of them not the usual; None for none."""
    usual = {name: known[name].reference for name in names}
    for name, choice, other in _others(evaluate, known, usual):
        if other.value.shape == actual.shape and not judge_by(other, actual, machine).mismatched:
            return {**usual, name: choice}
    return None


def told_conventions(
    reference: Reference, evaluate: Evaluate, known: Mapping[str, Convention], names: Iterable[str]
) -> dict[str, str]:
    """Those of the conventions `names`, by the reference's choice, whose other choices give other numbers."""
    usual = {name: known[name].reference for name in names}
    return {
        name: usual[name]
        for name in dict.fromkeys(
            name
            for name, _, other in _others(evaluate, known, usual)
            if not np.array_equal(other.value, reference.value, equal_nan=True)
        )
    }


def _others(
    evaluate: Evaluate, known: Mapping[str, Convention], usual: Mapping[str, str]
) -> Iterator[tuple[str, str, Reference]]:
    """Each choice that is not the usual one, with what it makes of the reference."""
    for name, reference in usual.items():
        for choice in known[name].choices:
            if choice == reference:
                continue
            try:
                yield name, choice, evaluate(conventions={name: choice})
            except ValueError:
                continue  # a convention may be to refuse the call


def lost_accuracy(
    actual: Array,
    reference: Reference,
    judged: Comparison,
    evaluate: Evaluate,
    simulate: Simulate,
    alternatives: Iterable[str],
    machine: Machine,
) -> str | None:
    """Which accepted loss of accuracy explains `actual`, with the digits it costs; None if none does.

    `judged` is its comparison with `reference`, `alternatives` are formulas that may be less accurate.

    A loss explains what lies within its running bound, if that leaves something of each wrong value. Of
    a narrow accumulator it need not: the bound of a sum one by one, (n - 1) u sum|t|, holds for every n
    (Rump, Error estimation of floating-point summation and dot product, BIT 52, 2012), but from
    n = 1 / (2 u) on (128 terms of bfloat16, 1024 of float16) the allowance, twice that, exceeds any sum.
    Then all sorts of things fit it, and only what a kernel with such an accumulator really returns, within
    the reference's own allowance, is explained.
    """
    assert judged.mismatches is not None
    for name, options, kernels in _losses(reference.dtype, alternatives):
        wider = evaluate(certified=False, **options)
        if judge_by(replace(reference, bound=wider.bound), actual, machine).mismatched:
            continue
        smallest = format_of(reference.dtype).smallest_subnormal
        told_apart = 2.0 * wider.bound + 2.0 * smallest < np.abs(reference.value)
        if bool(np.all(told_apart | ~judged.mismatches)) or _returned(actual, reference, simulate, kernels):
            ratio = judged.max_bound_ratio
            lost = f", {np.log10(ratio):.1f} digits beyond the bound" if ratio and np.isfinite(ratio) else ""
            return f"{name}{lost}"
    return None


def _losses(
    dtype: str, alternatives: Iterable[str]
) -> Iterator[tuple[str, dict[str, Any], Iterable[Kernel]]]:
    """What each loss is called, the options of its bound, and kernels that have it."""
    yield "naive summation", {"summation": "naive"}, ()
    if dtype in HALF:
        narrow = narrow_accumulators()
        yield f"{dtype} accumulator", {"accumulator": "narrow"}, ()
        both = {"summation": "naive", "accumulator": "narrow"}
        yield f"naive summation in a {dtype} accumulator", both, narrow
    for name in alternatives:
        yield f"the {name} formula, less accurate here", {"function": name}, ()


def _returned(actual: Array, reference: Reference, simulate: Simulate, kernels: Iterable[Kernel]) -> bool:
    """Whether one of `kernels` returns `actual`, within the allowance around what is returned."""
    for kernel in kernels:
        value = simulate(kernel).astype(np.float64)
        if not compare(actual, value, None, reference.bound, reference.dtype).mismatched:
            return True
    return False
