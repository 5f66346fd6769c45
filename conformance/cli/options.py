"""Options that several commands share, and what can be said about them at once."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.environments import EnvironmentSpec, EnvironmentUsageError, select

paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
environment_option = click.option(
    "--environment",
    "-e",
    "environments",
    multiple=True,
    metavar="NAME[=TARGET]",
    help="Run in this environment, and only in those given so. TARGET is an environment's folder, an"
    " interpreter, or an execnet specification such as ssh=host//python=python3.11.",
)
device_option = click.option("--device", help="Device to place tensors on, as cpu or cuda.  [default: cpu]")
modes_option = click.option(
    "--modes",
    metavar="MODES",
    help="chosen: eager mode, and the modes that compile for the cases that are marked compiled; all: every"
    " case in every mode; or the names of modes, separated by commas, such as eager,compile."
    "  [default: chosen]",
)
shard_option = click.option(
    "--shard", metavar="K/N", help="Run only the K-th of N even parts, which conformance merge joins again."
)
keyword_option = click.option(
    "-k", "keywords", default="", metavar="EXPRESSION", help="Select checks, as pytest -k does."
)
marker_option = click.option(
    "-m",
    "markers",
    default="",
    metavar="EXPRESSION",
    help="Select by level, framework, dtype, aspect or mode; quick: for a pull request.",
)
expectations_option = click.option(
    "--expectations",
    type=click.Path(path_type=Path, exists=True),
    help="File or folder of known deviations.  [default: expectations beside the cases]",
)
results_option = click.option(
    "--results",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("reports/latest.jsonl"),
    show_default=True,
    help="Results file to read.",
)


def refusal(problem: Exception) -> click.ClickException:
    """A problem of what was asked for, as the command line reports it: in one line, under exit code 2."""
    return click.ClickException(str(problem))


def choose_environments(requested: tuple[str, ...]) -> tuple[EnvironmentSpec, ...]:
    """The environments asked for, or the declared ones."""
    try:
        return select(requested, Path.cwd())
    except EnvironmentUsageError as problem:
        raise refusal(problem) from problem
