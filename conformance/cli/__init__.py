"""The command line: one module per command, imported when the command is used."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import traceback
from enum import IntEnum
from typing import Any

import click

from conformance import __version__


class ExitCode(IntEnum):
    """What every command's exit code means."""

    OPEN = 0
    CLOSED = 1
    USAGE = 2
    INTERNAL = 3


COMMANDS = {
    "run": "Run cases in every environment and judge the results.",
    "gate": "Judge results files by what is expected of them.",
    "diff": "Compare two results files.",
    "expectations": "Keep expectations files up to date.",
    "report": "Make the report of results files: a page, Markdown or CSV.",
    "export": "Write results in a form that a CI reads.",
    "bisect": "Find the first version of a framework in which a check differs.",
    "merge": "Join results files of shards and of several hosts.",
    "show": "Print one check's tolerance report from a results file.",
    "list": "List checks, without running anything.",
    "doctor": "Say which environments work, and what to do about the rest.",
}


class LazyGroup(click.Group):
    """Imports a command's module when it is used, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"conformance.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. A reader of our output that has gone (`| head`) is no verdict, as click has it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitCode.USAGE

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say the nearest command where there is none of that name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            if not args or args[0].startswith("-"):
                raise
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(COMMANDS)}."
            raise click.UsageError(f"{problem.message}{hint}", ctx) from problem


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 the gate is open; 1 closed; 2 usage, configuration, unreadable or incomplete input,"
    " or an environment that cannot run; 3 the program itself failed.",
)
@click.version_option(__version__, prog_name="conformance")
def group() -> None:
    """Run golden operator cases on real frameworks, and judge them against mathematics."""


def main(args: list[str] | None = None) -> None:
    """Run a command and exit with its code; a failure of our own is 3, with its traceback."""
    try:
        code = group.main(args, prog_name="conformance", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        code = ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        code = ExitCode.USAGE
        # CPython notes an interrupt that leaves any code run from text (as in the making of a dataclass),
        # and would die of SIGINT in place of our exit code. Running another such code takes that back.
        exec("")
    except Exception:  # whatever it is, a traceback under the exit code that says whose fault it is
        traceback.print_exc()
        click.echo("This is a defect of the suite itself; please report it with the lines above.", err=True)
        code = ExitCode.INTERNAL
    sys.exit(int(code or 0))
