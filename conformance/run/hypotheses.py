"""The nearest known explanation of a wrong result: computed from altered formulas, never guessed.

Each suspect is the reference's own formula with one thing changed. A suspect explains an output
that lies within the suspect's own error bound, when every element of it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from conformance.compare import compare
from conformance.plan import Call
from conformance.reference import Reference
from conformance.run.altered import Alteration, Altered
from conformance.run.references import Machine, References, inputs_of

Array = np.ndarray[Any, Any]

LARGEST = 100_000  # elements beyond which suspects are not computed
_EPSILONS = (1e-6, 1e-7, 1e-8, 1e-10, 1e-12, 1e-16, 1e-20, 1e-38)
_CLAMPS = (-100.0, -88.0, -50.0, -20.0, -16.0)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`text` completes "the result equals ..."."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Suspect:
    """A changed computation: other attributes, inputs exchanged, or altered operations."""

    hypothesis: Hypothesis
    attributes: dict[str, Any] | None = None
    swapped: bool = False
    alteration: Alteration | None = None
    function: str | None = None


def _numpy_dtype(name: str) -> np.dtype[Any]:
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def _through(dtype: str) -> Any:
    """Round every element to `dtype`, and come back to float64."""
    kind = _numpy_dtype(dtype)

    def rounded(values: Any) -> Any:
        return np.asarray(values, dtype=np.float64).astype(kind).astype(np.float64)

    return rounded


def _sequential_sum(dtype: str) -> Any:
    rounded = _through(dtype)

    def total(values: Any, axis: Any = None, **_: Any) -> Any:
        running = np.float64(0.0)
        for value in np.ravel(values).tolist() if axis is None else [np.sum(values, axis=axis)]:
            running = rounded(running + value)
        return np.float64(running)

    return total


def _rounded_divisor(dtype: str) -> Any:
    rounded = _through(dtype)
    return lambda dividend, divisor: np.divide(dividend, rounded(divisor) if np.ndim(divisor) == 0 else divisor)


def _without_last(values: Any, axis: Any = None, **options: Any) -> Any:
    if axis is not None:
        return np.sum(values, axis=axis, **options)
    return np.sum(np.ravel(values)[:-1])


def _attribute_suspects(call: Call) -> Iterator[Suspect]:
    attributes = dict(call.spec.attributes)
    for name, default in call.spec.operator.attributes.items():
        values = {default}
        for api in call.spec.operator.apis.values():
            for parameter in api.parameters:
                if parameter.name == name and parameter.values is not None:
                    values.update(parameter.values)
        for value in sorted(values - {attributes[name]}, key=str):
            text = f"the formula with {name}={value!r} in place of {attributes[name]!r}"
            yield Suspect(Hypothesis(f"{name}={value}", text), attributes={**attributes, name: value})


def _special_suspects() -> Iterator[Suspect]:
    zeroed = Alteration({np.sum: lambda values, **options: np.sum(np.nan_to_num(values, nan=0.0), **options)})
    yield Suspect(Hypothesis("nan-masked-sum", "the formula with NaN terms counted as 0"), alteration=zeroed)
    masked = Alteration(after=lambda values: np.where(np.isnan(values), 0.0, values))
    yield Suspect(Hypothesis("nan-masked", "the formula with NaN replaced by 0"), alteration=masked)


def _precision_suspects(dtype: str) -> Iterator[Suspect]:
    narrower = {"float64": ("float32", "float16"), "float32": ("bfloat16", "float16")}.get(dtype, ())
    for name in narrower:
        log = _through(name)
        altered = Alteration({np.log: lambda y, log=log: log(np.log(log(y)))})
        yield Suspect(Hypothesis(f"log-{name}", f"the formula with log computed in {name}"), alteration=altered)
        exp = Alteration({np.exp: lambda y, log=log: log(np.exp(log(y)))})
        yield Suspect(Hypothesis(f"exp-{name}", f"the formula with exp computed in {name}"), alteration=exp)
        all_of_it = Alteration(after=log)
        yield Suspect(Hypothesis(f"all-{name}", f"the formula computed in {name}"), alteration=all_of_it)
    divisor = Alteration({np.divide: _rounded_divisor(dtype)})
    text = f"the formula with the divisor rounded to {dtype} (infinite where the count is too large for it)"
    yield Suspect(Hypothesis("divisor-rounded", text), alteration=divisor)
    if dtype in ("float16", "bfloat16"):
        running = Alteration({np.sum: _sequential_sum(dtype)})
        text = f"the formula summed one by one in {dtype}"
        yield Suspect(Hypothesis(f"sum-{dtype}", text), alteration=running)
    tiny = float(ml_dtypes.finfo(_numpy_dtype(dtype)).smallest_normal)
    flushed = Alteration(after=lambda values: np.where(np.abs(values) < tiny, 0.0, values))
    yield Suspect(Hypothesis("subnormals-flushed", "the formula with subnormal numbers flushed to 0"), alteration=flushed)


def _constant_suspects() -> Iterator[Suspect]:
    for eps in _EPSILONS:
        shifted = Alteration({np.log: lambda y, eps=eps: np.log(y + eps)})
        yield Suspect(Hypothesis(f"log-plus-{eps:g}", f"the formula with log(y + {eps:g})"), alteration=shifted)
        floored = Alteration({np.log: lambda y, eps=eps: np.log(np.maximum(y, eps))})
        text = f"the formula with the argument of log clamped at {eps:g}"
        yield Suspect(Hypothesis(f"log-floor-{eps:g}", text), alteration=floored)
    for level in _CLAMPS:
        clamped = Alteration({np.log: lambda y, level=level: np.maximum(np.log(y), level)})
        yield Suspect(Hypothesis(f"log-clamp{level:g}", f"the formula with log clamped at {level:g}"), alteration=clamped)


def _shape_suspects() -> Iterator[Suspect]:
    dropped = Alteration({np.sum: _without_last})
    yield Suspect(Hypothesis("last-dropped", "the formula without its last term"), alteration=dropped)
    for off in (-1, 1):
        divisor = Alteration({np.divide: lambda a, b, off=off: np.divide(a, b + off if np.ndim(b) == 0 else b)})
        text = f"the formula with a divisor that is {'one too small' if off < 0 else 'one too large'}"
        yield Suspect(Hypothesis(f"divisor{off:+d}", text), alteration=divisor)
    negated = Alteration({np.subtract: lambda a, b: np.subtract(b, a)})
    yield Suspect(Hypothesis("sign", "the formula with the opposite sign"), alteration=negated)


def _rounded_suspects(references: References, call: Call) -> Iterator[Suspect]:
    """Every documented or equivalent form, with each operation rounded to the dtype."""
    dtype = call.spec.dtype
    step = Alteration(after=_through(dtype))
    text = f"the formula with every operation rounded to {dtype}, where an intermediate overflows"
    yield Suspect(Hypothesis("operation-by-operation", text), alteration=step)
    formula = references.formula(call.spec.operator.name)
    for name in (*formula.alternatives, *formula.formulas):
        text = f"the {name} form with every operation rounded to {dtype}, where an intermediate overflows"
        yield Suspect(Hypothesis(f"{name}-operation-by-operation", text), alteration=step, function=name)


def suspects(references: References, call: Call, nonfinite: bool) -> Iterator[Suspect]:
    """All changed computations that may explain a wrong result of `call`, the likeliest first.

    `nonfinite`: the result is wrong by being infinite or NaN, or by not being so.
    """
    dtype = call.spec.dtype
    yield from _special_suspects()
    if nonfinite:
        yield from _rounded_suspects(references, call)
    if len(call.arrays) == 2:
        yield Suspect(Hypothesis("swapped", "the formula with its arguments swapped"), swapped=True)
    yield from _attribute_suspects(call)
    for name in references.formula(call.spec.operator.name).formulas:
        yield Suspect(Hypothesis(f"formula-{name}", f"the documented formula {name!r}"), function=name)
    yield from _precision_suspects(dtype)
    if not nonfinite:
        yield from _rounded_suspects(references, call)
    yield from _constant_suspects()
    yield from _shape_suspects()


def _compute(references: References, call: Call, suspect: Suspect) -> Array:
    """The float64 result of a suspect."""
    inputs: dict[str, Any] = {name: array.astype(np.float64) for name, array in inputs_of(call).items()}
    if suspect.swapped:
        inputs = dict(zip(inputs, reversed(list(inputs.values())), strict=True))
    if suspect.alteration is not None:
        inputs = {name: Altered(array, suspect.alteration) for name, array in inputs.items()}
    function = references.formula(call.spec.operator.name).chosen(suspect.function)
    result = function(**inputs, **(suspect.attributes or dict(call.spec.attributes)))
    return np.asarray(result.value if isinstance(result, Altered) else result, dtype=np.float64)


def explain(
    references: References, call: Call, actual: Array, reference: Reference, machine: Machine
) -> Hypothesis | None:
    """The first suspect whose exact result lies within the bound of `actual`, or None."""
    if actual.size > LARGEST or any(array.size > LARGEST for array in inputs_of(call).values()):
        return None
    bound = np.where(np.isfinite(reference.bound), reference.bound, 0.0)
    nonfinite = bool(np.any(np.isfinite(actual) != np.isfinite(reference.value)))
    with np.errstate(all="ignore"):
        for suspect in suspects(references, call, nonfinite):
            try:
                value = _compute(references, call, suspect)
            except (TypeError, ValueError, ArithmeticError):
                continue  # the change makes no sense for this call
            if value.shape != actual.shape:
                continue
            found = compare(actual, value, None, bound, call.spec.dtype, flush_to_zero=machine.flush_to_zero)
            if found.passed:
                return suspect.hypothesis
    return None
