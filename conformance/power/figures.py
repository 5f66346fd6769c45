"""What a power run notes about each subject."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from conformance.power.subjects import Kind


@dataclass(slots=True)
class Pair:
    """A mutant's value or gradient in a dtype: what killed it, and how it was explained.

    `killed_by` counts mismatches by case, `named` by the name of the explanation, and `right` is how
    many of them name this mutant, or another that returns the same bits. `shows` tells inputs of the
    domain for which its result is wrong, where no case has killed it.
    """

    operator: str
    aspect: str
    mutant: str
    text: str
    dtype: str
    checks: int = 0
    degraded: int = 0
    killed_by: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    right: int = 0
    shows: str | None = None

    @property
    def killed(self) -> bool:
        """Whether any check of it was a mismatch."""
        return bool(self.killed_by)

    @property
    def diagnosed(self) -> bool:
        """Whether most of its mismatches name it."""
        return 2 * self.right > self.killed_by.total()

    @property
    def counts(self) -> bool:
        """Whether the cases ought to kill it: somewhere in the domain its result is wrong."""
        return self.killed or self.shows is not None


@dataclass(slots=True)
class Innocent:
    """A kernel without a defect, its value or gradient in a dtype: outcomes, and ids of mismatches.

    `overflowed` are those whose result is not finite and ought to be, since an intermediate of the kernel
    really overflows; `cancelled` those of a form of the formula that is not as good for these inputs: its
    own running bound lies beyond the allowance. The suite is right about both. All others are
    `false_alarms`.
    """

    operator: str
    aspect: str
    kernel: str
    kind: Kind
    dtype: str
    outcomes: Counter[str] = field(default_factory=Counter)
    overflowed: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
