"""Adapters of the fake framework: one that works, and some that do not even load."""

from __future__ import annotations

import importlib
import os
import sys
import time
from typing import Any

from conformance.frameworks.adapter import Adapter, MissingError

from . import framework


class FakeAdapter(Adapter):
    """The fake framework, whose package `fake` is the module `framework` beside this one."""

    framework = "fake"

    def load(self) -> None:
        """Make the package importable, as installing it would have done."""
        print("fake is loading")
        sys.modules["fake"] = framework
        super().load()

    def place(self, array: Any, dtype: str, device: str) -> Any:
        """A tensor of its own."""
        return framework.Tensor(array.copy(), dtype)

    def array(self, value: Any) -> tuple[str, Any] | None:
        """What the tensor holds."""
        return (value.dtype, value.data) if isinstance(value, framework.Tensor) else None

    def vjp(self, function: Any, inputs: Any) -> tuple[Any, Any]:
        """What the output pulls back, or nothing where it is independent of the inputs."""
        output = function(*inputs)

        def pull(upstream: Any) -> Any:
            return [None for _ in inputs] if output.pull is None else output.pull(upstream, inputs)

        return output, pull


class MissingAdapter(FakeAdapter):
    """A framework that is not installed."""

    def load(self) -> None:
        """Print something, as imports do, and fail."""
        print("looking for fake_framework")
        importlib.import_module("fake_framework")


class InstalledAdapter(FakeAdapter):
    """The fake framework as it is installed: its package `fake` names its version and what `right` does."""

    def load(self) -> None:
        """Become what is installed."""
        installed = importlib.import_module("fake")
        framework.__version__ = installed.__version__
        framework.right = getattr(framework, installed.behaviour)
        super().load()


class AbortingAdapter(FakeAdapter):
    """A framework whose import ends the process."""

    def load(self) -> None:
        """End it."""
        os.write(2, b"cannot find a device\n")
        os.abort()


class SlowAdapter(FakeAdapter):
    """A framework whose import takes half a second, or as many as FAKE_SLOW says."""

    def load(self) -> None:
        """Take the time."""
        time.sleep(float(os.environ.get("FAKE_SLOW", "0.5")))
        super().load()


class MeetingAdapter(FakeAdapter):
    """A framework whose import waits until as many as FAKE_MEETING_SIZE have met in FAKE_MEETING."""

    def load(self) -> None:
        """Leave a mark, and wait for the others'."""
        place = os.environ["FAKE_MEETING"]
        with open(os.path.join(place, str(os.getpid())), "w"):
            pass
        for _ in range(3000):
            if len(os.listdir(place)) == int(os.environ["FAKE_MEETING_SIZE"]):
                super().load()
                return
            time.sleep(0.01)
        raise ImportError("nobody else came")


class MortalAdapter(FakeAdapter):
    """A framework that loads once; FAKE_MARK names a file that remembers it."""

    def load(self) -> None:
        """Fail the second time."""
        with open(os.environ["FAKE_MARK"], "a+") as mark:
            if mark.tell():
                raise ImportError("the licence has been used up")
            mark.write("loaded")
        super().load()


class ModalAdapter(FakeAdapter):
    """A framework with a second mode, `graph`, in which everything is as in the first."""

    modes = ("eager", "graph")

    def compile(self, target: Any, mode: str) -> Any:
        """There is nothing to compile."""
        return target


class CompilingAdapter(ModalAdapter):
    """A framework with more modes, named for what becomes of compiling in them."""

    modes = ("eager", "graph", "refuses", "lacks", "hangs", "aborts")

    def compile(self, target: Any, mode: str) -> Any:
        """Do what the mode is named for."""
        if mode == "refuses":
            raise RuntimeError("a statement that no graph can have")
        if mode == "lacks":
            raise MissingError("it needs a compiler")
        while mode == "hangs":
            time.sleep(60)
        if mode == "aborts":
            os.write(2, b"the graph is not a graph\n")
            os.abort()
        return super().compile(target, mode)


class FragileAdapter(FakeAdapter):
    """A framework that is spoilt by its first exception: the next call ends the process."""

    def call(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Call, once it has been spoilt for the last time."""
        if self.spent:
            os.abort()
        try:
            return super().call(target, args, kwargs)
        except RuntimeError:
            self.spent = True
            raise
