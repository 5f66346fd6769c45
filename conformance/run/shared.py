"""What is made of an object once, for all who ask."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

from conformance.caches import Recent

T = TypeVar("T")


class _Made(NamedTuple):
    source: object  # held, so that its identity stays its own
    nbytes: int
    made: Any


class Shared:
    """Remembers what was made of the objects asked for last, by their identity.

    The objects are held meanwhile; `entries` and `nbytes` bound how many, and how large they are together.
    """

    def __init__(self, entries: int = 16384, nbytes: int = 16 << 20) -> None:
        self._made: Recent[_Made] = Recent(entries=entries, nbytes=nbytes, size=lambda made: made.nbytes)

    def has(self, source: object, kind: Hashable) -> bool:
        """Whether it is known what was made of `source` for this `kind` of use."""
        return (id(source), kind) in self._made

    def get(self, source: object, kind: Hashable, size: int, make: Callable[[], T]) -> T:
        """What `make` made of `source`, which is of `size` bytes, for this `kind` of use."""
        made: T = self._made.get((id(source), kind), lambda: _Made(source, size, make())).made
        return made

    def put(self, source: object, kind: Hashable, size: int, made: T) -> None:
        """Remember what was `made`."""
        self._made.put((id(source), kind), _Made(source, size, made))
