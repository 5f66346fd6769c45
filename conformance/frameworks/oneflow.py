"""OneFlow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter


class OneFlowAdapter(Adapter):
    """OneFlow in eager mode."""

    framework = "oneflow"

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
