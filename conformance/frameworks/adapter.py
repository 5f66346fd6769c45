"""What the suite needs from a framework, and the parts that are the same for all of them."""

from __future__ import annotations

import abc
import difflib
import importlib
import os
import platform
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from conformance.frameworks.callables import CALLABLES
from conformance.frameworks.signature import signature_of

EAGER = "eager"
"""The mode in which an API is called as it is, without compiling it."""

BFLOAT16_NAN = 0x7FC0
"""The bit pattern of a bfloat16 NaN."""


class MissingError(Exception):
    """The installed framework has no such API, mode, device or dtype."""


class ConversionError(Exception):
    """A tensor that this adapter cannot turn into an array: our gap, not the framework's."""


class Adapter(abc.ABC):
    """One framework, as a worker sees it.

    Arrays on the NumPy side are plain ``numpy.ndarray``; a dtype that NumPy lacks travels under its
    own name with its bit patterns in the unsigned integers of the same width (bfloat16: uint16).
    """

    framework = ""
    """The name of the framework, which is also the package to import."""

    modes: Sequence[str] = (EAGER,)
    """How APIs can be called: eager first, then those that `compile` knows."""

    calls: Sequence[str] = ("forward",)
    """The methods of classes that a call of an object runs, for their signatures."""

    spins = False
    """Whether threads of the framework wait for each other in every call, and do not sleep meanwhile."""

    spent = False
    """Whether this process is of no more use after an error of the framework's; another then takes over."""

    def __init__(self) -> None:
        self.module: Any = None
        self._resolved: dict[tuple[str, str], Callable[..., Any]] = {}
        self._devices: Sequence[str] = ("cpu",)

    def load(self) -> None:
        """Import the framework. Overridden to quieten it and to make it report errors at once.

        Raises whatever the import raises.
        """
        self.module = importlib.import_module(self.framework)
        self._devices = tuple(self.devices())

    def describe(self) -> dict[str, Any]:
        """Versions and machine, in plain values, for the head of a results file."""
        return {
            "framework": self.framework,
            "version": str(self.module.__version__),
            "python": platform.python_version(),
            "numpy": str(np.__version__),
            "device": self._devices[-1],
            "devices": list(self._devices),
            "platform": platform.platform(),
            "threads": self.threads(),
            "executable": sys.executable,
        }

    def devices(self) -> Sequence[str]:
        """The devices that tensors can be placed on, the fastest last."""
        return ("cpu",)

    def threads(self) -> int:
        """How many threads one operator may use."""
        return os.cpu_count() or 1

    @abc.abstractmethod
    def place(self, array: Any, dtype: str, device: str) -> Any:
        """Return a contiguous tensor on `device` that owns a copy of `array`.

        `array` is C-contiguous and may be read-only; `dtype` is its name, bfloat16 included.
        """

    @abc.abstractmethod
    def array(self, value: Any) -> tuple[str, Any] | None:
        """Return dtype name and array of `value`, or None where it is no tensor.

        Raises ConversionError for a tensor that has no such array.
        """

    def tensor(self, array: Any, dtype: str, device: str, layout: str) -> Any:
        """Return a tensor with the values of `array` in the given memory layout.

        ``transposed`` is made by the framework's own transpose, ``strided`` takes every second
        element of a larger buffer (whose gaps hold NaN, so that a kernel that reads them shows), and
        ``expanded`` repeats the first row with stride 0. What has no such layout (0-d; 1-d for
        ``transposed``; no rows for ``expanded``) comes back contiguous. Raises MissingError where this
        machine has no such device, ValueError for values that cannot be expanded.
        """
        if device not in self._devices and device.partition(":")[0] not in self._devices:
            known = ", ".join(self._devices)
            raise MissingError(f"{self.framework} finds no device {device} here; it has {known}")
        if layout == "transposed" and array.ndim >= 2:
            axes = tuple(reversed(range(array.ndim)))
            return self.place(np.ascontiguousarray(array.T), dtype, device).permute(*axes)
        if layout == "strided" and array.ndim >= 1:
            return self.every_second(self.place(_spread(array, dtype), dtype, device))
        if layout == "expanded" and array.ndim >= 1 and array.shape[0] > 0:
            if np.broadcast_to(array[:1], array.shape).tobytes() != array.tobytes():
                raise ValueError("an expanded tensor needs values that are equal along its first axis")
            return self.expand(self.place(np.ascontiguousarray(array[:1]), dtype, device), array.shape)
        if layout in ("contiguous", "transposed", "strided", "expanded"):
            return self.place(array, dtype, device)
        raise ValueError(f"unknown layout {layout!r}")

    def every_second(self, tensor: Any) -> Any:
        """Return a view of every second element of `tensor` along its last axis."""
        return tensor[..., ::2]

    def expand(self, tensor: Any, shape: Sequence[int]) -> Any:
        """Return `tensor` repeated along its first axis to `shape`, without copying."""
        return tensor.expand(*shape)

    def resolve(self, name: str, mode: str) -> Callable[..., Any]:
        """Return the function or class with this dotted name.

        Raises MissingError, naming the nearest names, where the installed version has none, and where
        the adapter has no such mode.
        """
        if mode not in self.modes:
            raise MissingError(f"{self.framework} has no mode {mode} here; it has {', '.join(self.modes)}")
        key = (name, mode)
        if key not in self._resolved:
            self._resolved[key] = self._find(name)
        return self._resolved[key]

    def call(self, target: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a resolved function, or an object that a resolved class has constructed."""
        return target(*args, **kwargs)

    def compile(self, target: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """Return what computes `target` in `mode`, one of `modes` but not eager, called like `target`.

        `target` is a resolved function, or an object that a resolved class has constructed. What returns
        is called once, with tensors and plain values, and may compile only then. It is compiled anew for
        each request, so that an answer does not depend on what was asked before. Raises whatever the
        framework raises, and MissingError, here or when called, where this machine lacks what it needs.
        """
        raise MissingError(f"the adapter of {self.framework} compiles nothing in mode {mode}")

    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any]
    ) -> tuple[Any, Callable[[Any], Sequence[Any]]]:
        """Return the output of `function` for the tensors `inputs`, and its vector-Jacobian product.

        The second is called once at most, with the upstream gradient, a tensor of the output's shape. It
        returns the gradients with respect to `inputs`, in their order, as the framework gives them, and
        None for one that it does not give. An input keeps its memory layout: where it is a view, it is
        the view that is differentiated, so that its gradient has its shape.

        Raises whatever the framework raises, and MissingError where it has no such gradients.
        """
        raise MissingError(f"the adapter of {self.framework} takes no gradients")

    def function(self, name: str) -> Callable[..., Any]:
        """Return the function of this name that an attribute takes, made of the framework's operations.

        Raises MissingError where there is none.
        """
        if name not in CALLABLES:
            raise MissingError(f"the adapter of {self.framework} knows no function {name}")
        return CALLABLES[name]

    def synchronise(self, device: str) -> None:  # noqa: B027 - most frameworks have nothing to wait for
        """Wait until `device` has finished, so that an error appears in the call that caused it."""

    def classify(self, error: BaseException) -> dict[str, Any]:
        """Describe what a call raised: class, its bases, message, and the end of the traceback."""
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        return {
            "class": type(error).__name__,
            "mro": [base.__name__ for base in type(error).__mro__ if base is not object],
            "message": str(error),
            "traceback": "".join(lines),
        }

    def text(self, value: Any, style: str) -> str:
        """Return what the framework prints for `value`; `style` is ``str`` or ``repr``."""
        return repr(value) if style == "repr" else str(value)

    def signatures(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the signatures of those APIs that exist here and show theirs, by name."""
        found = {}
        for name in names:
            try:
                signature = signature_of(self.resolve(name, EAGER), self.calls)
            except Exception:  # there is none, or its module cannot be imported: a check of it will tell
                continue
            if signature is not None:
                found[name] = signature
        return found

    def _find(self, name: str) -> Any:
        parts = name.split(".")
        found: Any = _module(parts[0])
        if found is None:
            raise MissingError(f"{self._title()} has no {name}: no module {parts[0]}")
        for count, part in enumerate(parts[1:], start=1):
            parent = found
            found = getattr(parent, part, None)
            if found is None:
                found = _module(".".join(parts[: count + 1]))
            if found is None:
                near = difflib.get_close_matches(part, dir(parent), n=3)
                hint = f"; nearest: {', '.join(near)}" if near else ""
                raise MissingError(f"{self._title()} has no {name}{hint}")
        return found

    def _title(self) -> str:
        return f"{self.framework} {getattr(self.module, '__version__', '')}".rstrip()


def _module(name: str) -> Any:
    """Import a module, or return None where there is none (another failure to import is raised)."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is not None and (name == problem.name or name.startswith(problem.name + ".")):
            return None
        raise


def _spread(array: Any, dtype: str) -> Any:
    """Return a buffer twice as wide as `array`, which fills every second element of it."""
    gap: Any = BFLOAT16_NAN
    if array.dtype.kind == "f":
        gap = np.nan
    elif dtype != "bfloat16":
        gap = True if array.dtype.kind == "b" else np.iinfo(array.dtype).max
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), gap, dtype=array.dtype)
    wide[..., ::2] = array
    return wide
