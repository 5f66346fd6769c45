"""`conformance report`: the HTML report of results files."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli import ExitCode
from conformance.cli.options import expectations_option, refusal
from conformance.cli.steps import case_folders, load_known
from conformance.gate import ExpectationError, Gate
from conformance.report import write_html
from conformance.results import ResultsError, read_results


@click.command("report", short_help="Make the HTML report of results files.")
@click.argument("results", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("reports/index.html"),
    show_default=True,
    help="Page to write.",
)
@expectations_option
def command(results: tuple[Path, ...], output: Path, expectations: Path | None) -> int:
    """Write one self-contained page about RESULTS (default: reports/latest.jsonl)."""
    try:
        runs = [read_results(path, incomplete=True) for path in results or (Path("reports/latest.jsonl"),)]
        gate = Gate(load_known(expectations, case_folders(())))
        for run in runs:
            platforms = {name: form["platform"] for name, form in run.header["environments"].items()}
            for record in run.checks:
                gate.add(record, platforms.get(record["environment"], ""))
        verdicts = {name: (str(ruling.verdict), ruling.why) for name, ruling in gate.rulings.items()}
        click.echo(write_html(output, runs, verdicts))
        for run in runs:
            if not run.complete:
                click.echo(f"{run.path} is incomplete: its run was stopped", err=True)
    except (ResultsError, ExpectationError) as problem:
        raise refusal(problem) from problem
    return ExitCode.OPEN if all(run.complete for run in runs) else ExitCode.USAGE
