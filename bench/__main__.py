"""`python -m bench`: measure, print tables, and write `reports/bench.json` and `reports/bench.svg`."""

from __future__ import annotations

import datetime
import json
import os
import platform
import tempfile
import time
from pathlib import Path

import click

from bench.case_file import CHECKS_PER_SEED, FRAMEWORKS
from bench.growth import ALL
from bench.parts import PARTS
from bench.plot import picture
from bench.setting import Bench, whole
from bench.subject import ROOT, BenchError
from bench.table import Section
from conformance import __version__
from conformance.environments import EnvironmentUsageError

_CHECKS = click.IntRange(min=2 * CHECKS_PER_SEED)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--checks", type=_CHECKS, default=10_000, help="Checks of a whole run.")
@click.option(
    "--size",
    "sizes",
    type=_CHECKS,
    multiple=True,
    default=(100, 1_000, 10_000),
    metavar="N",
    help="Checks of a comparison with bare loops (repeatable).",
)
@click.option(
    "--large",
    type=click.IntRange(min=0),
    default=100_000,
    metavar="N",
    help="Checks of one more such comparison, ten times the largest size; 0 for none.",
)
@click.option(
    "--large-on",
    type=click.Choice([*FRAMEWORKS, ALL]),
    multiple=True,
    default=("torch",),
    help=f"What has that comparison, too (repeatable); {ALL} is the three together.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=3, help="Medians of so many.")
@click.option("--only", type=click.Choice(list(PARTS)), multiple=True, help="Only this part (repeatable).")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=ROOT / "reports" / "bench.json",
    help="Where the figures go; the picture goes beside them.",
)
def main(
    checks: int,
    sizes: tuple[int, ...],
    large: int,
    large_on: tuple[str, ...],
    rounds: int,
    only: tuple[str, ...],
    output: Path,
) -> None:
    """Measure what the suite costs, as ratios within this one run.

    Uses the framework environments that pyproject.toml declares. Leave the machine alone meanwhile.
    """
    sections: list[Section] = []
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="conformance-bench-") as folder:
        bench = Bench(Path(folder), whole(checks), tuple(sorted(sizes)), large, large_on, rounds)
        for name in only or PARTS:
            began = time.monotonic()
            click.echo(f"{name}:", err=True)
            try:
                sections.append(PARTS[name](bench))
            except (BenchError, EnvironmentUsageError) as problem:
                failed[name] = str(problem)
                click.echo(f"error: {name}: {problem}", err=True)
                continue
            click.echo(f"{name} took {time.monotonic() - began:.0f} s", err=True)
            click.echo(f"\n{sections[-1].text()}\n")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(_form(sections, rounds, failed), indent=2) + "\n", encoding="utf-8")
    written = [str(output)]
    curves = [section.curve for section in sections if section.curve is not None]
    if curves:
        output.with_suffix(".svg").write_text(picture(curves), encoding="utf-8")
        written.append(str(output.with_suffix(".svg")))
    click.echo(f"medians of {rounds}; written to {' and '.join(written)}")
    if failed:
        raise click.ClickException(f"not measured: {', '.join(failed)}")


def _form(sections: list[Section], rounds: int, failed: dict[str, str]) -> dict[str, object]:
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
        "failed": failed,
    }


if __name__ == "__main__":
    main()
