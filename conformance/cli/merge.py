"""`conformance merge`: results of shards and of several hosts, joined."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli import ExitCode
from conformance.cli.options import refusal
from conformance.results import ResultsError, merge_results


@click.command("merge", short_help="Join results files of shards and of several hosts.")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Results file to make.",
)
def command(results: tuple[Path, ...], output: Path) -> int:
    """Join RESULTS into one file, as if one machine had run everything.

    Every shard of a run has to be there. Results of other environments are joined, too, where they were
    made by the same version of the suite from the same case files.
    """
    try:
        counts = merge_results(results, output)
    except ResultsError as problem:
        raise refusal(problem) from problem
    click.echo(f"{output}: {sum(counts.values()):,} checks of {len(results)} files")
    return ExitCode.OPEN
