"""KL divergence as kernels compute it, operation by operation in the dtype, and some that go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np

Array = np.ndarray[Any, Any]

DTYPES = ("float16", "bfloat16", "float32", "float64")
REDUCTIONS = ("none", "sum", "mean", "batchmean")


def numpy_dtype(dtype: str) -> np.dtype[Any]:
    return np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)


def wider(dtype: str) -> np.dtype[Any]:
    """The next wider dtype: what accumulates half types, or evaluates a good logarithm."""
    return np.dtype(np.float32 if dtype in ("float16", "bfloat16") else np.float64)


def log_ulps(dtype: str, kernel: str) -> float:
    """What is declared of a kernel: NumPy's own vectorised float32 log is good to 4 ulp, not to 1."""
    return 4.0 if dtype == "float32" and "native" in kernel else 1.0


def rounded(values: Array, dtype: str) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(values).astype(numpy_dtype(dtype))


def factored(x: Array, y: Array, log: Callable[[Array], Array]) -> Array:
    """y (log y - x), with 0 for a zero target."""
    return np.where(y == 0, y, y * (log(y) - x))


def expanded(x: Array, y: Array, log: Callable[[Array], Array]) -> Array:
    """y log y - y x, with 0 for a zero target."""
    return np.where(y == 0, y, y * log(y) - y * x)


def native_log(y: Array) -> Array:
    return np.log(y)


def wide_log(y: Array) -> Array:
    """A logarithm evaluated in float64 (longdouble for float64), rounded once."""
    wide = np.longdouble if y.dtype == np.float64 else np.float64
    return np.log(y.astype(wide)).astype(y.dtype)


def pairwise_sum(terms: Array) -> Any:
    return terms.ravel().sum()


def blocked_sum(terms: Array, block: int = 32) -> Any:
    """Lanes that run over the array, then a sequential sum of the lanes, as vectorised kernels do."""
    flat = terms.ravel()
    padded = np.concatenate([flat, np.zeros(-flat.size % block, flat.dtype)]).reshape(-1, block)
    lanes = padded.sum(axis=0) if padded.shape[0] < 9 else pairwise_rows(padded)
    return np.add.accumulate(lanes)[-1]


def pairwise_rows(rows: Array) -> Array:
    while len(rows) > 1:
        half = (len(rows) + 1) // 2
        rows = np.concatenate([rows[: len(rows) - half] + rows[half:], rows[len(rows) - half : half]])
    return rows[0]


def sequential_sum(terms: Array) -> Any:
    return np.add.accumulate(terms.ravel())[-1]


def reduced(loss: Array, x: Array, reduction: str, add_up: Callable[[Array], Any]) -> Array:
    """Sum in the accumulator's dtype, divide there, round once."""
    if reduction == "none":
        return loss
    dtype = loss.dtype
    wide = loss.astype(np.float32 if dtype.itemsize == 2 else dtype)
    total = add_up(wide)
    divisor = {"sum": 1, "mean": loss.size, "batchmean": x.shape[0]}[reduction]
    return np.asarray(total / wide.dtype.type(divisor)).astype(dtype)


FORMS = {"factored": factored, "expanded": expanded}
LOGS = {"native": native_log, "wide": wide_log}
SUMS = {"pairwise": pairwise_sum, "blocked": blocked_sum}


def kernels(dtype: str, reduction: str) -> Iterator[tuple[str, Callable[[Array, Array], Array]]]:
    """All sensible kernels for a dtype and a reduction, by name."""
    sums = dict(SUMS) if reduction != "none" else {"no": pairwise_sum}
    if reduction != "none" and dtype in ("float16", "bfloat16"):
        sums["sequential"] = sequential_sum

    def make(form: Any, log: Any, add_up: Any) -> Callable[[Array, Array], Array]:
        return lambda x, y: reduced(form(x, y, log), x, reduction, add_up)

    for form in FORMS:
        for log in LOGS:
            for add_up in sums:
                yield f"{form}, {log} log, {add_up} sum", make(FORMS[form], LOGS[log], sums[add_up])
    if dtype in ("float16", "bfloat16"):

        def fused(x: Array, y: Array) -> Array:
            wide = factored(x.astype(np.float32), y.astype(np.float32), native_log)
            return reduced(wide, x, reduction, pairwise_sum).astype(x.dtype)

        yield "fused in float32", fused


def log_target_kernels(dtype: str) -> Iterator[tuple[str, Callable[[Array, Array], Array]]]:
    """exp(t) (t - x), unreduced."""
    yield "native exp", lambda x, t: np.exp(t) * (t - x)
    yield "wide exp", lambda x, t: np.exp(t.astype(wider(dtype))).astype(t.dtype) * (t - x)
    if dtype in ("float16", "bfloat16"):
        wide = np.float32
        yield (
            "fused in float32",
            lambda x, t: (np.exp(t.astype(wide)) * (t.astype(wide) - x.astype(wide))).astype(t.dtype),
        )


def softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def input_sets(dtype: str, rng: np.random.Generator, rows: int = 60) -> Iterator[tuple[str, Array, Array]]:
    """Names, inputs x and targets y in `dtype`: ordinary distributions, and what breaks bounds."""
    shape = (rows, 50)
    least = {"float16": -17.0, "bfloat16": -92.0, "float32": -103.0, "float64": -744.0}[dtype]
    tiny = {"float16": -9.7, "bfloat16": -87.0, "float32": -87.0, "float64": -708.0}[dtype]

    def pair(x: Array, y: Array) -> tuple[Array, Array]:
        x, y = rounded(x, dtype), rounded(y, dtype)
        return np.where(np.isfinite(x), x, x.dtype.type(0)), np.where(np.isfinite(y), y, y.dtype.type(1))

    for scale in (0.1, 1.0, 5.0, 20.0):
        with np.errstate(divide="ignore"):
            x = np.log(softmax(rng.normal(size=shape) * scale))
        yield f"distributions of scale {scale}", *pair(x, softmax(rng.normal(size=shape) * scale))
    yield "tiny probabilities", *pair(rng.normal(size=shape), np.exp(rng.uniform(tiny, 0, shape)))
    yield (
        "subnormal probabilities",
        *pair(5 * rng.normal(size=shape), np.exp(rng.uniform(least, tiny, shape))),
    )
    y = rounded(rng.random(shape), dtype).astype(np.float64)
    y[y == 0] = 0.5
    yield "input equal to log target", *pair(np.log(y), y)
    yield "input close to log target", *pair(np.log(y) * (1 + 1e-3 * rng.normal(size=shape)), y)
    yield "target close to 1", *pair(1e-3 * rng.normal(size=shape), 1 + 1e-2 * rng.normal(size=shape))
    yield "large targets", *pair(rng.normal(size=shape), np.exp(rng.uniform(0, 6, shape)))
    yield "zeros and a few", *pair(rng.normal(size=shape), (rng.random(shape) < 0.1) * rng.random(shape))
    yield "one element", *pair(rng.normal(size=(1, 1)), rng.random((1, 1)))
