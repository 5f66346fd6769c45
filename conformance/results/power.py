"""The file of a power run: what it found about the cases, for reports to be made of."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from conformance.results.errors import ResultsError


class MutantLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mutant in one dtype; `aspect` is `value` or, as in ids, `gradient:<input>`.

    `harmless`: nowhere in the domain, as far as it was searched, does its result leave the acceptable
    set. `cases` are those that kill it with their numbers of mismatches, the deadliest first; `named`
    what these mismatches were explained by, likewise; `why` tells of a survivor why nothing saw it.
    """

    operator: str
    aspect: str
    mutant: str
    text: str
    dtype: str
    verdict: Literal["killed", "survived", "harmless"]
    mismatches: int
    degraded: int
    right: int
    diagnosed: bool
    cases: list[tuple[str, int]]
    named: list[tuple[str, int]]
    why: str | None


class KernelLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kernel without a defect in one dtype: its checks by outcome.

    `false_alarms` are ids of mismatches, but for those where its result is not finite and ought to be:
    `overflowed`, because an intermediate of its form of the formula overflows, or `undefined`, because
    that form has no value there in any precision; and for `cancelled` ones, of which that form leaves
    nothing. One with two losses of accuracy at once (`combined`)
    has none: a mismatch of it is no false alarm.
    """

    operator: str
    aspect: str
    kernel: str
    kind: Literal["legitimate", "lossy", "combined"]
    dtype: str
    outcomes: dict[str, int]
    overflowed: list[str]
    undefined: list[str]
    cancelled: list[str]
    false_alarms: list[str]


class JudgeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one way to judge makes of the same small inputs and results of an operator in one dtype.

    `killed` mutants of those that count; `alarmed` checks of legitimate kernels of `innocent`;
    `smallest` is the smallest planted relative error that it sees, None where it sees none.
    """

    operator: str
    judge: str
    dtype: str
    killed: int
    alarmed: int
    innocent: int
    smallest: float | None


class PowerForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="power"):
    """The whole file. `operators` maps each to the seconds of processor time that it cost; `smallest` maps
    an operator and a dtype to the smallest planted relative error that was caught."""

    schema: Literal[1]
    suite: dict[str, str]
    started: str
    seconds: float
    operators: dict[str, float]
    checks: int
    mutants: list[MutantLine]
    kernels: list[KernelLine]
    judges: list[JudgeLine]
    smallest: dict[str, dict[str, float | None]]


def write_power(path: Path, form: PowerForm) -> None:
    """Write the file, over one that is there. Raises ResultsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(form), indent=1) + b"\n")
    except OSError as problem:
        raise ResultsError(path, f"cannot be written: {problem.strerror or problem}") from problem


def read_power(path: Path) -> PowerForm:
    """Read the file. Raises ResultsError where it is missing, or is no such file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PowerForm)
    except OSError as problem:
        raise ResultsError(path, f"cannot be read: {problem.strerror or problem}") from problem
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        hint = "make it anew with python -m conformance.power"
        raise ResultsError(path, f"is no file of a power run: {problem}", hint=hint) from problem
