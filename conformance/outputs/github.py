"""What GitHub Actions reads from a job: workflow commands in its log, and the step's summary."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.outputs.account import Account, Finding
from conformance.outputs.markdown import markdown
from conformance.results import ResultsError

MOST = 10  # annotations of one level that GitHub shows of a step


def workflow_commands(account: Account) -> list[str]:
    """A workflow command for each finding that closes the gate, at most ten; the last one counts the rest."""
    closing = [finding for finding in account.findings if finding.closes]
    shown = closing if len(closing) <= MOST else closing[: MOST - 1]
    commands = [_annotation(finding) for finding in shown]
    if len(closing) > len(shown):
        rest = closing[len(shown) :]
        checks = sum(finding.checks for finding in rest)
        commands.append(
            _command("error", {"title": "conformance"}, f"and {len(rest):,} more, {checks:,} checks")
        )
    return commands


def _annotation(finding: Finding) -> str:
    where = {
        "file": finding.place.path,
        "line": str(finding.place.line),
        "title": f"{finding.verdict}: {finding.rule}",
    }
    lines = [finding.sentence]
    if finding.check:
        lines.append(
            f"{finding.checks:,} checks in {', '.join(finding.environments)}, the first: {finding.check}"
        )
    return _command("error", where, "\n".join(lines))


def _command(name: str, properties: dict[str, str], message: str) -> str:
    """A workflow command, with everything escaped that would end a value or the line."""
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def on_github() -> bool:
    """Whether this process is a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextmanager
def commands_stopped(write: Callable[[str], object]) -> Iterator[None]:
    """On GitHub, have it take no line written meanwhile for a command, whatever a framework prints."""
    if not on_github():
        yield
        return
    token = secrets.token_hex(16)  # nobody whose text is written can guess it
    write(f"::stop-commands::{token}")
    try:
        yield
    finally:
        write(f"::{token}::")


def step_summary() -> Path | None:
    """The file for the step's summary, which $GITHUB_STEP_SUMMARY names; None where it names none."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    return Path(path) if path else None


def append_step_summary(account: Account, path: Path) -> None:
    """Append the Markdown summary to the file at `path`. Raises ResultsError where that cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(markdown(account))
    except OSError as problem:
        hint = "it is what $GITHUB_STEP_SUMMARY names"
        raise ResultsError(path, f"cannot be written: {problem.strerror or problem}", hint=hint) from problem
