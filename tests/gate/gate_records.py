"""The id of the fixtures' record, and the types of the fixtures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.gate import Expectation

ID = "op/case/default/torch.nn.Op/torch/float32/cpu/eager/value"

MakeRecord = Callable[..., Any]
MakeExpectation = Callable[..., Expectation]
