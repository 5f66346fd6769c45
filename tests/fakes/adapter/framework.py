"""The package `fake`: tensors made of NumPy arrays, one operator, and one namespace per behaviour.

======== ==========================================================================================
right    float64 arithmetic, rounded once to the dtype of its input
wrong    too large by the relative amount FAKE_WRONG, 0.01 by default
wide     right, but returns float64 whatever it is given
deep     right, but with one axis too many
raises   RuntimeError, with colours in its message
lies     right, but refuses the half dtypes, which it is said to know
lax      right, but never refuses an unknown reduction
noisy    right, but prints: from Python, from C, straight to the descriptors; and warns
nothing  returns None
late     returns a tensor that raises when it is read
hang     sleeps for ever
stuck    hangs in C, with the interpreter lock held, so that no Python thread runs
abort    prints to stderr, then SIGABRT
segfault SIGSEGV
exit     ends the process with status 0
sysexit  raises SystemExit
======== ==========================================================================================
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import time
import types
import warnings
from typing import Any

import numpy as np

__version__ = "1.0"


class Tensor:
    """An array with a dtype name of its own: bfloat16 is uint16 patterns."""

    def __init__(self, data: Any, dtype: str) -> None:
        self.data = data
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"Tensor({_wide(self).tolist()}, {self.dtype})"

    def __getitem__(self, key: Any) -> Tensor:
        return Tensor(self.data[key], self.dtype)

    def permute(self, *axes: int) -> Tensor:
        """Return a view with its axes in this order."""
        return Tensor(self.data.transpose(axes), self.dtype)

    def expand(self, *shape: int) -> Tensor:
        """Return a view that is repeated."""
        return Tensor(np.broadcast_to(self.data, shape), self.dtype)


class _LateTensor(Tensor):
    def __init__(self) -> None:
        self.dtype = "float32"

    @property
    def data(self) -> Any:
        raise RuntimeError("the kernel failed a while ago")


def _wide(tensor: Tensor) -> Any:
    if tensor.dtype == "bfloat16":
        return (
            (np.atleast_1d(tensor.data).astype(np.uint32) << 16).view(np.float32).reshape(tensor.data.shape)
        )
    return np.asarray(tensor.data)


def _narrow(values: Any, dtype: str) -> Tensor:
    values = np.asarray(values, dtype=np.float64)
    if dtype != "bfloat16":
        with np.errstate(over="ignore"):
            return Tensor(values.astype(dtype), dtype)
    # Round to odd in float32 first: a second rounding, to bfloat16, is then right.
    with np.errstate(over="ignore"):
        single = np.atleast_1d(values).astype(np.float32)
    bits = single.view(np.uint32).copy()
    away = np.abs(single.astype(np.float64)) > np.abs(np.atleast_1d(values))
    inexact = (single.astype(np.float64) != np.atleast_1d(values)) & np.isfinite(single)
    bits = np.where(inexact & away, bits - 1, bits)
    bits = np.where(inexact, bits | 1, bits).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    patterns = np.where(np.isnan(single), np.uint16(0x7FC0), rounded)
    return Tensor(patterns.reshape(values.shape), "bfloat16")


def _right(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
    *,
    strict: bool = True,
) -> Tensor:
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        raise TypeError("input and target must be Tensor")
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    x = _wide(input).astype(np.float64)
    y = _wide(target).astype(np.float64)
    with np.errstate(all="ignore"):
        terms = np.exp(y) * (y - x) if log_target else np.where(y == 0, 0.0, y * (np.log(y) - x))
        if reduction == "none":
            return _narrow(terms, input.dtype)
        if reduction == "sum":
            return _narrow(terms.sum(), input.dtype)
        if reduction == "batchmean":
            return _narrow(terms.sum() / terms.shape[0], input.dtype)
        if reduction == "mean" or not strict:
            return _narrow(terms.sum() / np.float64(terms.size), input.dtype)
    raise ValueError(f"{reduction} is not a valid value for reduction")


def _wrong(*args: Any, **kwargs: Any) -> Tensor:
    right = _right(*args, **kwargs)
    return _narrow(
        _wide(right).astype(np.float64) * (1 + float(os.environ.get("FAKE_WRONG", "0.01"))), right.dtype
    )


def _wide_result(*args: Any, **kwargs: Any) -> Tensor:
    return Tensor(_wide(_right(*args, **kwargs)).astype(np.float64), "float64")


def _deep(*args: Any, **kwargs: Any) -> Tensor:
    right = _right(*args, **kwargs)
    return Tensor(right.data[None], right.dtype)


def _raises(*args: Any, **kwargs: Any) -> Tensor:
    raise RuntimeError("\x1b[31mno such kernel\x1b[0m")


def _lies(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    if input.dtype in ("float16", "bfloat16"):
        raise NotImplementedError(f"no kernel for {input.dtype}")
    return _right(input, *args, **kwargs)


def _lax(*args: Any, **kwargs: Any) -> Tensor:
    return _right(*args, **kwargs, strict=False)


def _noisy(*args: Any, **kwargs: Any) -> Tensor:
    print("\x1b[1mfrom print\x1b[0m")
    print("from sys.stderr", file=sys.stderr)
    os.write(1, b"from descriptor 1\n")
    os.write(2, b"from descriptor 2 \xff\n")
    ctypes.CDLL(None).printf(b"from printf\n")
    warnings.warn("from warn", UserWarning, stacklevel=2)
    return _right(*args, **kwargs)


def _nothing(*args: Any, **kwargs: Any) -> None:
    return None


def _late(*args: Any, **kwargs: Any) -> Tensor:
    return _LateTensor()


def _hang(*args: Any, **kwargs: Any) -> None:
    while True:
        time.sleep(60)


def _stuck(*args: Any, **kwargs: Any) -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


def _abort(*args: Any, **kwargs: Any) -> None:
    os.write(2, b"\x1b[31mcheck failed: kernel != nullptr\x1b[0m\n")
    os.abort()


def _segfault(*args: Any, **kwargs: Any) -> None:
    ctypes.string_at(0)


def _exit(*args: Any, **kwargs: Any) -> None:
    os._exit(0)


def _sysexit(*args: Any, **kwargs: Any) -> None:
    sys.exit(3)


def _behaviour(function: Any) -> types.SimpleNamespace:
    class KLDivLoss:
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            names = ("size_average", "reduce", "reduction", "log_target")
            if len(args) > len(names) or not set(kwargs) <= set(names):
                raise TypeError(f"KLDivLoss() takes {', '.join(names)}")
            self._attributes = {name: args[place] for place, name in enumerate(names[: len(args)])}
            self._attributes.update(kwargs)

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs, **self._attributes)

    return types.SimpleNamespace(kl_div=function, KLDivLoss=KLDivLoss)


right = _behaviour(_right)
wrong = _behaviour(_wrong)
wide = _behaviour(_wide_result)
deep = _behaviour(_deep)
raises = _behaviour(_raises)
lies = _behaviour(_lies)
lax = _behaviour(_lax)
noisy = _behaviour(_noisy)
nothing = _behaviour(_nothing)
late = _behaviour(_late)
hang = _behaviour(_hang)
stuck = _behaviour(_stuck)
abort = _behaviour(_abort)
segfault = _behaviour(_segfault)
exit = _behaviour(_exit)
sysexit = _behaviour(_sysexit)
