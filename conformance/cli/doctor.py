"""`conformance doctor`: which environments work, and what to do about the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conformance.cli import ExitCode
from conformance.cli.options import choose_environments, environment_option
from conformance.environments import Pool, Ready, Unavailable


@click.command("doctor", short_help="Say which environments work, and what to do about the rest.")
@environment_option
def command(environments: tuple[str, ...]) -> int:
    """Start every environment, and print its framework, version and devices, or how to mend it."""
    specs = choose_environments(environments)
    ready: dict[str, Mapping[str, Any]] = {}
    lost: dict[str, Unavailable] = {}
    with Pool(specs) as pool:
        pool.start()
        while len(ready) + len(lost) < len(specs):
            event = pool.next_event()
            if isinstance(event, Ready):
                ready[event.environment] = event.description
            elif isinstance(event, Unavailable):
                lost[event.environment] = event
    _print([spec.name for spec in specs], ready, lost)
    return ExitCode.USAGE if lost else ExitCode.OPEN


def _print(names: list[str], ready: Mapping[str, Mapping[str, Any]], lost: Mapping[str, Unavailable]) -> None:
    console = Console()
    table = Table(
        "environment", "framework", "Python", "NumPy", "devices", "threads", box=None, header_style="bold"
    )
    for name in names:
        told = ready.get(name)
        if told is None:
            table.add_row(escape(name), "[red]cannot run[/red]", "", "", "", "")
            continue
        row = (name, f"{told['framework']} {told['version']}", told["python"], told["numpy"])
        table.add_row(
            *map(escape, map(str, row)), escape(", ".join(told["devices"])), str(told["threads"] or "?")
        )
    console.print(table)
    for name, event in lost.items():
        reason = event.reason.replace("\n", "\n    ")
        console.print(f"\n{escape(name)} cannot run: {escape(reason)}", soft_wrap=True)
        console.print(f"  to mend it: {escape(event.remedy)}", soft_wrap=True)
