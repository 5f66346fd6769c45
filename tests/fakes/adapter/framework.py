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
pair     right, but returns a second output beside it
late     returns a tensor that raises when it is read
halved   right, but the gradients are half of what they ought to be
zeroed   right, but the gradient of the target is zero
detached right, but there is no gradient of the target
forward  right, but RuntimeError where it goes backward
waits    right, but sleeps until there is a file FAKE_WAITS
hang     sleeps for ever
stuck    hangs in C, with the interpreter lock held, so that no Python thread runs
abort    prints to stderr, then SIGABRT
segfault SIGSEGV
exit     ends the process with status 0
sysexit  raises SystemExit
======== ==========================================================================================

Only `right` and `pair`, and what differs from `right` in its gradients alone, have gradients; what the
others return is independent of the inputs.
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

from .tensor import Tensor, narrowed, widened

__version__ = "1.0"


class _LateTensor(Tensor):
    def __init__(self) -> None:
        self.dtype = "float32"
        self.pull = None

    @property
    def data(self) -> Any:
        raise RuntimeError("the kernel failed a while ago")


def _reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    if size_average is not None or reduce is not None:
        return "none" if reduce is False else "sum" if size_average is False else "mean"
    return reduction


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
    reduction = _reduction(size_average, reduce, reduction)
    x = widened(input).astype(np.float64)
    y = widened(target).astype(np.float64)
    with np.errstate(all="ignore"):
        terms = np.exp(y) * (y - x) if log_target else np.where(y == 0, 0.0, y * (np.log(y) - x))
        if reduction == "none":
            return narrowed(terms, input.dtype)
        if reduction == "sum":
            return narrowed(terms.sum(), input.dtype)
        if reduction == "batchmean":
            return narrowed(terms.sum() / terms.shape[0], input.dtype)
        if reduction == "mean" or not strict:
            return narrowed(terms.sum() / np.float64(terms.size), input.dtype)
    raise ValueError(f"{reduction} is not a valid value for reduction")


def _wrong(*args: Any, **kwargs: Any) -> Tensor:
    right = _right(*args, **kwargs)
    return narrowed(
        widened(right).astype(np.float64) * (1 + float(os.environ.get("FAKE_WRONG", "0.01"))), right.dtype
    )


def _wide_result(*args: Any, **kwargs: Any) -> Tensor:
    return Tensor(widened(_right(*args, **kwargs)).astype(np.float64), "float64")


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


def _waits(*args: Any, **kwargs: Any) -> Tensor:
    while not os.path.exists(os.environ["FAKE_WAITS"]):
        time.sleep(0.05)
    return _right(*args, **kwargs)


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


def _gradients(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
    *,
    upstream: Tensor,
) -> tuple[Tensor, Tensor]:
    """Those with respect to `input` and `target`, which have the same shape."""
    x, y, scale = (widened(tensor).astype(np.float64) for tensor in (input, target, upstream))
    reduction = _reduction(size_average, reduce, reduction)
    with np.errstate(all="ignore"):
        if reduction in ("mean", "batchmean"):
            scale = scale / np.float64(x.size if reduction == "mean" else x.shape[0])
        weight = np.exp(y) if log_target else y
        slope = weight * (y - x + 1) if log_target else np.log(y) - x + 1
        return narrowed(-weight * scale, input.dtype), narrowed(slope * scale, target.dtype)


def _differentiable(change: Any) -> Any:
    """`_right` with gradients, which `change` makes of the right ones."""

    def function(input: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        output = _right(input, target, *args, **kwargs)

        def pull(upstream: Tensor, inputs: Any) -> list[Tensor | None]:
            by_input, by_target = change(*_gradients(input, target, *args, **kwargs, upstream=upstream))
            return [by_input if tensor is input else by_target for tensor in inputs]

        output.pull = pull
        return output

    return function


def _times(gradient: Tensor, factor: float) -> Tensor:
    return narrowed(widened(gradient).astype(np.float64) * factor, gradient.dtype)


def _no_way_back(*gradients: Tensor) -> None:
    raise RuntimeError("no such backward kernel")


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


right = _behaviour(_differentiable(lambda *both: both))
wrong = _behaviour(_wrong)
wide = _behaviour(_wide_result)
deep = _behaviour(_deep)
raises = _behaviour(_raises)
lies = _behaviour(_lies)
lax = _behaviour(_lax)
noisy = _behaviour(_noisy)
nothing = _behaviour(_nothing)
pair = _behaviour(lambda *args, **kwargs: (right.kl_div(*args, **kwargs), args[0]))
late = _behaviour(_late)
waits = _behaviour(_waits)
halved = _behaviour(_differentiable(lambda *both: [_times(gradient, 0.5) for gradient in both]))
zeroed = _behaviour(_differentiable(lambda first, second: (first, _times(second, 0.0))))
detached = _behaviour(_differentiable(lambda first, second: (first, None)))
forward = _behaviour(_differentiable(_no_way_back))
hang = _behaviour(_hang)
stuck = _behaviour(_stuck)
abort = _behaviour(_abort)
segfault = _behaviour(_segfault)
exit = _behaviour(_exit)
sysexit = _behaviour(_sysexit)
