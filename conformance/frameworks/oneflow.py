"""OneFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter, MissingError


class OneFlowAdapter(Adapter):
    """OneFlow, eagerly and in a static graph, `oneflow.nn.Graph`."""

    framework = "oneflow"
    modes = ("eager", "graph")
    spins = True  # 0.9.0: who calls, and who schedules what is called

    def load(self) -> None:
        """Import quietly."""
        os.environ.setdefault("GLOG_minloglevel", "3")
        super().load()

    def devices(self) -> Sequence[str]:
        """The CPU, and CUDA only where OneFlow says so: without a driver it aborts the process."""
        return ("cpu", "cuda") if self.module.cuda.is_available() else ("cpu",)

    def place(self, array: Any, dtype: str, device: str) -> Any:
        """bfloat16 goes in as float32, from which the cast is exact: OneFlow cannot view patterns."""
        if dtype == "bfloat16":
            wide = (np.atleast_1d(array).astype(np.uint32) << 16).view(np.float32)
            tensor = self.module.from_numpy(wide.reshape(array.shape)).to(self.module.bfloat16)
        else:
            tensor = self.module.from_numpy(array.copy())
        return tensor if device == "cpu" else tensor.to(device)

    def compile(self, target: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """A graph that takes the tensors of the call; plain values, which it cannot take, are bound in it.

        Raises MissingError, when called, for a tensor that requires a gradient: a graph runs backward only
        on its way to an optimizer's step, and hands out no gradient.
        """
        oneflow = self.module

        def call(*args: Any, **kwargs: Any) -> Any:
            values = [*args, *kwargs.values()]
            tensors = [value for value in values if isinstance(value, oneflow.Tensor)]
            if any(tensor.requires_grad for tensor in tensors):
                raise MissingError("oneflow.nn.Graph gives no gradient with respect to an input")

            class Graph(oneflow.nn.Graph):  # type: ignore[misc, name-defined]  # imported late, untyped
                def build(self, *symbols: Any) -> Any:
                    given = iter(symbols)
                    bound = [next(given) if isinstance(value, oneflow.Tensor) else value for value in values]
                    named = zip(kwargs, bound[len(args) :])  # noqa: B905 - Python 3.8 has no strict
                    return target(*bound[: len(args)], **dict(named))

            # A graph makes its inputs contiguous in place (0.9.0): in the memory of an expanded tensor, which
            # has no room for that, so that a later call may die of it.
            self.spent = any(0 in tensor.stride() for tensor in tensors if not tensor.is_contiguous())
            try:
                return Graph()(*tensors)
            except BaseException:
                # A graph that fails for want of a kernel (0.9.0) leaves something behind of which the
                # next one, whatever it is, dies: "singleton.h:35 Check failed: Get() == nullptr".
                self.spent = True
                raise

        return call

    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any]
    ) -> tuple[Any, Callable[[Any], Sequence[Any]]]:
        """A backward pass to leaves with the strides of `inputs`.

        `oneflow.autograd.grad` would do, if it did not raise where an output is independent of an input.
        """
        leaves = [tensor.detach().requires_grad_() for tensor in inputs]
        output = function(*leaves)

        def pull(upstream: Any) -> Sequence[Any]:
            if output.requires_grad:
                output.backward(upstream)
            return [leaf.grad for leaf in leaves]

        return output, pull

    def array(self, value: Any) -> tuple[str, Any] | None:
        """bfloat16 comes out through float32, which holds each of its values."""
        if not isinstance(value, self.module.Tensor):
            return None
        if value.dtype == self.module.bfloat16:
            wide = value.to(self.module.float32).numpy()
            patterns = (np.atleast_1d(wide).view(np.uint32) >> 16).astype(np.uint16)
            return "bfloat16", patterns.reshape(wide.shape)
        array = value.numpy()
        return array.dtype.name, array
