"""`conformance bisect`: the first version of a framework in which a check's outcome differs."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conformance.cli import ExitCode
from conformance.cli.options import refusal
from conformance.cli.steps import load_cases
from conformance.environments import (
    DEADLINE,
    Builder,
    BuildError,
    EnvironmentUsageError,
    cache_folder,
    select,
)
from conformance.model import Check
from conformance.plan import EVERY_MODE, expand
from conformance.report import headline
from conformance.report.visible import visible
from conformance.results import CheckRecord, ResultsError
from conformance.run import Asked, Bisection, Destination, Run, Sink, bisect, convention_forms, targets_of

_Seen = tuple[str, str | None, str | None]  # outcome, subtype, convention
_FIELDS = "operator/case/variant/api/environment/dtype/device/mode/aspect"


@click.command("bisect", short_help="Find the first version of a framework in which a check differs.")
@click.argument("check_id")
@click.option(
    "--versions",
    required=True,
    metavar="LIST|RANGE",
    help="Versions separated by commas, 2.1.0,2.4.0; or a range as PEP 440 has it, '>=2.1,<2.5', of those"
    " that pip finds.",
)
@click.option("--framework", help="Framework of the check's environment.  [default: as its name begins]")
@click.option("--package", help="What pip installs.  [default: the framework's name]")
@click.option(
    "--with",
    "requirements",
    multiple=True,
    default=("numpy",),
    show_default=True,
    metavar="REQUIREMENT",
    help="What is installed beside it, such as 'numpy<2'.",
)
@click.option("--pip-args", default="", metavar="ARGUMENTS", help="Further arguments of pip, as in a shell.")
@click.option("--python", default=sys.executable, help="Interpreter to build with.  [default: this one]")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder in which environments are kept for the next time.  [default: the user's cache]",
)
@click.option(
    "--cases", "paths", multiple=True, type=click.Path(path_type=Path, exists=True), help="Cases to look in."
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    default=DEADLINE,
    help="Longest time for one call.",
)
def command(
    check_id: str,
    versions: str,
    framework: str | None,
    package: str | None,
    requirements: tuple[str, ...],
    pip_args: str,
    python: str,
    keep: Path | None,
    paths: tuple[Path, ...],
    deadline: float,
) -> int:
    """Find the first of some versions in which CHECK_ID ends otherwise than in the oldest.

    Environments are built with venv and pip as they are needed, and kept. A version that cannot be built
    or run is passed over. Exit codes: 0 found; 1 no version differs; 2 fewer than two could be tried.
    """
    name, framework = _environment_of(check_id, framework)
    interpreter = shutil.which(python)
    if interpreter is None:
        raise click.UsageError(f"--python {python}: there is no such interpreter")
    folder = (keep or cache_folder()).absolute()
    builder = Builder(package or framework, interpreter, requirements, shlex.split(pip_args), folder)
    try:
        trials = _Trials(_planned(check_id, name, framework, paths), builder, deadline)
        wanted = _versions(versions, builder)
        found = bisect(wanted, trials.look)
    except (BuildError, EnvironmentUsageError, ResultsError) as problem:
        raise refusal(problem) from problem
    return _conclude(wanted, trials, found)


def _environment_of(check_id: str, framework: str | None) -> tuple[str, str]:
    """The name of the check's environment, and its framework."""
    parts = check_id.split("/")
    if len(parts) != len(_FIELDS.split("/")):
        raise click.UsageError(
            f"{check_id!r} is no check id; one is {_FIELDS}, as conformance list prints them"
        )
    return parts[4], framework or parts[4].partition("-")[0]


def _versions(text: str, builder: Builder) -> list[str]:
    """The versions that --versions names, the oldest first."""
    if text.lstrip()[:1] in "<>=!~":
        try:
            chosen = list(SpecifierSet(text).filter(builder.available()))
        except InvalidSpecifier as problem:
            raise click.UsageError(
                f"--versions {text}: is no version range; write it as >=2.1,<2.5"
            ) from problem
    else:
        chosen = [word.strip() for word in text.split(",") if word.strip()]
    try:
        ordered = sorted(dict.fromkeys(chosen), key=Version)
    except InvalidVersion as problem:
        raise click.UsageError(f"--versions {text}: {problem}; write them as 2.1.0,2.4.0") from problem
    if len(ordered) < 2:
        raise click.UsageError(
            f"--versions {text}: names {len(ordered)} versions that there are; two are needed"
        )
    return ordered


class _Trials:
    """One check in one version after the other; `told` holds what each gave, in words."""

    def __init__(self, check: Check, builder: Builder, deadline: float) -> None:
        self.told: dict[str, str] = {}
        self.records: dict[str, CheckRecord] = {}
        self.check = check
        self._builder = builder
        self._deadline = deadline

    def look(self, version: str) -> _Seen | None:
        """What the check ends in; None where the version cannot be built or run. Raises ResultsError."""
        click.echo(
            f"{version}: building" if not self._builder.built(version) else f"{version}: running", err=True
        )
        try:
            record = self._record(self._builder.build(version))
        except BuildError as problem:
            self.told[version] = f"cannot be built: {_last_line(str(problem))}"
            return None
        if record["outcome"] == "not_run":
            self.told[version] = f"cannot run: {visible(record['detail'] or '')}"
            return None
        seen = (record["outcome"], record["subtype"], record["convention"])
        self.records[version] = record
        self.told[version] = visible(" ".join(word for word in seen if word))
        return seen

    def _record(self, folder: Path) -> CheckRecord:
        """The check's record in the environment in `folder`."""
        check = self.check
        specs = select([_target(check.environment, folder, check.api.framework)], Path.cwd())
        selection = Asked().selection([check], [check], [], covered=False)
        with tempfile.TemporaryDirectory(prefix="conformance-bisect-") as reports:
            destination = Destination(Path(reports))
            sink = Sink(destination, [check.spec.operator], [check.environment], selection)
            (record,) = Run([check], specs, sink, deadline=self._deadline)
        return record


def _target(name: str, folder: Path, framework: str) -> str:
    """An environment as the command line has it."""
    return f"{name}={folder}//framework={framework}"


def _planned(check_id: str, name: str, framework: str, paths: tuple[Path, ...]) -> Check:
    """The check of that id."""
    operators, errors = load_cases(paths)
    for error in errors:
        click.echo(f"error: {error}", err=True)
    specs = select([_target(name, Path(sys.prefix), framework)], Path.cwd())
    checks = {
        check.id: check
        for check in expand(operators, targets_of(specs, _device(check_id)), EVERY_MODE).checks
    }
    if check_id in checks:
        return checks[check_id]
    close = get_close_matches(check_id, checks, n=3)
    hint = "; nearest:\n" + "\n".join(f"  {name}" for name in close) if close else ""
    raise click.UsageError(f"there is no check {check_id!r}{hint}")


def _device(check_id: str) -> str:
    return check_id.split("/")[_FIELDS.split("/").index("device")]


def _last_line(text: str) -> str:
    return visible(text.strip().splitlines()[-1])


def _conclude(versions: Sequence[str], trials: _Trials, found: Bisection[_Seen] | None) -> int:
    """Print what each version gave, and which is the first that differs."""
    console = Console()
    table = Table("version", "outcome", box=None, header_style="bold")
    for version in versions:
        told = trials.told.get(version, "not tried")
        table.add_row(escape(version), escape(told), style="dim" if version not in trials.records else "")
    console.print(table)
    if found is None:
        click.echo("\nFewer than two of the versions could be tried: there is nothing to compare.")
        return ExitCode.USAGE
    if found.first is None:
        click.echo(
            f"\nNo difference: {found.last}, the newest that could be tried, gives what the oldest gives."
        )
        return ExitCode.CLOSED
    record = trials.records[found.first]
    conventions = convention_forms(trials.check.spec.operator)
    click.echo(f"\n{found.last}  {trials.told[found.last]}")
    click.echo(f"{found.first}  {trials.told[found.first]}, the first that differs")
    click.echo(f"  {headline(record, conventions)}")
    if found.between:
        click.echo(f"  It may have come with {', '.join(found.between)}, which could not be tried.")
    return ExitCode.OPEN
