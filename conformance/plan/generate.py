"""Named deterministic inputs: the same name, shape, seed and options give the same bits everywhere.

The stream is Philox (NumPy guarantees its raw integers across versions, NEP 19). Everything after it
uses only correctly rounded operations in a fixed order: `log` and `exp` of a mathematics library,
and `sum` of an array, differ in the last bit between machines. This module needs nothing but NumPy,
so that a reproducer script can carry its text (for any Python since 3.8 and NumPy since 1.20).
"""

# NumPy of that age has no generic array type to annotate with, so results of operators are Any.
# mypy: no-warn-return-any

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_LN2 = 0.6931471805599453
_FEW = 4096  # numbers that are drawn several times over at once


def _exact_log(x: np.ndarray) -> np.ndarray:
    """Natural logarithm of positive numbers to about 1e-15, from + - * / alone (atanh series)."""
    mantissa, exponent = np.frexp(x)
    small = mantissa < 0.7071067811865476
    mantissa = np.where(small, mantissa * 2.0, mantissa)
    exponent = exponent - small
    ratio = (mantissa - 1.0) / (mantissa + 1.0)
    square = ratio * ratio
    series = np.zeros_like(ratio)
    for power in range(23, 0, -2):
        series *= square
        series += 1.0 / power
    return 2.0 * ratio * series + exponent * _LN2


def _exact_exp(x: np.ndarray) -> np.ndarray:
    """Exponential to about 1e-13 relative, from + - * / alone (Taylor series after reduction)."""
    exponent = np.floor(x / _LN2 + 0.5)
    rest = x - exponent * _LN2
    series = np.ones_like(rest)
    for power in range(16, 0, -1):
        series *= rest  # in place: most arrays are so small that making one takes longer than this
        series /= power
        series += 1.0
    return np.ldexp(series, exponent.astype(np.int64))


def _ordered_sum(x: np.ndarray, axis: int) -> np.ndarray:
    """Sum along `axis` from first to last, kept as an axis of length one."""
    return np.add.accumulate(x, axis=axis).take([-1], axis=axis)


class _Key(np.random.bit_generator.ISeedSequence):
    """A key as a seed sequence: given as `Philox(key=...)`, NumPy asks the system for entropy, in vain."""

    def __init__(self, key: int) -> None:
        self._key = key

    def generate_state(self, n_words: int, dtype: object = np.uint64) -> np.ndarray:
        """The two words that Philox asks for."""
        return np.array([self._key & (2**64 - 1), self._key >> 64], dtype=np.uint64)


def _stream(seed: int) -> np.random.Philox:
    """The stream of a seed below 2**128."""
    return np.random.Philox(_Key(seed))  # type: ignore[arg-type]  # typed narrower than documented


def _uniform01(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Multiples of 2**-53 in the open interval (0, 1)."""
    return _next_uniform01(_stream(seed), shape)


def _next_uniform01(stream: np.random.Philox, shape: tuple[int, ...]) -> np.ndarray:
    """The next of them in a stream."""
    raw = stream.random_raw(math.prod(shape))
    return ((raw >> np.uint64(12)).astype(np.float64) + 0.5).reshape(shape) * 2.0**-52


def uniform(shape: tuple[int, ...], seed: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Uniform numbers in [low, high]."""
    return low + (high - low) * _uniform01(shape, seed)


def normal(shape: tuple[int, ...], seed: int, mean: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Nearly normal numbers (Irwin-Hall: twelve uniforms), of the given mean and deviation."""
    stream = _stream(seed)
    if math.prod(shape) <= _FEW:
        terms = iter(_next_uniform01(stream, (12, *shape)))
    else:  # one after the other: of a million numbers, all twelve are a hundred megabytes
        terms = (_next_uniform01(stream, shape) for _ in range(12))
    total = next(terms)
    for term in terms:
        total += term
    return mean + scale * (total - 6.0)


def _centred(shape: tuple[int, ...], seed: int, scale: float, axis: int) -> np.ndarray:
    logits = normal(shape or (1,), seed, scale=scale)
    if not logits.size:
        return logits
    return logits - np.maximum.reduce(logits, axis=axis, keepdims=True)


def probabilities(shape: tuple[int, ...], seed: int, axis: int = -1, scale: float = 1.0) -> np.ndarray:
    """Softmax along `axis` of normal logits of deviation `scale`: each slice sums to 1."""
    weights = _exact_exp(_centred(shape, seed, scale, axis))
    if not weights.size:
        return weights.reshape(shape)
    return (weights / _ordered_sum(weights, axis)).reshape(shape)


def log_probabilities(
    shape: tuple[int, ...], seed: int, axis: int = -1, scale: float = 1.0, relative_shift: float = 0.0
) -> np.ndarray:
    """Log-softmax along `axis` of normal logits; `relative_shift` multiplies the result by 1 + it."""
    logits = _centred(shape, seed, scale, axis)
    if not logits.size:
        return logits.reshape(shape)
    log_sum = _exact_log(_ordered_sum(_exact_exp(logits), axis))
    return ((logits - log_sum) * (1.0 + relative_shift)).reshape(shape)


def constant(shape: tuple[int, ...], seed: int, value: float = 1.0) -> np.ndarray:
    """The same number everywhere (`seed` is not used)."""
    return np.full(shape, float(value))


def magnitudes(
    shape: tuple[int, ...], seed: int, low: float = -20, high: float = 20, sign: str = "positive"
) -> np.ndarray:
    """Numbers spread over orders of magnitude: 2**e * m, e integer in [low, high), 1 <= m < 2.

    `sign` is `positive`, `negative` or `both`; ValueError for another.
    """
    if sign not in ("positive", "negative", "both"):
        raise ValueError(f"sign {sign!r} is none of positive, negative, both")
    parts = _uniform01((3, *shape), seed)
    exponent = np.floor(low + (high - low) * parts[0]).astype(np.int64)
    size = np.ldexp(1.0 + parts[1], exponent)
    if sign == "both":
        return np.where(parts[2] < 0.5, -size, size)
    return -size if sign == "negative" else size


def alternating(shape: tuple[int, ...], seed: int, value: float = 1.0) -> np.ndarray:
    """value, -value, value ... in C order: sums that cancel (`seed` is not used)."""
    signs = 1.0 - 2.0 * (np.arange(math.prod(shape)) % 2)
    return (value * signs).reshape(shape)


def every_value(
    shape: tuple[int, ...], seed: int, format: str = "float16", sign: str = "positive"
) -> np.ndarray:
    """All finite numbers but zero of a 16-bit `format`, by size (`seed` is not used).

    `sign` is `positive`, `negative` or `both` (the positive ones first). ValueError for another, for a
    format other than float16 and bfloat16, and for a shape that does not hold exactly these numbers.
    """
    if format == "float16":
        positive = np.arange(1, 0x7C00, dtype=np.uint16).view(np.float16).astype(np.float64)
    elif format == "bfloat16":  # the upper half of float32
        positive = (
            (np.arange(1, 0x7F80, dtype=np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
        )
    else:
        raise ValueError(f"format {format!r} is none of float16, bfloat16")
    if sign not in ("positive", "negative", "both"):
        raise ValueError(f"sign {sign!r} is none of positive, negative, both")
    both = np.concatenate([positive, -positive])
    values = (
        both if sign == "both" else both[: positive.size] if sign == "positive" else both[positive.size :]
    )
    if math.prod(shape) != values.size:
        raise ValueError(
            f"{format} has {values.size} such numbers, which the shape {list(shape)} does not hold"
        )
    return values.reshape(shape)


def integers(shape: tuple[int, ...], seed: int, low: int = 0, high: int = 2) -> np.ndarray:
    """Whole numbers, each of low, low + 1, ... high - 1 alike."""
    return np.floor(low + (high - low) * _uniform01(shape, seed))


def signs(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """1 or -1, alike."""
    return 2.0 * integers(shape, seed) - 1.0


GENERATORS = {
    function.__name__: function
    for function in (
        uniform,
        normal,
        probabilities,
        log_probabilities,
        constant,
        magnitudes,
        alternating,
        every_value,
        integers,
        signs,
    )
}


def generate(name: str, shape: tuple[int, ...], seed: int, options: dict[str, object]) -> np.ndarray:
    """Float64 array of `shape` from the generator `name`; `seed` is a non-negative integer below 2**128.

    Raises KeyError for an unknown name, TypeError for an unknown option.
    """
    function: Callable[..., np.ndarray] = GENERATORS[name]
    return np.asarray(function(tuple(shape), seed, **options))
