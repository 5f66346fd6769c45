"""Options and steps that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from conformance.casefile import CaseFileError, load_all
from conformance.environments import EnvironmentSpec, EnvironmentUsageError
from conformance.gate import Expectation, ExpectationError, beside, load_expectations
from conformance.model import Check, Operator
from conformance.plan import Plan, Target, expand
from conformance.reference import known
from conformance.run import SelectionError, choose, choose_checks, default_cases, readable

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
keyword_option = click.option(
    "-k", "keywords", default="", metavar="EXPRESSION", help="Select checks, as pytest -k does."
)
marker_option = click.option(
    "-m",
    "markers",
    default="",
    metavar="EXPRESSION",
    help="Select by level, framework, dtype, aspect or mode.",
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


def load_cases(paths: tuple[Path, ...]) -> tuple[list[Operator], list[CaseFileError]]:
    """The case files at `paths`, or the default ones, and the errors of those that cannot be used."""
    return load_all([readable(path) for path in paths or (readable(default_cases(Path.cwd())),)], known())


def select_checks(checks: list[Check], keywords: str, markers: str) -> list[Check]:
    """The checks that -k and -m leave."""
    try:
        return choose_checks(checks, keywords, markers)
    except SelectionError as problem:
        raise refusal(problem) from problem


def case_folders(paths: tuple[Path, ...], operators: Iterable[Operator] = ()) -> set[Path]:
    """The folders of the cases at `paths`, or of the default ones, beside which expectations are found."""
    given = paths or (default_cases(Path.cwd()),)
    return {path if path.is_dir() else path.parent for path in (*given, *(Path(op.path) for op in operators))}


def load_known(path: Path | None, folders: Iterable[Path]) -> list[Expectation]:
    """The expectations at `path`, or those beside the cases in `folders`."""
    try:
        return load_expectations([path] if path is not None else map(readable, beside(folders)))
    except ExpectationError as problem:
        raise refusal(problem) from problem


def choose_environments(
    requested: tuple[str, ...], device: str | None
) -> tuple[tuple[EnvironmentSpec, ...], list[Target]]:
    """The environments asked for, or the declared ones."""
    try:
        return choose(requested, Path.cwd(), device)
    except EnvironmentUsageError as problem:
        raise refusal(problem) from problem


def plan_for(operators: list[Operator], targets: list[Target]) -> Plan:
    """All checks of `operators` in `targets`; problems of single cases are printed, and do not stop it."""
    plan = expand(operators, targets)
    for problem in plan.problems:
        click.echo(f"error: {problem}", err=True)
    return plan
