"""Steps that several commands share: what they need takes half a second to import."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from conformance.casefile import CaseFileError, load_all
from conformance.cli.options import refusal
from conformance.gate import Expectation, ExpectationError, beside, load_expectations
from conformance.model import Check, Operator
from conformance.plan import Modes, Plan, Target, UnknownModeError, expand
from conformance.reference import known
from conformance.run import (
    SelectionError,
    Shard,
    ShardError,
    choose_checks,
    choose_modes,
    default_cases,
    readable,
)


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


def asked_modes(text: str | None, targets: list[Target]) -> Modes:
    """What --modes asks for."""
    try:
        return choose_modes(text, targets)
    except UnknownModeError as problem:
        raise refusal(problem) from problem


def asked_shard(text: str | None, checks: list[Check]) -> tuple[str | None, list[Check]]:
    """The shard that --shard names, and which of `checks` are in it; all of them where it names none."""
    if text is None:
        return None, checks
    try:
        shard = Shard.parse(text)
    except ShardError as problem:
        raise refusal(problem) from problem
    part = shard.choose(checks)
    if not part:
        raise click.UsageError(f"--shard {shard}: there is no check left for it; use fewer shards")
    return str(shard), part


def plan_for(operators: list[Operator], targets: list[Target], modes: Modes) -> Plan:
    """The checks of `operators` in `targets`; problems of single cases are printed, and do not stop it."""
    plan = expand(operators, targets, modes)
    for problem in plan.problems:
        click.echo(f"error: {problem}", err=True)
    return plan
