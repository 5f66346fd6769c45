"""Figures as text that can be pasted into an issue (aligned Markdown), and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Figure: TypeAlias = "float | Sequence[float] | None"
"""One number, or that of each round, whose median counts."""


@dataclass(frozen=True, slots=True)
class Target:
    """The most that a figure may be; `of` is the column it is about."""

    of: str
    most: float


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured: its name, and a figure for some of the columns."""

    name: str
    figures: Mapping[str, Figure]
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        value = median(self.figures.get(self.target.of)) if self.target else None
        return None if self.target is None or value is None else value <= self.target.most


@dataclass(frozen=True, slots=True)
class Curve:
    """A ratio by number of checks, and what it is not to exceed."""

    name: str
    points: Sequence[tuple[int, float]]
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its title, what to know about it, and its rows. Columns are those of the rows."""

    title: str
    note: str
    rows: Sequence[Row]
    curve: Curve | None = None

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
        """The same as plain values: the median of each figure, and the figures of all rounds."""
        return {
            "title": self.title,
            "note": self.note,
            "rows": [
                {
                    "name": row.name,
                    "figures": {name: median(figure) for name, figure in row.figures.items()},
                    "rounds": {
                        name: list(figure)
                        for name, figure in row.figures.items()
                        if isinstance(figure, Sequence)
                    },
                    "target": {"column": row.target.of, "at most": row.target.most} if row.target else None,
                    "met": row.met,
                }
                for row in self.rows
            ],
        }


def median(figure: Figure) -> float | None:
    """The number that stands for a figure."""
    return statistics.median(figure) if isinstance(figure, Sequence) else figure


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """The ratio within each round."""
    return [a / b for a, b in zip(above, below, strict=True)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers, last = cells
    middle = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=False)]
    return f"| {' | '.join([first.ljust(widths[0]), *middle, last.ljust(widths[-1])])} |"


def _shown(figure: Figure) -> str:
    value = median(figure)
    if value is None:
        return ""
    if not isinstance(figure, Sequence) or len(figure) == 1:
        return _number(value)
    return f"{_number(value)} ({_number(min(figure))}..{_number(max(figure))})"


def _number(value: float) -> str:
    if value >= 10 and value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value < 0.1 else f"{value:.2f}"


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    return f"{row.target.of} <= {row.target.most:g}: {'met' if row.met else 'MISSED'}"
