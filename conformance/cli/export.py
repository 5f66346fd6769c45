"""`conformance export`: results and their verdicts in the forms that a CI reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import click

from conformance.cli import ExitCode
from conformance.cli.options import expectations_option, refusal
from conformance.cli.steps import case_folders, load_known
from conformance.gate import ExpectationError, judge
from conformance.outputs import (
    Account,
    account,
    badge_endpoint,
    badge_svg,
    markdown,
    sarif,
    workflow_commands,
)
from conformance.report import collect
from conformance.results import ResultsError, StoredRun
from conformance.run import today


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


FORMATS: dict[str, Callable[[Account], str]] = {
    "markdown": markdown,
    "sarif": lambda told: _json(sarif(told)),
    "badge": badge_svg,
    "shields": lambda told: _json(badge_endpoint(told)),
    "annotations": lambda told: "".join(f"{line}\n" for line in workflow_commands(told)),
}


@click.command("export", short_help="Write results in a form that a CI reads.")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(list(FORMATS)),
    help="A summary in Markdown; SARIF 2.1.0 for code scanning; a badge as SVG, or as the endpoint JSON of"
    " shields; workflow commands that annotate cases on GitHub.",
)
@click.option(
    "-o",
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True, atomic=True),
    default="-",
    help="File to write.  [default: standard output]",
)
@expectations_option
@click.option("--no-strict", is_flag=True, help="An unexpected pass does not close the gate.")
def command(
    results: tuple[Path, ...], form: str, output: TextIO, expectations: Path | None, no_strict: bool
) -> int:
    """Judge RESULTS as `conformance gate` does, and write what came of it in another form.

    The exit code says whether it was written, not whether the gate is open.
    """
    known = load_known(expectations, case_folders(()))
    try:
        judged = judge(results, known, today(), strict=not no_strict)
        told = account(collect(map(StoredRun, results)), judged.gate)
    except (ResultsError, ExpectationError) as problem:
        raise refusal(problem) from problem
    click.echo(FORMATS[form](told), file=output, nl=False)
    return ExitCode.OPEN
