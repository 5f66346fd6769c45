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
    marker_option,
    modes_option,
    paths_argument,
)
from conformance.cli.steps import asked_modes, load_cases, plan_for, select_checks
from conformance.run import targets_of


@click.command("list", short_help="List checks, without running anything.")
@paths_argument
@environment_option
@device_option
@modes_option
@keyword_option
@marker_option
@click.option("--count", is_flag=True, help="Only say how many there are.")
def command(
    paths: tuple[Path, ...],
    environments: tuple[str, ...],
    device: str | None,
    modes: str | None,
    keywords: str,
    markers: str,
    count: bool,
) -> int:
    """Print the id of every check of the cases at PATHS (default: all), one a line."""
    operators, errors = load_cases(paths)
    for error in errors:
        click.echo(f"error: {error}", err=True)
    targets = targets_of(choose_environments(environments), device)
    plan = plan_for(operators, targets, asked_modes(modes, targets))
    checks = select_checks(plan.checks, keywords, markers)
    if count:
        click.echo(len(checks))
    else:
        click.echo("\n".join(check.id for check in checks))
    return ExitCode.USAGE if errors or plan.problems or not checks else ExitCode.OPEN
