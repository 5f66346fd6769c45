"""`conformance run`: run checks, print progress and the summary, write results and the HTML report."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console

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
    select_checks,
    usage,
)
from conformance.cli.progress import progress
from conformance.gate import ExpectationError, Gate
from conformance.report import collect, print_summary, summarise, write_html
from conformance.results import CheckRecord, ResultsError, read_results
from conformance.run import DEADLINE, Destination, Run, Sink, planned_facts, platform_of, today


@click.command("run", short_help="Run cases in every environment and judge the results.")
@paths_argument
@environment_option
@keyword_option
@marker_option
@click.option(
    "--results",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Results file to write.  [default: reports/<time>.jsonl, with reports/latest.jsonl pointing to it]",
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    default=DEADLINE,
    show_default=True,
    metavar="SECONDS",
    help="Longest time for one call.",
)
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

    Without --environment these are the declared ones, or the frameworks of this interpreter where none
    of them is built.
    """
    began = time.monotonic()
    operators, errors = load_cases(paths)
    specs, targets = choose_environments(environments, device)
    gate = Gate(load_known(expectations, paths), strict=not no_strict)
    plan = plan_for(operators, targets)
    for error in errors:
        click.echo(f"error: {error}", err=True)
    checks = select_checks(plan.checks, keywords, markers)
    if not checks:
        raise click.UsageError("no check is selected" if plan.checks else "there is no check to run")
    sink = Sink(Destination(Path("reports"), results), operators, [spec.name for spec in specs])
    run = Run(checks, specs, sink, deadline=deadline)
    try:
        finished = _execute(run, gate, len(checks))
        gate.find_stale(planned_facts(plan.checks, sink.ready), today())
        _conclude(sink, gate, html, time.monotonic() - began)
    except (ResultsError, ExpectationError) as problem:
        raise usage(problem) from problem
    if errors or plan.problems or sink.unavailable or not finished:
        return ExitCode.USAGE
    return ExitCode.CLOSED if gate.closing else ExitCode.OPEN


def _execute(run: Run, gate: Gate, total: int) -> bool:
    """Run everything; whether it came to its end (False after Ctrl-C)."""
    records = iter(run)
    try:
        for record in progress(records, total):
            gate.add(record, platform_of(run.sink.ready, record["environment"]))
    except KeyboardInterrupt:
        click.echo("Interrupted; what was obtained is kept.", err=True)
        return False
    finally:
        records.close()
    return True


def _conclude(sink: Sink, gate: Gate, html: bool, seconds: float) -> None:
    """Print the summary and write the page, both from the results file as anyone could."""
    if sink.path is None:
        return
    results = read_results(sink.path, incomplete=True)
    verdicts = {name: (str(ruling.verdict), ruling.why) for name, ruling in gate.rulings.items()}
    page = write_html(sink.path.parent / "index.html", [results], verdicts) if html else None
    console = Console()
    print_summary(summarise(collect([results]), verdicts), console, [sink.path], page, seconds)
    _print_gate(console, gate, results.checks)


def _print_gate(console: Console, gate: Gate, checks: list[CheckRecord]) -> None:
    closing = gate.closing
    for entry in gate.stale:
        console.print(
            f"stale: {entry.location}: no check matches {entry.checks}", soft_wrap=True, markup=False
        )
    if not closing:
        console.print("gate: open, everything is as expected", markup=False)
        return
    parts = ", ".join(f"{count} {verdict}" for verdict, count in closing.items())
    console.print(f"gate: closed by {parts}", soft_wrap=True, markup=False)
    shown = 0
    for record in checks:
        ruling = gate.rulings.get(record["id"])
        if ruling is not None and gate.closes(ruling.verdict) and shown < 10:
            shown += 1
            console.print(f"  {ruling.verdict}: {record['id']}", soft_wrap=True, markup=False)
            console.print(f"    {ruling.why}", soft_wrap=True, markup=False)
    if shown:
        console.print("  conformance show CHECK-ID prints a check's whole report", markup=False)
