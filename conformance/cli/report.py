"""`conformance report`: the report of results files."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli import ExitCode
from conformance.cli.options import expectations_option, refusal
from conformance.cli.steps import case_folders, load_known
from conformance.diff import Kind, compare
from conformance.gate import ExpectationError, Gate
from conformance.report import collect
from conformance.report.baseline import Baseline
from conformance.report.flat import csv_report, markdown_report
from conformance.report.html import write_html, write_text
from conformance.results import ResultsError, StoredRun

SUFFIXES = {"html": "html", "markdown": "md", "csv": "csv"}


@click.command("report", short_help="Make the report of results files: a page, Markdown or CSV.")
@click.argument("results", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: reports/index.html, .md or .csv]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(SUFFIXES)),
    default="html",
    show_default=True,
    help="html: one self-contained page; markdown: for a wiki or a job summary; csv: one line a check.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Older results file: the page says what has changed since. Only with one results file.",
)
@expectations_option
def command(
    results: tuple[Path, ...],
    output: Path | None,
    form: str,
    baseline: Path | None,
    expectations: Path | None,
) -> int:
    """Write a report about RESULTS (default: reports/latest.jsonl)."""
    paths = results or (Path("reports/latest.jsonl"),)
    if baseline is not None and (len(paths) > 1 or form != "html"):
        raise click.UsageError("--baseline goes with one results file and --format html")
    output = output or Path(f"reports/index.{SUFFIXES[form]}")
    try:
        collection = collect([StoredRun(path, incomplete=True) for path in paths])
        gate = Gate(load_known(expectations, case_folders(())))
        for entry in collection.entries:
            told = collection.environments[entry.environment]
            gate.add(entry.facts(), told["platform"] if told is not None else "")
        verdicts = {name: (str(ruling.verdict), ruling.why) for name, ruling in gate.rulings.items()}
        if form == "html":
            since = _since(baseline, paths[0]) if baseline is not None else None
            click.echo(write_html(output, collection, verdicts, since))
        else:
            text = markdown_report(collection) if form == "markdown" else csv_report(collection, verdicts)
            click.echo(write_text(output, text))
        for name in collection.incomplete:
            click.echo(f"{name} is incomplete: its run was stopped", err=True)
    except (ResultsError, ExpectationError) as problem:
        raise refusal(problem) from problem
    return ExitCode.USAGE if collection.incomplete else ExitCode.OPEN


def _since(old: Path, new: Path) -> Baseline:
    """What has become of each check since `old`. Raises ResultsError."""
    changes = compare(old, new).changes
    return Baseline(
        old.name,
        {change.id: str(change.kind) for change in changes if change.kind is not Kind.VANISHED},
        sum(change.kind is Kind.VANISHED for change in changes),
    )
