"""`conformance run`: run checks, print progress and the summary, write results and the HTML report."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from rich.console import Console

from conformance.cli import ExitCode
from conformance.cli.gate import print_gate
from conformance.cli.options import (
    case_folders,
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
    refusal,
    select_checks,
)
from conformance.cli.progress import progress
from conformance.gate import ExpectationError, Gate, covers
from conformance.report import collect, print_summary, summarise, write_html
from conformance.results import ResultsError, read_results
from conformance.run import DEADLINE, Destination, Run, Sink, planned_facts, platform_of, today, used


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
@click.option(
    "--html/--no-html",
    default=True,
    help="Write the HTML report, reports/index.html or beside --results.  [default: --html]",
)
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
    for error in errors:
        click.echo(f"error: {error}", err=True)
    environments_chosen, targets = choose_environments(environments, device)
    folders = case_folders(paths, operators)
    gate = Gate(load_known(expectations, folders), strict=not no_strict)
    plan = plan_for(operators, targets)
    checks = select_checks(plan.checks, keywords, markers)
    if not checks:
        raise click.UsageError("no check is selected" if plan.checks else "there is no check to run")
    specs = used(environments_chosen, checks)
    sink = Sink(Destination(Path("reports"), results), operators, [spec.name for spec in specs])
    run = Run(checks, specs, sink, deadline=deadline)
    problems = len(errors) + len(plan.problems)
    try:
        finished = _execute(run, gate, len(checks))
        gate.find_stale(
            planned_facts(plan.checks, sink.ready),
            today(),
            covered=not problems and covers((Path(operator.path) for operator in operators), folders),
            everywhere=len(sink.ready) == len(environments_chosen),
        )
        _conclude(sink, gate, _page(results) if html else None, time.monotonic() - began)
    except (ResultsError, ExpectationError) as problem:
        raise refusal(problem) from problem
    if problems:
        click.echo(f"error: {problems} of the cases cannot be used, as said above", err=True)
    if problems or sink.unavailable or not finished:
        return ExitCode.USAGE
    return ExitCode.CLOSED if gate.closing else ExitCode.OPEN


def _execute(run: Run, gate: Gate, total: int) -> bool:
    """Run everything; whether it came to its end (False after Ctrl-C, SIGTERM or SIGHUP)."""
    records = iter(run)
    with _terminable():
        try:
            for record in progress(records, total):
                gate.add(record, platform_of(run.sink.ready, record["environment"]))
        except KeyboardInterrupt:
            with suppress(KeyboardInterrupt):  # the run's own end is to know it, too
                records.throw(KeyboardInterrupt)
            kept = "what was obtained is kept" if run.sink.path else "nothing had been obtained"
            click.echo(f"Interrupted; {kept}.", err=True)
            return False
        finally:
            records.close()
    return True


@contextmanager
def _terminable() -> Iterator[None]:
    """Have what ends a process politely do what Ctrl-C does: workers are ended, results are closed."""
    polite = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.default_int_handler) for number in polite}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _page(results: Path | None) -> Path:
    """Where the HTML report goes: beside the results, and under their name where they were given one."""
    return results.with_name(f"{results.name}.html") if results else Path("reports/index.html")


def _conclude(sink: Sink, gate: Gate, page: Path | None, seconds: float) -> None:
    """Print the summary and write the page, both from the results file as anyone could."""
    if sink.path is None:
        return
    results = read_results(sink.path, incomplete=True)
    verdicts = {name: (str(ruling.verdict), ruling.why) for name, ruling in gate.rulings.items()}
    unwritten: ResultsError | None = None
    try:
        page = write_html(page, [results], verdicts) if page else None
    except ResultsError as problem:  # which is no reason to keep the summary back
        page, unwritten = None, problem
    console = Console()
    collection = collect([results])
    print_summary(summarise(collection, verdicts), console, [sink.path], page, seconds)
    print_gate(console, gate, collection)
    if unwritten is not None:
        raise unwritten
