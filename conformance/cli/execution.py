"""What `conformance run` does while frameworks are imported and then."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from conformance.cli import ExitCode
from conformance.cli.gate_text import print_gate
from conformance.cli.options import refusal
from conformance.cli.progress import progress
from conformance.cli.steps import (
    asked_modes,
    asked_shard,
    case_folders,
    load_cases,
    load_known,
    plan_for,
    select_checks,
)
from conformance.environments import EnvironmentSpec, Pool
from conformance.gate import ExpectationError, Gate, covers
from conformance.outputs import (
    account,
    append_step_summary,
    commands_stopped,
    on_github,
    step_summary,
    workflow_commands,
)
from conformance.plan import CHOSEN
from conformance.report import Collection, Tally, collect, counted, print_summary
from conformance.results import CheckRecord, ResultsError, StoredRun
from conformance.run import (
    Asked,
    Continuation,
    Destination,
    Run,
    Sink,
    in_every_mode,
    planned_facts,
    platform_of,
    spare_collector,
    targets_of,
    today,
    unavailable_forms,
    used,
)


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks for, as it was given there; `strict` also closes on an unexpected pass."""

    paths: tuple[Path, ...]
    keywords: str
    markers: str
    results: Path | None
    deadline: float
    device: str | None
    modes: str | None
    shard: str | None
    resume: Path | None
    expectations: Path | None
    strict: bool
    html: bool


def execute(order: Order, environments: Sequence[EnvironmentSpec], pool: Pool, began: float) -> int:
    """Run everything in the `environments` of `pool` that it takes; return the exit code."""
    operators, errors = load_cases(order.paths)
    for error in errors:
        click.echo(f"error: {error}", err=True)
    targets = targets_of(environments, order.device)
    folders = case_folders(order.paths, operators)
    gate = Gate(load_known(order.expectations, folders), strict=order.strict)
    plan = plan_for(operators, targets, asked_modes(order.modes, targets))
    checks = select_checks(plan.checks, order.keywords, order.markers)
    if not checks:
        raise click.UsageError("no check is selected" if plan.checks else "there is no check to run")
    shard, part = asked_shard(order.shard, checks)
    problems = len(errors) + len(plan.problems)
    covered = not problems and covers((Path(operator.path) for operator in operators), folders)
    asked = Asked(order.keywords, order.markers, tuple(map(str, order.paths)), order.modes or CHOSEN)
    selection = asked.selection(plan.checks, checks, targets, covered=covered, shard=shard)
    try:
        earlier = Continuation.read(order.resume, operators, selection) if order.resume else None
    except ResultsError as problem:
        raise refusal(problem) from problem
    left = earlier.left(part) if earlier else part
    specs = used(environments, left)
    destination = earlier or Destination(Path("reports"), order.results)
    sink = Sink(destination, operators, [spec.name for spec in specs], selection)
    run = Run(left, specs, sink, deadline=order.deadline, pool=pool)
    records = iter(run)
    if earlier is not None:
        earlier.introduce(sink)
        records = earlier.records(run)
    spare_collector()
    tally = Tally()
    try:
        finished = _execute(records, sink, gate, tally, len(part))
        del run, records  # and all arrays that they keep: the results may be read next
        gate.find_stale(
            planned_facts(plan.checks, sink.ready),
            today(),
            covered=covered,
            everywhere=len(sink.ready) == len(environments),
            left_out=in_every_mode(operators, targets, sink.ready),
        )
        page = _page(order.results, sink) if order.html else None
        _conclude(sink, gate, tally, page, finished, time.monotonic() - began)
    except (ResultsError, ExpectationError) as problem:
        raise refusal(problem) from problem
    if problems:
        click.echo(f"error: {problems} of the cases cannot be used, as said above", err=True)
    if problems or sink.unavailable or not finished or gate.misspelt:
        return ExitCode.USAGE
    return ExitCode.CLOSED if gate.closing else ExitCode.OPEN


def _execute(
    records: Generator[CheckRecord, None, None], sink: Sink, gate: Gate, tally: Tally, total: int
) -> bool:
    """Run everything; whether it came to its end (False after Ctrl-C, SIGTERM or SIGHUP)."""
    try:
        for record in progress(records, total):
            gate.add(record, platform_of(sink.ready, record["environment"]))
            tally.add(counted(record))
    except KeyboardInterrupt:
        with suppress(KeyboardInterrupt):  # the run's own end is to know it, too
            records.throw(KeyboardInterrupt)
        kept = "what was obtained is kept" if sink.path else "nothing had been obtained"
        click.echo(f"Interrupted; {kept}.", err=True)
        return False
    finally:
        records.close()
    return True


def _page(results: Path | None, sink: Sink) -> Path:
    """Where the HTML report goes: beside the results, and under their name where they were given one."""
    if results is None and sink.path is not None and sink.path.parent.resolve() != Path("reports").resolve():
        results = sink.path  # which goes on
    return results.with_name(f"{results.name}.html") if results else Path("reports/index.html")


def _written(page: Path, collection: Collection, gate: Gate) -> Path:
    """The HTML report at `page`. Raises ResultsError."""
    from conformance.report.html import write_html  # with Jinja2, and much else that only a page needs

    verdicts = {name: (str(ruling.verdict), ruling.why) for name, ruling in gate.rulings.items()}
    return write_html(page, collection, verdicts)


def _conclude(
    sink: Sink, gate: Gate, tally: Tally, page: Path | None, finished: bool, seconds: float
) -> None:
    """Print the summary and the verdict, and write the page.

    Where there is more to tell than numbers, the results are read from their file, as anyone could.
    """
    results, header = sink.path, sink.header
    if results is None or header is None:
        return
    own_summary = step_summary()
    more = page is not None or gate.closing or not finished or on_github() or own_summary is not None
    collection = collect([StoredRun(results, incomplete=True, trusted=True)] if more else [])
    unwritten: ResultsError | None = None
    try:
        page = _written(page, collection, gate) if page else None
    except ResultsError as problem:  # which is no reason to keep the summary back
        page, unwritten = None, problem
    verdicts = Counter(str(ruling.verdict) for ruling in gate.rulings.values())
    unavailable = {**header["unavailable"], **unavailable_forms(sink.unavailable)}
    summary = tally.summary(header["environments"], unavailable, collection.incomplete, verdicts)
    console = Console()
    with commands_stopped(click.echo):
        print_summary(summary, console, [results], page, seconds)
        print_gate(console, gate, collection)
    if on_github() or own_summary is not None:
        told = account(collection, gate)
        for line in workflow_commands(told) if on_github() else ():
            click.echo(line)
        if own_summary is not None:
            append_step_summary(told, own_summary)
    if unwritten is not None:
        raise unwritten
