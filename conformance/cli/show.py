"""`conformance show`: one check's tolerance report, from a results file."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from conformance.cli import ExitCode
from conformance.cli.options import refusal, results_option
from conformance.report import reproducer, tolerance_text
from conformance.results import ResultsError, StoredRun


@click.command("show", short_help="Print one check's tolerance report from a results file.")
@click.argument("check_id")
@results_option
@click.option("--script", is_flag=True, help="Print only the standalone script that repeats the check.")
def command(check_id: str, results: Path, script: bool) -> int:
    """Print the tolerance report of CHECK_ID again, with what the other environments returned.

    CHECK_ID may be any part of an id that only one check has.
    """
    try:
        run = StoredRun(results, incomplete=True)
        known = [(outline.id, outline.call) for outline in run.outlines()]
        place = _find([identity for identity, _ in known], check_id, results)
        record = run.whole(place)
        call = known[place][1]
        peers = list(run.peers([at for at, (_, other) in enumerate(known) if other == call])) if call else []
    except ResultsError as problem:
        raise refusal(problem) from problem
    if script:
        text = reproducer(record)
        if text is None:
            raise click.ClickException(
                f"{record['id']}: {record['outcome']}: nothing was asked, so nothing can be repeated"
            )
        click.echo(text, nl=False)
    else:
        click.echo(tolerance_text(record, peers, run.header["conventions"].get(record["operator"], {})))
    return ExitCode.OPEN


def _find(ids: list[str], wanted: str, path: Path) -> int:
    """The place of the check that is wanted."""
    found = [place for place, identity in enumerate(ids) if identity == wanted]
    found = found or [place for place, identity in enumerate(ids) if wanted in identity]
    if len(found) == 1:
        return found[0]
    if found:
        listed = "\n".join(f"  {ids[place]}" for place in found[:10])
        more = f"\n  and {len(found) - 10} more" if len(found) > 10 else ""
        raise click.UsageError(f"{wanted!r} is part of {len(found)} check ids:\n{listed}{more}")
    close = get_close_matches(wanted, ids, n=3, cutoff=0.5)
    hint = "; nearest:\n" + "\n".join(f"  {name}" for name in close) if close else ""
    raise click.UsageError(f"{path} has no check {wanted!r}{hint}")
