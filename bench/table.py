"""Figures as text that can be pasted into an issue (aligned Markdown), and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """The most that a figure may be; `of` is the column it is about."""

    of: str
    most: float


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured: its name, and a figure for some of the columns."""

    name: str
    figures: dict[str, float | None]
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        value = self.figures.get(self.target.of) if self.target else None
        return None if self.target is None or value is None else value <= self.target.most


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its title, what to know about it, and its rows. Columns are those of the rows."""

    title: str
    note: str
    rows: Sequence[Row]

    @property
    def columns(self) -> list[str]:
        """Every column that a row has, in the order of first mention."""
        return list(dict.fromkeys(column for row in self.rows for column in row.figures))

    def text(self) -> str:
        """The table in Markdown."""
        lines = [["", *self.columns, "target"], *(self._cells(row) for row in self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:-1]), "-" * widths[-1]]
        lines.insert(1, rule)
        table = "\n".join(_line(line, widths) for line in lines)
        return f"### {self.title}\n\n{self.note}\n\n{table}"

    def _cells(self, row: Row) -> list[str]:
        return [row.name, *(_shown(row.figures.get(column)) for column in self.columns), _target(row)]

    def form(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "title": self.title,
            "note": self.note,
            "rows": [
                {
                    "name": row.name,
                    "figures": row.figures,
                    "target": {"column": row.target.of, "at most": row.target.most} if row.target else None,
                    "met": row.met,
                }
                for row in self.rows
            ],
        }


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers, last = cells
    middle = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=False)]
    return f"| {' | '.join([first.ljust(widths[0]), *middle, last.ljust(widths[-1])])} |"


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value < 0.1 else f"{value:.2f}"


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    return f"{row.target.of} <= {row.target.most:g}: {'met' if row.met else 'MISSED'}"
