"""Simulated kernels: the reference's formula in the arithmetic of a dtype, as frameworks compute it.

A kernel's arithmetic is described, not written by hand, so that every formula that the reference has
can be run in it. A legitimate kernel has nothing wrong with it; an error allowance that one of them
exceeds is too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.mutants.altered import Alteration, Altered, is_floating, plain
from conformance.mutants.sums import SUMMATIONS, along_axes
from conformance.reference import Formula

Array = np.ndarray[Any, Any]

HALF = ("float16", "bfloat16")
ELEMENTARY = (
    np.exp,
    np.expm1,
    np.exp2,
    np.log,
    np.log1p,
    np.log2,
    np.log10,
    np.logaddexp,
    np.power,
    np.tanh,
)
_ROUNDED = (np.add, np.subtract, np.divide, np.sqrt)


@dataclass(frozen=True, slots=True)
class Kernel:
    """How a kernel computes.

    `wide`: in the next wider dtype throughout, rounded once at the end; else operation by operation.
    `ulps` is the error of exp, log and the like: 0.5 (rounded correctly) or 1. `summation` is one of
    `SUMMATIONS`; `accumulator` is the dtype's usual one, "wide", or "narrow" (the dtype itself).
    `contracted`: a product is not rounded before what it goes into (fused multiply-add). `form` names
    an algebraically equal form of the formula.
    """

    name: str
    wide: bool = False
    ulps: float = 0.5
    summation: str = "pairwise"
    accumulator: str = "usual"
    contracted: bool = False
    form: str | None = None


def usual(dtype: str) -> Kernel:
    """The kernel that frameworks ordinarily have: half types are computed in float32."""
    return Kernel("usual", wide=dtype in HALF)


def legitimate(formula: Formula, dtype: str) -> Iterator[Kernel]:
    """Kernels of which none may be a mismatch, and each ought to pass."""
    yield Kernel("operation-by-operation")
    yield Kernel("wide", wide=True)
    yield Kernel("log-1-ulp", ulps=1.0)
    yield Kernel("blocked-sum", summation="blocked")
    yield Kernel("kahan-sum", summation="Kahan")
    yield Kernel("backwards-sum", summation="backwards")
    yield Kernel("wide-accumulator", accumulator="wide")
    yield Kernel("fused-multiply-add", contracted=True)
    yield Kernel("fused-multiply-add-blocked-1-ulp", contracted=True, summation="blocked", ulps=1.0)
    if dtype in HALF:
        yield Kernel("wide-one-by-one", wide=True, summation="one by one")
        yield Kernel("wide-blocked", wide=True, summation="blocked")
    for form in formula.alternatives:
        yield from forms(form, wide=dtype in HALF)
        if dtype not in HALF:
            yield Kernel(f"{form}-form-wide", wide=True, form=form)


def forms(form: str, *, wide: bool) -> Iterator[Kernel]:
    """Kernels of an algebraically equal form of a formula."""
    prefix = f"{form}-form{'-wide' if wide else ''}"
    yield Kernel(prefix, wide=wide, form=form)
    yield Kernel(f"{prefix}-1-ulp-backwards", wide=wide, ulps=1.0, summation="backwards", form=form)
    yield Kernel(f"{prefix}-fused-multiply-add", wide=wide, contracted=True, form=form)


def narrow_accumulators() -> Iterator[Kernel]:
    """Kernels that add up in a half type itself, of terms computed in it, or in a wider one before."""
    for wide in (False, True):
        for summation in ("pairwise", "one by one", "backwards", "blocked"):
            order = "" if summation == "pairwise" else f"-{summation.replace(' ', '-')}"
            name = f"narrow-accumulator{order}{'-of-wide-terms' if wide else ''}"
            yield Kernel(name, wide=wide, accumulator="narrow", summation=summation)


def lossy(dtype: str) -> Iterator[Kernel]:
    """Kernels that lose accuracy without being wrong: not a mismatch either, but to be told apart."""
    if dtype in HALF:
        yield from narrow_accumulators()
    else:
        yield Kernel("one-by-one-sum", summation="one by one")


def combined(formula: Formula, dtype: str) -> Iterator[Kernel]:
    """Kernels with two losses at once: another form, and every operation of it rounded to a half type.

    Of what such a form cancels there may be nothing left; then it is a mismatch, and not `degraded`.
    """
    for form in formula.alternatives if dtype in HALF else ():
        yield from forms(form, wide=False)


def simulate(
    function: Callable[..., Any],
    inputs: Mapping[str, Any],
    options: Mapping[str, Any],
    dtype: str,
    kernel: Kernel,
    *changes: Alteration,
) -> Array:
    """What `kernel` returns for `inputs` of `dtype` (integers as they are), with `changes` on top.

    Raises what `function` raises.
    """
    own = format_of(dtype).dtype
    working = _wider(own) if kernel.wide else own
    with np.errstate(all="ignore"):
        arrays = {
            name: Altered(array.astype(working), _arithmetic(kernel, working, own), *changes)
            if is_floating(array)
            else array
            for name, array in inputs.items()
        }
        return np.asarray(plain(function(**arrays, **options))).astype(own)


def operations_of(
    function: Callable[..., Any], inputs: Mapping[str, Any], options: Mapping[str, Any], dtype: str
) -> frozenset[Any]:
    """The operations that `function` applies to `inputs` of `dtype`. Raises what `function` raises."""
    found: set[Any] = set()
    simulate(function, inputs, options, dtype, usual(dtype), Alteration(told=found.add))
    return frozenset(found)


def _wider(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What holds products of `dtype` exactly, or nearly so: x86 has 64 digits beyond float64's 53."""
    return np.dtype({2: np.float32, 4: np.float64, 8: np.longdouble}.get(dtype.itemsize, np.longdouble))


@cache
def _arithmetic(kernel: Kernel, working: np.dtype[Any], own: np.dtype[Any]) -> Alteration:
    operations: dict[Any, Callable[..., Any]] = {
        ufunc: partial(_elementary, working, kernel.ulps) for ufunc in ELEMENTARY
    }
    accumulator = {
        "narrow": own,
        "usual": np.promote_types(working, np.float32) if own.itemsize == 2 else working,
        "wide": np.dtype(np.float64) if own.itemsize == 2 else _wider(own),
    }[kernel.accumulator]
    operations[np.sum] = partial(_total, accumulator, kernel.summation)
    if kernel.contracted:
        operations[np.multiply] = _unrounded
        operations.update({ufunc: partial(_rounded, working) for ufunc in _ROUNDED})
    return Alteration(operations)


def _elementary(dtype: np.dtype[Any], ulps: float, operation: Any, *values: Any) -> Any:
    """Correctly rounded, or pushed away from that by up to half an ulp more, up and down in turns.

    NumPy's own float32 logarithm is good to 4 ulp only; so all are evaluated in a wider dtype.
    """
    wide = np.dtype(np.longdouble) if dtype.itemsize >= 8 else np.dtype(np.float64)
    exact = operation(*(np.asarray(each).astype(wide) for each in values))
    if ulps > 0.5:
        nearest = exact.astype(dtype)
        gap = np.abs(np.nextafter(nearest, np.asarray(np.inf, dtype)) - nearest).astype(wide)
        odd = np.floor(np.ldexp(np.frexp(exact)[0], 20)) % 2 == 1
        pushed = exact + np.where(odd, -1, 1) * (ulps - 0.5) * gap
        exact = np.where(np.isfinite(gap) & (exact != 0), pushed, exact)
    return exact.astype(dtype)


def _total(
    accumulator: np.dtype[Any], summation: str, operation: Any, terms: Any, *args: Any, **options: Any
) -> Any:
    return along_axes(SUMMATIONS[summation], np.asarray(terms).astype(accumulator), *args, **options)


def _unrounded(operation: Any, one: Any, other: Any) -> Any:
    wide = _wider(np.result_type(one, other))
    return operation(one.astype(wide), other.astype(wide))


def _rounded(dtype: np.dtype[Any], operation: Any, *operands: Any) -> Any:
    return operation(*operands).astype(dtype)
