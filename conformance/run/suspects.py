"""The catalogue of what may have gone wrong: each suspect is the reference with one thing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.compare import format_of
from conformance.plan import Call
from conformance.reference import Formula
from conformance.run.altered import Alteration

_EPSILONS = (1e-6, 1e-7, 1e-8, 1e-10, 1e-12, 1e-16, 1e-20, 1e-38)
_CLAMPS = (-100.0, -88.0, -50.0, -20.0, -16.0)


@dataclass(frozen=True, slots=True, eq=False)
class Suspect:
    """A changed computation; `text` completes "the result equals ...".

    What is changed: the `attributes`, the `inputs` before they are used, the operations
    (`alteration`), the `function` (a documented or equivalent form), or the `result`. A suspect that
    gives no finite number explains nothing, unless it is about `overflow`.
    """

    name: str
    text: str
    attributes: dict[str, Any] | None = None
    inputs: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    alteration: Alteration | None = None
    function: str | None = None
    result: Callable[[Any], Any] | None = None
    overflow: bool = False


def _through(dtype: str) -> Callable[[Any], Any]:
    """Rounds every element to `dtype`, and comes back to float64."""
    kind = format_of(dtype).dtype
    return lambda values: np.asarray(values, dtype=np.float64).astype(kind).astype(np.float64)


def _sequential_sum(dtype: str) -> Callable[..., Any]:
    kind = format_of(dtype).dtype

    def total(values: Any, axis: Any = None, **_: Any) -> Any:
        terms = np.asarray(values).astype(kind)
        running = np.add.accumulate(np.ravel(terms) if axis is None else terms, axis=axis or 0)
        last = np.take(running, -1, axis=axis or 0) if running.size else np.zeros((), kind)
        return np.float64(last) if axis is None else last.astype(np.float64)

    return total


def _rounded_divisor(dtype: str) -> Callable[..., Any]:
    rounded = _through(dtype)
    return lambda dividend, divisor: np.divide(
        dividend, rounded(divisor) if np.ndim(divisor) == 0 else divisor
    )


def _without_last(values: Any, axis: Any = None, **options: Any) -> Any:
    return np.sum(values, axis=axis, **options) if axis is not None else np.sum(np.ravel(values)[:-1])


def _masked() -> Iterator[Suspect]:
    in_sum = Alteration({np.sum: lambda values, **options: np.nansum(values, **options)})
    yield Suspect(
        "nan-masked-sum", "the formula with NaN terms counted as 0", alteration=in_sum, overflow=True
    )
    masked = Alteration(after=lambda values: np.where(np.isnan(values), 0.0, values))
    yield Suspect("nan-masked", "the formula with NaN replaced by 0", alteration=masked, overflow=True)


def _overflows(formula: Formula, dtype: str) -> Iterator[Suspect]:
    step = Alteration(after=_through(dtype))
    text = f"with every operation rounded to {dtype}, where an intermediate overflows"
    yield Suspect("operation-by-operation", f"the formula {text}", alteration=step, overflow=True)
    for name in formula.alternatives:
        yield Suspect(
            f"{name}-operation-by-operation",
            f"the {name} form {text}",
            alteration=step,
            function=name,
            overflow=True,
        )
    if dtype == "float64":
        single = _through("float32")
        log = Alteration({np.log: lambda y: single(np.log(single(y)))})
        text = "the formula with log computed in float32, whose range its argument leaves"
        yield Suspect("log-float32-overflow", text, alteration=log, overflow=True)


def _attributes(call: Call) -> Iterator[Suspect]:
    attributes = dict(call.spec.attributes)
    for name, default in call.spec.operator.attributes.items():
        values = {default}
        for api in call.spec.operator.apis.values():
            for parameter in api.parameters:
                if parameter.name == name and parameter.values is not None:
                    values.update(parameter.values)
        for value in sorted(values - {attributes[name]}, key=str):
            text = f"the formula with {name}={value!r} in place of {attributes[name]!r}"
            yield Suspect(f"{name}={value}", text, attributes={**attributes, name: value})


def _swapped(call: Call) -> Iterator[Suspect]:
    if len(call.arrays) == 2:
        yield Suspect(
            "swapped",
            "the formula with its arguments swapped",
            inputs=lambda inputs: dict(zip(inputs, reversed(list(inputs.values())), strict=True)),
        )


def _rounding(dtype: str) -> Iterator[Suspect]:
    divisor = Alteration({np.divide: _rounded_divisor(dtype)})
    text = f"the formula with its divisor rounded to {dtype} (infinite where the count is too large for it)"
    yield Suspect("divisor-rounded", text, alteration=divisor)
    tiny = format_of(dtype).smallest_normal

    def flush(values: Any) -> Any:
        return np.where(np.abs(values) < tiny, 0.0, values)

    yield Suspect(
        "subnormals-flushed",
        "the formula with subnormal numbers flushed to 0",
        inputs=lambda inputs: {name: flush(array) for name, array in inputs.items()},
        alteration=Alteration(after=flush),
    )
    if dtype in ("float16", "bfloat16"):
        running = Alteration({np.sum: _sequential_sum(dtype)})
        yield Suspect(f"sum-{dtype}", f"the formula summed one by one in {dtype}", alteration=running)
    for narrower in {"float64": ("float32", "float16"), "float32": ("bfloat16", "float16")}.get(dtype, ()):
        step = Alteration(after=_through(narrower))
        yield Suspect(f"all-{narrower}", f"the formula computed in {narrower}", alteration=step)


def _constants() -> Iterator[Suspect]:
    for eps in _EPSILONS:
        shifted = Alteration({np.log: lambda y, eps=eps: np.log(y + eps)})
        yield Suspect(f"log-plus-{eps:g}", f"the formula with log(y + {eps:g})", alteration=shifted)
        floored = Alteration({np.log: lambda y, eps=eps: np.log(np.maximum(y, eps))})
        text = f"the formula with the argument of log clamped at {eps:g}"
        yield Suspect(f"log-floor-{eps:g}", text, alteration=floored)
    for level in _CLAMPS:
        clamped = Alteration({np.log: lambda y, level=level: np.maximum(np.log(y), level)})
        yield Suspect(f"log-clamp{level:g}", f"the formula with log clamped at {level:g}", alteration=clamped)


def _counts(call: Call) -> Iterator[Suspect]:
    dropped = Alteration({np.sum: _without_last})
    yield Suspect("last-dropped", "the formula without its last term", alteration=dropped)
    for off, size in ((-1, "small"), (1, "large")):
        divisor = Alteration(
            {np.divide: lambda a, b, off=off: np.divide(a, b + off if np.ndim(b) == 0 else b)}
        )
        yield Suspect(f"divisor{off:+d}", f"the formula with a divisor one too {size}", alteration=divisor)
    first = next(iter(call.arrays.values()))
    if isinstance(first, np.ndarray) and first.ndim:
        rows = first.shape[0]
        text = f"the formula's result divided once more by the batch size ({rows})"
        yield Suspect("divided-twice", text, result=lambda result: result / rows)
    negated = Alteration({np.subtract: lambda a, b: np.subtract(b, a)})
    yield Suspect("sign", "the formula with the opposite sign", alteration=negated)


def suspects(formula: Formula, call: Call, nonfinite: bool) -> Iterator[Suspect]:
    """All changed computations that may explain a wrong result of `call`, the likeliest first.

    `nonfinite`: the result is wrong by being infinite or NaN, or by not being so.
    """
    dtype = call.spec.dtype
    yield from _masked()
    if nonfinite:
        yield from _overflows(formula, dtype)
    yield from _swapped(call)
    yield from _attributes(call)
    for name in formula.formulas:
        yield Suspect(f"formula-{name}", f"the documented formula {name!r}", function=name)
    yield from _rounding(dtype)
    yield from _counts(call)
    yield from _constants()
