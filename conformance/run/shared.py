"""What is made of an object once, for all who ask."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """Remembers what was made of the objects asked for last, by their identity.

    The objects are held meanwhile, so that an identity stays its own; `entries` and `nbytes` bound how
    many, and how large they are together.
    """

    def __init__(self, entries: int = 16384, nbytes: int = 16 << 20) -> None:
        self._made: OrderedDict[tuple[int, Hashable], tuple[object, int, Any]] = OrderedDict()
        self._held = 0
        self._entries = entries
        self._nbytes = nbytes

    def has(self, source: object, kind: Hashable) -> bool:
        """Whether it is known what was made of `source` for this `kind` of use."""
        return (id(source), kind) in self._made

    def get(self, source: object, kind: Hashable, size: int, make: Callable[[], T]) -> T:
        """What `make` made of `source`, which is of `size` bytes, for this `kind` of use."""
        found = self._made.get((id(source), kind))
        made: T = self.put(source, kind, size, make()) if found is None else found[2]
        return made

    def put(self, source: object, kind: Hashable, size: int, made: T) -> T:
        """Remember what was `made`, and return it."""
        self._made[id(source), kind] = (source, size, made)
        self._held += size
        while len(self._made) > self._entries or self._held > self._nbytes:
            self._held -= self._made.popitem(last=False)[1][1]
        return made
