"""Searching versions for the first one that differs, where some of them cannot be tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Bisection(Generic[Seen]):
    """What a search found.

    `last` is the last version that is known to be as the oldest, `first` the first one that is known not
    to be (None where the newest is as the oldest). `between` are versions between the two that could not
    be tried, so that the change may be in one of them. `before` and `after` are what the two gave.
    """

    last: str
    before: Seen
    first: str | None
    after: Seen | None
    between: tuple[str, ...]


def bisect(versions: Sequence[str], look: Callable[[str], Seen | None]) -> Bisection[Seen] | None:
    """The first of `versions` (oldest first) for which `look` differs from what it gives for the oldest.

    `look` gives None for a version that cannot be tried; each is looked at once at the most. As in every
    bisection, what differs is taken to do so from some version on. Returns None where fewer than two
    versions can be tried.
    """
    seen: dict[str, Seen | None] = {}

    def tried(place: int) -> Seen | None:
        version = versions[place]
        if version not in seen:
            seen[version] = look(version)
        return seen[version]

    low = next((place for place in range(len(versions)) if tried(place) is not None), len(versions))
    high = next((place for place in range(len(versions) - 1, low, -1) if tried(place) is not None), low)
    if low >= high:
        return None
    before, after = tried(low), tried(high)
    assert before is not None
    if after == before:
        return Bisection(versions[high], before, None, None, ())
    while True:
        middle = (low + high) // 2
        # Outwards from the middle: what cannot be tried costs the least there.
        inner = sorted(range(low + 1, high), key=lambda place: abs(place - middle))
        found = next((place for place in inner if tried(place) is not None), None)
        if found is None:
            return Bisection(versions[low], before, versions[high], after, tuple(versions[low + 1 : high]))
        if tried(found) == before:
            low = found
        else:
            high, after = found, tried(found)
