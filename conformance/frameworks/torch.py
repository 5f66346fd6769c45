"""PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter, ConversionError


class TorchAdapter(Adapter):
    """PyTorch, on the CPU and on CUDA where `torch.cuda.is_available()` says so."""

    framework = "torch"

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

    def synchronise(self, device: str) -> None:
        """CUDA kernels run behind the call that started them."""
        if device != "cpu":
            self.module.cuda.synchronize(device)
