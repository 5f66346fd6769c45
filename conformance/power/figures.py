"""What a power run notes about each subject."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from conformance.power.rivals import Rivalry
from conformance.power.subjects import Kind

Side = tuple[str, str, str, str]
"""Operator, aspect, dtype, and the name of a subject."""


@dataclass(slots=True)
class Pair:
    """A mutant's value or gradient in a dtype: what killed it, and how it was explained.

    `killed_by` counts mismatches by case, `named` by the name of the explanation, and `right` is how
    many of them name this mutant, or another that returns the same bits. Where no case has killed it, `shows`
    tells inputs of the domain for which its result is wrong, and `nearest` the cases in which it is farthest
    from the right one, in allowances.
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
    nearest: list[tuple[str, float]] = field(default_factory=list)

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

    `overflowed` are those whose result is not finite though the same form of the formula is right where
    nothing can overflow: an intermediate really overflows. `undefined` are those that are not finite in any
    precision: the form has no value for these inputs (infinity less infinity). Of `cancelled` ones the form,
    by its own running bound, leaves nothing of the value in this dtype. The suite is right about all three.
    All others are `false_alarms`.
    """

    operator: str
    aspect: str
    kernel: str
    kind: Kind
    dtype: str
    outcomes: Counter[str] = field(default_factory=Counter)
    overflowed: list[str] = field(default_factory=list)
    undefined: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)

    @property
    def explained(self) -> list[str]:
        """The mismatches that are no false alarms."""
        return [*self.overflowed, *self.undefined, *self.cancelled]


@dataclass(slots=True)
class Evidence:
    """What a power run has found; `cost` is the processor time by operator, of workers as well."""

    pairs: dict[Side, Pair] = field(default_factory=dict)
    innocents: dict[Side, Innocent] = field(default_factory=dict)
    rivalries: list[Rivalry] = field(default_factory=list)
    seconds: float = 0.0
    cost: dict[str, float] = field(default_factory=dict)

    def add(self, other: Evidence) -> None:
        """Take in what has been found of another operator or dtype."""
        self.pairs.update(other.pairs)
        self.innocents.update(other.innocents)
        self.rivalries.extend(other.rivalries)
        for operator, seconds in other.cost.items():
            self.cost[operator] = self.cost.get(operator, 0.0) + seconds
