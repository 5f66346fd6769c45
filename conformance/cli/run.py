"""`conformance run`: run checks, print progress and the summary, write results and the HTML report."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from conformance.cli import ExitCode
from conformance.cli.options import (
    choose_environments,
    device_option,
    environment_option,
    expectations_option,
    keyword_option,
    load_cases,
    load_known,
    marker_option,
    paths_argument,
    plan_for,
    usage,
)
from conformance.cli.progress import progress
from conformance.gate import ExpectationError, Gate
from conformance.model import Check
from conformance.report import Summary, print_summary, write_html
from conformance.results import ResultsError
from conformance.run import DEADLINE, Destination, Run, Sink
from conformance.run.select import SelectionError, choose_checks


@click.command("run", short_help="Run cases in every environment and judge the results.")
@paths_argument
@environment_option
@keyword_option
@marker_option
@click.option(
    "--results",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Results file to write.  [default: reports/<time>.jsonl, and reports/latest.jsonl]",
)
@click.option("--deadline", type=click.FloatRange(min=0, min_open=True), default=DEADLINE, show_default=True, metavar="SECONDS", help="Longest time for one call.")
@device_option
@expectations_option
@click.option("--no-strict", is_flag=True, help="An unexpected pass does not close the gate.")
@click.option("--html/--no-html", default=True, help="Write reports/index.html.  [default: --html]")
def command(
    paths: tuple[Path, ...],
    environments: tuple[str, ...],
    keywords: str,
    markers: str,
    results: Path | None,
    deadline: float,
    device: str | None,
    expectations: Path | None,
    no_strict: bool,
    html: bool,
) -> int:
    """Run the cases at PATHS (default: all) in every environment, and judge the results.

    Without --environment these are the declared ones that are built, else the frameworks of this interpreter.
    """
    operators, errors = load_cases(paths)
    for error in errors:
        click.echo(f"error: {error}", err=True)
    specs, targets = choose_environments(environments, device)
    gate = Gate(load_known(expectations, paths), strict=not no_strict)
    plan = plan_for(operators, targets)
    try:
        checks = choose_checks(plan.checks, keywords, markers)
    except SelectionError as problem:
        raise usage(problem) from problem
    if not checks:
        raise click.UsageError("no check is selected" if plan.checks else "there is no check to run")
    destination = Destination(Path("reports"), results)
    sink = Sink(destination, operators, [spec.name for spec in specs])
    summary = Summary()
    stopped = _execute(Run(checks, specs, sink, deadline=deadline), gate, summary, len(checks))
    gate.find_stale(_planned(plan.checks, sink), datetime.datetime.now(datetime.timezone.utc).date())
    page = _page(sink, gate) if html and sink.path else None
    print_summary(summary, sink, gate, page)
    unusable = bool(errors or plan.problems or sink.unavailable or stopped)
    if unusable:
        return ExitCode.USAGE
    return ExitCode.CLOSED if gate.closing else ExitCode.OPEN
