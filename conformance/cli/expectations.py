"""`conformance expectations`: keep expectations files up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from conformance.cli import ExitCode
from conformance.cli.options import expectations_option, refusal
from conformance.cli.steps import case_folders
from conformance.gate import ExpectationError, beside, judge, load_expectations
from conformance.gate.revision import Revision, revise
from conformance.gate.update import changes, outcome, write
from conformance.results import CheckRecord, ResultsError, pick_results
from conformance.run import readable, today


@click.group("expectations", short_help="Keep expectations files up to date.")
def command() -> None:
    """Keep the files of known deviations up to date."""


@command.command("update", short_help="Make the files say what results files hold.")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@expectations_option
@click.option("--dry-run", is_flag=True, help="Print the difference, and change no file.")
@click.option(
    "--check",
    is_flag=True,
    help="As --dry-run; exit with 1 where something would change, or an entry is marked for review.",
)
def update(results: tuple[Path, ...], expectations: Path | None, dry_run: bool, check: bool) -> int:
    """Rewrite the expectations files so that they say what RESULTS, complete results files, hold.

    New deviations are added with what was measured as their reason, marked `review: true`; what is stale is
    dropped; an entry of which some checks end otherwise is narrowed to the others. All else stays as it is.
    """
    where = [expectations] if expectations is not None else _default_folders()
    try:
        known = load_expectations(path for path in where if path.exists())
        judged = judge(results, known, today())
        revision = revise(judged)
        changed = changes(revision, where, _told(results, revision))
        after = judge(results, outcome(changed, known), today())
        if after.gate.closing:
            raise AssertionError(
                f"the new expectations leave {dict(after.gate.closing)}: nothing was written"
            )
        if not (dry_run or check):
            write(changed)
    except (ResultsError, ExpectationError) as problem:
        raise refusal(problem) from problem
    for change in changed:
        click.echo(change.diff() if dry_run or check else f"{change.path}: {_summary(change.diff())}")
    if not changed:
        click.echo("nothing to change")
    if waiting := after.gate.to_review:
        click.echo(f"{waiting} entries are marked `review: true`: confirm each reason, and remove the mark")
    return ExitCode.CLOSED if check and (changed or waiting) else ExitCode.OPEN


def _default_folders() -> list[Path]:
    """The folders of expectations beside the cases, also where there is none yet."""
    folders = case_folders(())
    return [readable(path) for path in beside(folders)] or [
        readable(folder / "expectations") for folder in sorted(folders)
    ]


def _told(results: Sequence[Path], revision: Revision) -> Mapping[str, CheckRecord]:
    """The whole records that the reasons of new entries are made of."""
    wanted = {name for entries in revision.added.values() for entry in entries for name in entry.told()}
    if not wanted:
        return {}
    return {
        record["id"]: record
        for path in results
        for record in pick_results(path, lambda brief: brief["id"] in wanted)
    }


def _summary(diff: str) -> str:
    """How many lines a change adds and removes."""
    lines = diff.splitlines()[2:]
    added = sum(line.startswith("+") for line in lines)
    return f"{added} lines added, {sum(line.startswith('-') for line in lines)} removed"
