"""MindSpore."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter


class MindSporeAdapter(Adapter):
    """MindSpore in PyNative mode. A process has one device: the one that its context targets.

    ``jit`` is `mindspore.jit`, which compiles a function into a graph and runs it from PyNative mode.
    """

    framework = "mindspore"
    calls = ("construct",)
    modes = ("eager", "jit")

    def load(self) -> None:
        """Import quietly, and make eager calls report their errors themselves.

        Without `pynative_synchronize` an error appears when a later, unrelated call runs.
        """
        os.environ.setdefault("GLOG_v", "3")
        super().load()
        self.module.set_context(mode=self.module.PYNATIVE_MODE, pynative_synchronize=True)

    def devices(self) -> Sequence[str]:
        """The context's device target."""
        return (str(self.module.get_context("device_target")).lower(),)

    def place(self, array: Any, dtype: str, device: str) -> Any:
        """bfloat16 goes in as uint16 patterns, seen as bfloat16: exact, and without a kernel."""
        tensor = self.module.Tensor(array)
        return tensor.view(self.module.bfloat16) if dtype == "bfloat16" else tensor

    def compile(self, target: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """The graph of a function whose only statement calls `target`; attributes are constants in it.

        `mindspore.jit` is never given `target` itself, since it returns a primitive, such as an object of
        `mindspore.ops.KLDivLoss`, as it is, and lets it run eagerly.
        """

        def call(*args: Any, **kwargs: Any) -> Any:
            return target(*args, **kwargs)

        graph: Callable[..., Any] = self.module.jit(call)
        return graph

    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any]
    ) -> tuple[Any, Callable[[Any], Sequence[Any]]]:
        """`mindspore.vjp`. What an output does not depend on has a gradient of zeros in MindSpore."""
        output, pull = self.module.vjp(function, *inputs)

        def gradients(upstream: Any) -> Sequence[Any]:
            found = pull(upstream)
            return found if isinstance(found, tuple) else (found,)

        return output, gradients

    def every_second(self, tensor: Any) -> Any:
        """bfloat16 is sliced by its patterns: after a call that failed for want of a kernel, the next slice
        is no view but asks for a kernel (2.10.0), which bfloat16 has not.
        """
        if tensor.dtype != self.module.bfloat16:
            return super().every_second(tensor)
        return super().every_second(tensor.view(self.module.int16)).view(self.module.bfloat16)

    def expand(self, tensor: Any, shape: Sequence[int]) -> Any:
        """MindSpore's name for it."""
        return tensor.broadcast_to(tuple(shape))

    def array(self, value: Any) -> tuple[str, Any] | None:
        """bfloat16 comes out through int16, since NumPy has no bfloat16 of its own."""
        if not isinstance(value, self.module.Tensor):
            return None
        if value.dtype == self.module.bfloat16:
            return "bfloat16", value.view(self.module.int16).asnumpy().view(np.uint16)
        array = value.asnumpy()
        return array.dtype.name, array
