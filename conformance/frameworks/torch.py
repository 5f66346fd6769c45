"""PyTorch."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter, ConversionError, MissingError


class TorchAdapter(Adapter):
    """PyTorch, on the CPU and on CUDA where `torch.cuda.is_available()` says so.

    ``script`` is `torch.jit.script`, ``compile`` is `torch.compile`, of a function or a module itself. The
    latter keeps its kernels on disk like everybody's; torch's own variables, TORCHINDUCTOR_CACHE_DIR and
    TORCHINDUCTOR_FORCE_DISABLE_CACHES, say where, and whether.
    """

    framework = "torch"
    modes = ("eager", "script", "compile")

    def load(self) -> None:
        """Compile within this process: a kernel at a time gains nothing from a pool of processes."""
        os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
        super().load()

    def devices(self) -> Sequence[str]:
        """The CPU, and CUDA where there is one."""
        return ("cpu", "cuda") if self.module.cuda.is_available() else ("cpu",)

    def threads(self) -> int:
        """Torch's intra-operator threads."""
        return int(self.module.get_num_threads())

    def describe(self) -> dict[str, Any]:
        """As every adapter, with CUDA's own name for the device."""
        description = super().describe()
        if "cuda" in self._devices:
            description["device"] = f"cuda ({self.module.cuda.get_device_name()})"
        return description

    def place(self, array: Any, dtype: str, device: str) -> Any:
        """bfloat16 goes in as int16 patterns, which older versions know too, unlike uint16."""
        if dtype == "bfloat16":
            tensor = self.module.from_numpy(array.view(np.int16).copy()).view(self.module.bfloat16)
        else:
            tensor = self.module.from_numpy(array.copy())
        return tensor if device == "cpu" else tensor.to(device)

    def array(self, value: Any) -> tuple[str, Any] | None:
        """A dtype that NumPy lacks comes out by its bit patterns."""
        torch = self.module
        if not isinstance(value, torch.Tensor):
            return None
        value = value.detach().cpu()
        if value.dtype is torch.bfloat16:
            return "bfloat16", value.view(torch.int16).numpy().view(np.uint16)
        try:
            array = value.numpy()
        except (TypeError, RuntimeError) as problem:
            what = f"{value.dtype} {value.layout} tensor"
            raise ConversionError(f"no array of a {what}: {problem}") from problem
        return array.dtype.name, array

    def compile(self, target: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """Compile all of `target`, or fail: part of it run eagerly would be checked under a wrong name.

        TorchScript takes the attributes of a function as arguments and those of a module as constants; it
        compiles at once, and refuses what has no Python source. `torch.compile` compiles in the call, for
        its very shapes, as in the first call of a process.
        """
        torch = self.module
        if mode == "script":
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", r".*torch\.jit\.script", DeprecationWarning)
                scripted: Callable[..., Any] = torch.jit.script(target)
            return scripted
        if not hasattr(torch, "compile"):
            raise MissingError(f"{self._title()} has no torch.compile")
        # Else it would generalise over shapes that earlier requests had, and, after the eighth, quietly
        # or not, give up to compile.
        getattr(torch, "compiler", torch._dynamo).reset()
        compiled = torch.compile(target, fullgraph=True)

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return compiled(*args, **kwargs)
            except Exception as error:
                inner = error.__cause__ or error.__context__
                if type(inner).__name__ == "InvalidCxxCompiler":
                    raise MissingError(f"torch.compile needs a C++ compiler: {inner}") from error
                raise

        return call

    def vjp(
        self, function: Callable[..., Any], inputs: Sequence[Any]
    ) -> tuple[Any, Callable[[Any], Sequence[Any]]]:
        """`torch.autograd.grad` with respect to leaves that have the strides of `inputs`."""
        leaves = [tensor.detach().requires_grad_() for tensor in inputs]
        output = function(*leaves)

        def pull(upstream: Any) -> Sequence[Any]:
            if not output.requires_grad:
                return [None] * len(leaves)
            gradients: Sequence[Any] = self.module.autograd.grad(output, leaves, upstream, allow_unused=True)
            return gradients

        return output, pull

    def classify(self, error: BaseException) -> dict[str, Any]:
        """As every adapter, and says so where it is `torch.compile` that raised."""
        description = super().classify(error)
        if type(error).__module__.startswith(("torch._dynamo.", "torch._inductor.")):
            description["message"] = f"while compiling: {description['message']}"
        return description

    def synchronise(self, device: str) -> None:
        """CUDA kernels run behind the call that started them."""
        if device != "cpu":
            self.module.cuda.synchronize(device)
