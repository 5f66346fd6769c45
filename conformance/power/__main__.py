"""`python -m conformance.power`: does the suite see defects, and does it leave right kernels alone?"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID

from conformance.casefile import CaseFileError, load_all
from conformance.model import Operator
from conformance.power.experiment import experiment
from conformance.power.form import power_form
from conformance.power.terminal import print_power
from conformance.power.trials import PowerError
from conformance.report.power import power_page
from conformance.report.targets import targets_missed
from conformance.results import ResultsError
from conformance.results.power import write_power
from conformance.run import default_cases

KILLED = {"float16": 0.90, "bfloat16": 0.90, "float32": 0.98, "float64": 0.98}
DIAGNOSED = 0.90
WIDTH = 200  # columns of tables where there is no terminal


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("cases", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--operators", help="Names of operators, with commas between them.  [default: all of CASES]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("reports/power.json"),
    show_default=True,
    help="File to write; `conformance report` makes a part of its page of it.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results files of the simulated kernels.  [default: none are kept]",
)
def command(cases: tuple[Path, ...], operators: str | None, output: Path, results: Path | None) -> int:
    """Run simulated kernels, right ones and ones with a defect, through the whole suite.

    CASES are case files or folders (default: the golden cases). Exit codes: 0 the targets are met; 1 they
    are not; 2 usage or unreadable input; 3 the program itself failed.
    """
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    try:
        loaded, unusable = load_all(cases or [default_cases(Path.cwd())])
        if unusable:
            raise unusable[0]
        chosen = _chosen(loaded, operators)
        with tempfile.TemporaryDirectory() as folder, Progress(console=Console(stderr=True)) as bar:
            tasks: dict[str, TaskID] = {}

            def progress(stage: str, done: int, total: int) -> None:
                if stage not in tasks:
                    tasks[stage] = bar.add_task(stage, total=total)
                bar.update(tasks[stage], completed=done, total=total)

            if results is not None:
                results.mkdir(parents=True, exist_ok=True)
            evidence = experiment(chosen, results or Path(folder), progress)
        form = power_form(evidence, chosen)
        write_power(output, form)
    except (CaseFileError, ResultsError) as problem:
        raise click.UsageError(str(problem)) from problem
    print_power(power_page(form), console)
    missed = targets_missed(form, KILLED, DIAGNOSED)
    for line in missed:
        console.print(f"[bold red]missed[/] {escape(line)}")
    console.print(f"{escape(str(output))} written")
    return 1 if missed else 0


def _chosen(operators: Sequence[Operator], names: str | None) -> list[Operator]:
    """Those of `operators` that are named. Raises click.UsageError for a name that is none of theirs."""
    known = {operator.name: operator for operator in operators}
    wanted = list(known) if names is None else [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise click.UsageError(f"there is no operator {name!r}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(wanted)]


def main() -> None:
    """Run the command and exit with its code."""
    try:
        code = command.main(prog_name="python -m conformance.power", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        code = 2
    except PowerError as problem:
        click.echo(f"The suite itself failed: {problem}", err=True)
        code = 3
    sys.exit(code)


if __name__ == "__main__":
    main()
