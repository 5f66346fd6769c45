"""What was used last, in memory."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def _nothing(made: Any) -> int:
    return 0


class Recent(Generic[T]):
    """What was made last, by key, within so many `entries` and `nbytes`; the longest unused goes first.

    `size` tells the bytes of what is made. One thing is kept however large it is.
    """

    def __init__(
        self, *, nbytes: float = math.inf, entries: float = math.inf, size: Callable[[T], int] = _nothing
    ) -> None:
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._held = 0
        self._nbytes = nbytes
        self._entries = entries
        self._size = size

    def __contains__(self, key: Hashable) -> bool:
        """Whether there is something of this key; to ask is not to use it."""
        return key in self._kept

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept of `key`, made where there is nothing."""
        if key not in self._kept:
            return self.put(key, make())
        self._kept.move_to_end(key)
        return self._kept[key]

    def put(self, key: Hashable, made: T) -> T:
        """Keep what was `made` for a new key, and return it."""
        self._kept[key] = made
        self._held += self._size(made)
        while len(self._kept) > 1 and (self._held > self._nbytes or len(self._kept) > self._entries):
            self._held -= self._size(self._kept.popitem(last=False)[1])
        return made
