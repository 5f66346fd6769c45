"""`conformance gate`: judge results files by what is expected of them."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from conformance.cli import ExitCode
from conformance.cli.gate_text import SHOWN, print_gate
from conformance.cli.options import expectations_option, refusal
from conformance.cli.steps import case_folders, load_known
from conformance.gate import ExpectationError, Judged, Verdict, judge
from conformance.report import collect
from conformance.report.visible import visible
from conformance.results import ResultsError, StoredRun
from conformance.run import today


@click.command("gate", short_help="Judge results files by what is expected of them.")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@expectations_option
@click.option("--no-strict", is_flag=True, help="An unexpected pass does not close the gate.")
@click.option(
    "--reports",
    type=click.IntRange(min=0),
    default=SHOWN,
    show_default=True,
    metavar="N",
    help="Print the tolerance report of the first check of at most so many causes.",
)
def command(results: tuple[Path, ...], expectations: Path | None, no_strict: bool, reports: int) -> int:
    """Judge RESULTS, complete results files of different checks, together.

    No framework is needed. What matches none of the expectations and fails, or fails otherwise than
    expected, closes the gate; so does an expectation that is about no check.
    """
    known = load_known(expectations, case_folders(()))
    try:
        judged = judge(results, known, today(), strict=not no_strict)
        collection = collect(map(StoredRun, results if judged.news else ()))
    except (ResultsError, ExpectationError) as problem:
        raise refusal(problem) from problem
    console = Console()
    _print_counts(console, judged)
    print_gate(console, judged.gate, collection, reports)
    for name in judged.unavailable:
        click.echo(f"error: {visible(name)} could not run", err=True)
    if judged.unavailable or judged.gate.misspelt:
        return ExitCode.USAGE
    return ExitCode.CLOSED if judged.gate.closing or not judged.total else ExitCode.OPEN


def _print_counts(console: Console, judged: Judged) -> None:
    """How many checks have each verdict."""
    counts = judged.gate.counts
    console.print(f"{judged.total:,} checks", markup=False, highlight=False)
    for verdict in Verdict:
        if counts[verdict]:
            closes = "  closes the gate" if judged.gate.closes(verdict) else ""
            console.print(f"  {verdict:<14} {counts[verdict]:>8,}{closes}", markup=False, highlight=False)
    if judged.gate.to_review:
        note = f"{judged.gate.to_review} of the expectations are marked `review: true`"
        console.print(note, markup=False, highlight=False)
