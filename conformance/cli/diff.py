"""`conformance diff`: compare two results files."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli import ExitCode
from conformance.cli.options import refusal
from conformance.diff import FORMATS, UnknownEnvironmentError, compare
from conformance.diff.comparison import FACTOR
from conformance.results import ResultsError

_results = click.Path(path_type=Path, dir_okay=False)


@click.command("diff", short_help="Compare two results files.")
@click.argument("old", type=_results)
@click.argument("new", type=_results)
@click.option(
    "--format",
    "style",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="How to print it.",
)
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="OLD=NEW",
    help="Environment OLD of the old file is NEW of the new one.  [default: by framework, where each file has"
    " just one environment of it]",
)
@click.option(
    "--factor",
    type=click.FloatRange(min=1, min_open=True),
    default=FACTOR,
    show_default=True,
    help="List checks within their bound whose error has grown so much.",
)
def command(old: Path, new: Path, style: str, mapped: tuple[str, ...], factor: float) -> int:
    """Compare the results files OLD and NEW: of two builds, two versions or two hosts.

    A check that fails and did not, that fails differently, or is degraded or not judged any more where it
    was, is a regression: exit code 1.
    """
    names: dict[str, str] = {}
    for pair in mapped:
        before, equals, after = pair.partition("=")
        if not (before and equals and after):
            raise click.BadParameter(f"{pair!r} is no OLD=NEW", param_hint="--map")
        names[before] = after
    try:
        difference = compare(old, new, names, factor)
    except UnknownEnvironmentError as problem:
        raise click.BadParameter(str(problem), param_hint="--map") from problem
    except ResultsError as problem:
        raise refusal(problem) from problem
    click.echo(FORMATS[style](difference), nl=False)
    return ExitCode.CLOSED if difference.regressions else ExitCode.OPEN
