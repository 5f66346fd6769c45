"""`python -m bench`: measure, print tables, and write `reports/bench.json`."""

from __future__ import annotations

import datetime
import json
import os
import platform
import tempfile
from pathlib import Path

import click

from bench.case_file import CHECKS_PER_SEED
from bench.parts import PARTS, Bench
from bench.subject import ROOT, BenchError
from bench.table import Section
from conformance import __version__
from conformance.environments import EnvironmentUsageError

_WHOLE_RUN = click.IntRange(min=2 * CHECKS_PER_SEED)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--checks", type=_WHOLE_RUN, default=10_000, show_default=True, help="Checks of a whole run.")
@click.option(
    "--floor-checks",
    type=_WHOLE_RUN,
    default=2_000,
    show_default=True,
    metavar="N",
    help="Checks of each comparison with a bare loop.",
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Medians of so many."
)
@click.option("--only", type=click.Choice(list(PARTS)), multiple=True, help="Only this part (repeatable).")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=ROOT / "reports" / "bench.json"
)
def main(checks: int, floor_checks: int, rounds: int, only: tuple[str, ...], output: Path) -> None:
    """Measure what the suite costs, as ratios within this one run.

    Uses the framework environments that pyproject.toml declares. Leave the machine alone meanwhile.
    """
    sections: list[Section] = []
    with tempfile.TemporaryDirectory(prefix="conformance-bench-") as folder:
        bench = Bench(Path(folder), _whole(checks), _whole(floor_checks), rounds)
        for name in only or PARTS:
            click.echo(f"{name}:", err=True)
            try:
                sections.append(PARTS[name](bench))
            except (BenchError, EnvironmentUsageError) as problem:
                raise click.ClickException(str(problem)) from problem
            click.echo(f"\n{sections[-1].text()}\n")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(_form(sections, rounds), indent=2) + "\n", encoding="utf-8")
    click.echo(f"medians of {rounds}; written to {output}")


def _whole(checks: int) -> int:
    """The next smaller number of checks that the case file can have."""
    return checks // CHECKS_PER_SEED * CHECKS_PER_SEED


def _form(sections: list[Section], rounds: int) -> dict[str, object]:
    return {
        "suite": __version__,
        "finished": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": {
            "platform": platform.platform(),
            "python": platform.python_version(),
            "cpus": os.cpu_count(),
            "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        },
        "rounds": rounds,
        "sections": [section.form() for section in sections],
    }


if __name__ == "__main__":
    main()
