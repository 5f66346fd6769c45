"""`conformance list`: the checks that a run would make, without running anything."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli import ExitCode
from conformance.cli.options import (
    choose_environments,
    device_option,
    environment_option,
    keyword_option,
    load_cases,
    marker_option,
    paths_argument,
    plan_for,
    select_checks,
)


@click.command("list", short_help="List checks, without running anything.")
@paths_argument
@environment_option
@device_option
@keyword_option
@marker_option
@click.option("--count", is_flag=True, help="Only say how many there are.")
def command(
    paths: tuple[Path, ...],
    environments: tuple[str, ...],
    device: str | None,
    keywords: str,
    markers: str,
    count: bool,
) -> int:
    """Print the id of every check of the cases at PATHS (default: all), one a line."""
    operators, errors = load_cases(paths)
    for error in errors:
        click.echo(f"error: {error}", err=True)
    _, targets = choose_environments(environments, device)
    plan = plan_for(operators, targets)
    checks = select_checks(plan.checks, keywords, markers)
    if count:
        click.echo(len(checks))
    else:
        click.echo("\n".join(check.id for check in checks))
    return ExitCode.USAGE if errors or plan.problems or not checks else ExitCode.OPEN
