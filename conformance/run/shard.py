"""Parts of a run that different machines take: disjoint, complete, and as even as calls allow."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.model import CallSpec, Check
from conformance.plan import EAGER

MOST = 1000


class ShardError(ValueError):
    """A shard that is written in a way that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The part `number` (from 1) of `count`, written `2/4`."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard that `text` names. Raises ShardError."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
        shard = cls(*map(int, found.groups())) if found else None
        if shard is None or not 1 <= shard.number <= shard.count <= MOST:
            raise ShardError(
                f"--shard {text}: is no part of a run; write it as K/N with K from 1 to N, such as 2/4 "
                f"(N at most {MOST})"
            )
        return shard

    def choose(self, checks: Sequence[Check]) -> list[Check]:
        """The checks of this shard, in their order: each is in exactly one of the `count` shards.

        All checks of a call are in one shard, so that its reference is computed once. Calls are dealt out
        by their cost, the costliest first, each to the shard that has least: a compilation takes as long
        as thousands of eager checks, so compiled checks are evened out before the number of all.
        """
        calls: defaultdict[CallSpec, list[Check]] = defaultdict(list)
        for check in checks:
            calls[check.spec].append(check)
        costs = {spec: _cost(members) for spec, members in calls.items()}
        load = [(0, 0)] * self.count
        mine: set[CallSpec] = set()
        for spec in sorted(costs, key=lambda spec: costs[spec], reverse=True):
            compiled, total = costs[spec]
            least = min(range(self.count), key=lambda at: load[at] if compiled else load[at][1])
            load[least] = (load[least][0] + compiled, load[least][1] + total)
            if least == self.number - 1:
                mine.add(spec)
        return [check for check in checks if check.spec in mine]


def _cost(checks: Sequence[Check]) -> tuple[int, int]:
    """How many of a call's checks are in modes that compile, and how many there are."""
    return sum(check.mode != EAGER for check in checks), len(checks)
