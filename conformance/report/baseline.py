"""What has changed against an older results file, as words about checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Baseline:
    """`changes` maps the ids of checks to what has become of them; those that are `gone` are only counted."""

    name: str
    changes: Mapping[str, str]
    gone: int = 0

    def counts(self) -> list[tuple[str, int]]:
        """How many checks changed in each way, the most frequent first."""
        return Counter(self.changes.values()).most_common()
