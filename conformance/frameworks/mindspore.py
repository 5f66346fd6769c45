"""MindSpore."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.frameworks.adapter import Adapter


class MindSporeAdapter(Adapter):
    """MindSpore in PyNative mode. A process has one device: the one that its context targets."""

    framework = "mindspore"

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
