"""Progress of a run: a live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from conformance.results import CheckRecord

_QUIET_SECONDS = 10.0  # between plain lines
_REDRAW = 25  # checks between updates of the live line; drawing each would cost more than the check


def progress(records: Iterable[CheckRecord], total: int) -> Iterator[CheckRecord]:
    """Pass `records` on, showing how many of `total` are done."""
    console = Console(stderr=True)
    return _live(records, total, console) if console.is_terminal else _plain(records, total)


def _live(records: Iterable[CheckRecord], total: int, console: Console) -> Iterator[CheckRecord]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("checks", total=total)
        waiting = 0
        for record in records:
            waiting += 1
            if waiting == _REDRAW:
                bar.update(task, advance=waiting, description=f"checks ({record['environment']})")
                waiting = 0
            yield record
        bar.update(task, advance=waiting)


def _plain(records: Iterable[CheckRecord], total: int) -> Iterator[CheckRecord]:
    done: Counter[str] = Counter()
    spoken = time.monotonic()
    for record in records:
        done[record["environment"]] += 1
        now = time.monotonic()
        if now - spoken > _QUIET_SECONDS:
            spoken = now
            parts = ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
            click.echo(f"{sum(done.values())} of {total} checks done ({parts})", err=True)
        yield record
