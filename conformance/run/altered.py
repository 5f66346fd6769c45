"""Float64 arrays on which chosen NumPy operations do something else: formulas with one thing changed.

The reference's formula runs on them as it stands, so that "the same formula with its logarithm in
float32" needs no second formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

Operation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Alteration:
    """What changes: `operations` maps a ufunc (or `np.sum`) to its replacement.

    `after`, where given, is applied to the result of every operation.
    """

    operations: Mapping[Any, Operation] = field(default_factory=dict)
    after: Callable[[Any], Any] | None = None


class Altered(NDArrayOperatorsMixin):
    """An array whose operations obey an `Alteration`."""

    __slots__ = ("alteration", "value")

    def __init__(self, value: Any, alteration: Alteration) -> None:
        self.value = np.asarray(value)
        self.alteration = alteration

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.value.size

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a ufunc or its replacement."""
        if method != "__call__" or kwargs:
            return NotImplemented
        return self._result(ufunc, self.alteration.operations.get(ufunc, ufunc), inputs, {})

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Apply a NumPy function or its replacement."""
        return self._result(func, self.alteration.operations.get(func, func), args, kwargs)

    def _result(self, original: Any, operation: Operation, args: Any, kwargs: Any) -> Any:
        plain = [arg.value if isinstance(arg, Altered) else arg for arg in args]
        result = operation(*plain, **kwargs)
        if not isinstance(result, (np.ndarray, np.generic)) or result.dtype.kind != "f":
            return result
        if self.alteration.after is not None and original is not np.where:
            result = self.alteration.after(result)
        return Altered(result, self.alteration)
