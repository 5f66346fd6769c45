"""Gradients of KL divergence as kernels compute them, operation by operation in the dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from simulated_kernels import LOGS, Array, rounded, softmax, wider

from conformance.reference import Reference, evaluate_gradients, load

FORMULA = load("kl_div")
EVERYWHERE = {"zero_target_gradient": "zero"}  # kernels here are not about zero targets

Kernel = Callable[[Array, Array, Array, int], tuple[Array, Array]]
Form = Callable[[Array, Array, Array, Callable[[Array], Array]], Array]


def upstreams(dtype: str, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Random signs, magnitudes in [0.5, 2), rounded to `dtype`."""
    return rounded(rng.choice([-1.0, 1.0], shape) * 2.0 ** rng.uniform(-1, 0.999, shape), dtype)


def probabilities(dtype: str) -> tuple[Array, Array, np.random.Generator]:
    """Log-probabilities and probabilities of six distributions, rounded to `dtype`."""
    rng = np.random.default_rng(7)
    x, y = (softmax(rng.normal(size=(6, 9)) * 2) for _ in range(2))
    return rounded(np.log(x), dtype), rounded(y, dtype), rng


def references(x: Array, y: Array, g: Array, dtype: str, **attributes: Any) -> dict[str, Reference]:
    """The reference of both gradients."""
    inputs = {"input": x, "target": y}
    return evaluate_gradients(FORMULA, inputs, attributes, dtype, g, conventions=EVERYWHERE)


# -- what becomes of a division by n ---------------------------------------------------------------


def divided(g: Array, n: int) -> Array:
    """In the wider type, as kernels divide by a scalar, rounded once."""
    if n == 1:
        return g
    wide = np.dtype(np.float32 if g.dtype.itemsize == 2 else g.dtype)
    return np.asarray(g.astype(wide) / wide.type(n)).astype(g.dtype)


def times_reciprocal(g: Array, n: int) -> Array:
    """Multiplied by 1/n, which is rounded first."""
    if n == 1:
        return g
    wide = np.dtype(np.float32 if g.dtype.itemsize == 2 else g.dtype)
    return np.asarray(g.astype(wide) * (wide.type(1) / wide.type(n))).astype(g.dtype)


# -- the derivative by the target, for a weight w ---------------------------------------------------


def composed(x: Array, y: Array, w: Array, log: Callable[[Array], Array]) -> Array:
    """The chain rule through y (log y - x)."""
    return w * (log(y) - x) + w * y / y


def collected(x: Array, y: Array, w: Array, log: Callable[[Array], Array]) -> Array:
    """w (log y + 1 - x), in the order in which it is read."""
    return w * (log(y) + y.dtype.type(1) - x)


def expanded(x: Array, y: Array, w: Array, log: Callable[[Array], Array]) -> Array:
    """The chain rule through y log y - y x, the logarithm's two parts first."""
    return w * log(y) + w * y / y - w * x


def expanded_last(x: Array, y: Array, w: Array, log: Callable[[Array], Array]) -> Array:
    """The same in the order in which it cancels early."""
    return (w * log(y) - w * x) + w


def log_composed(x: Array, t: Array, w: Array, exp: Callable[[Array], Array]) -> Array:
    """The chain rule through exp(t) (t - x)."""
    return w * (t - x) * exp(t) + w * exp(t)


def log_weighted(x: Array, t: Array, w: Array, exp: Callable[[Array], Array]) -> Array:
    """The same with the weight first on the power."""
    power = w * exp(t)
    return power * (t - x) + power


def log_collected(x: Array, t: Array, w: Array, exp: Callable[[Array], Array]) -> Array:
    """w exp(t) (t - x + 1)."""
    return exp(t) * ((t - x) + t.dtype.type(1)) * w


def log_read(x: Array, t: Array, w: Array, exp: Callable[[Array], Array]) -> Array:
    """w (t + 1 - x) exp(t): t + 1 is exact for t <= -1, and nearly always above 1."""
    return w * ((t + t.dtype.type(1) - x) * exp(t))


def log_expanded(x: Array, t: Array, w: Array, exp: Callable[[Array], Array]) -> Array:
    """The chain rule through exp(t) t - exp(t) x, which cancels where t and x are close."""
    power = w * exp(t)
    return power * t + power - power * x


FORMS: dict[str, Form] = {
    "composed": composed,
    "collected": collected,
    "expanded": expanded,
    "expanded, one last": expanded_last,
}
LOG_FORMS: dict[str, Form] = {
    "composed": log_composed,
    "weighted": log_weighted,
    "collected": log_collected,
    "as read": log_read,
}
DIVISIONS = {"divided": divided, "reciprocal": times_reciprocal}


def wide_exp(t: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.exp(t.astype(wider(str(t.dtype)))).astype(t.dtype)


def gradients(
    x: Array,
    y: Array,
    g: Array,
    n: int,
    *,
    form: Form,
    function: Any,
    divide: Any,
    last: bool,
    log_target: bool,
) -> tuple[Array, Array]:
    """Both gradients, unreduced; the division by n comes first, or `last`."""
    w = np.broadcast_to(g if last else divide(g, n), np.broadcast_shapes(x.shape, y.shape))
    to_input, to_target = -(w * (function(y) if log_target else y)), form(x, y, w, function)
    return (divide(to_input, n), divide(to_target, n)) if last else (to_input, to_target)


def gradient_kernels(dtype: str, log_target: bool) -> Iterator[tuple[str, Kernel]]:
    """All sensible kernels for a dtype, by name."""
    functions = {"native": np.exp, "wide": wide_exp} if log_target else LOGS
    for form_name, form in (LOG_FORMS if log_target else FORMS).items():
        for name, function in functions.items():
            for divide_name, divide in DIVISIONS.items():
                for last in (False, True):
                    where = "last" if last else "first"
                    yield (
                        f"{form_name}, {name}, {divide_name} {where}",
                        partial(
                            gradients,
                            form=form,
                            function=function,
                            divide=divide,
                            last=last,
                            log_target=log_target,
                        ),
                    )
    if dtype in ("float16", "bfloat16"):
        for form_name, form in (LOG_FORMS if log_target else FORMS).items():
            yield f"{form_name}, fused in float32", partial(_fused, form=form, log_target=log_target)


def _fused(x: Array, y: Array, g: Array, n: int, *, form: Form, log_target: bool) -> tuple[Array, Array]:
    wide = [part.astype(np.float32) for part in (x, y, g)]
    function = np.exp if log_target else np.log
    both = gradients(
        wide[0],
        wide[1],
        wide[2],
        n,
        form=form,
        function=function,
        divide=divided,
        last=False,
        log_target=log_target,
    )
    return both[0].astype(x.dtype), both[1].astype(x.dtype)
