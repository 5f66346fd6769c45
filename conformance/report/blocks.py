"""What a report is made of, before it is text or HTML. All text in it is visible and safe to print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values, one a row."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table; the first column names the rows."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Text that keeps its lines: a log, a traceback, a command, a script."""

    lines: tuple[str, ...]


Block: TypeAlias = Facts | Grid | Listing


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under one title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One check: `headline` says in a sentence what is the matter; sections go from what to why to how."""

    id: str
    headline: str
    sections: tuple[Section, ...] = field(default=())
