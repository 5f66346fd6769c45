"""The tables of a power run on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conformance.report.power import PowerPage


def print_power(page: PowerPage, console: Console) -> None:
    """Print the tables of `page`, then its survivors and false alarms."""
    for title, head, rows in page.tables:
        console.print(_table(title, head, rows))
    for title, lines in page.lists:
        console.print(f"\n[bold]{escape(title)}[/]")
        for line in lines or ("none",):
            console.print(f"  {escape(line)}", highlight=False)


def _table(title: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    table = Table(
        title=escape(title), title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0)
    )
    for place, column in enumerate(head):
        table.add_column(escape(column), justify="left" if place == 0 else "right")
    for row in rows:
        table.add_row(*map(escape, row))
    return table
