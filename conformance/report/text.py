"""A report as plain text, for a terminal, a log or an issue."""

from __future__ import annotations

import textwrap

from conformance.report.blocks import Block, Facts, Grid, Report

WIDTH = 100
INDENT = "  "


def report_text(report: Report) -> str:
    """The whole report, at most about 100 columns wide; only scripts, logs and ids keep longer lines."""
    lines = textwrap.wrap(report.headline, WIDTH, break_long_words=False, break_on_hyphens=False)
    for section in report.sections:
        lines += ["", section.title]
        for block in section.blocks:
            lines += _block(block)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _block(block: Block) -> list[str]:
    if isinstance(block, Facts):
        return _facts(block)
    if isinstance(block, Grid):
        return _grid(block)
    return [f"{INDENT}{line}" for line in block.lines]


def _facts(facts: Facts) -> list[str]:
    width = max((len(label) for label, _ in facts.rows), default=0)
    lines = []
    for label, value in facts.rows:
        first = f"{INDENT}{label:<{width}}  "
        wrapped = textwrap.wrap(
            value, max(WIDTH - len(first), 30), break_long_words=False, break_on_hyphens=False
        )
        lines.append(first + (wrapped[0] if wrapped else ""))
        lines += [" " * len(first) + line for line in wrapped[1:]]
    return lines


def _grid(grid: Grid) -> list[str]:
    rows = [grid.head, *grid.rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(grid.head))]
    return [
        INDENT + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    ]
