"""What has to change in expectations so that they say what results files hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from conformance.gate.deviations import Deviation, deviations
from conformance.gate.expectations import Expectation, ExpectationError, printable
from conformance.gate.judged import Judged
from conformance.gate.patterns import Universe
from conformance.gate.verdict import BROKEN, FAILING, Verdict
from conformance.plan.modes import ALL, CHOSEN
from conformance.results import Brief, ResultsError, Skim

_RECORDED = FAILING | {"degraded"}
_HOLDING = (Verdict.OK, Verdict.KNOWN, Verdict.FLAKY_KNOWN)


@dataclass(slots=True)
class Revision:
    """`narrowed` maps each pattern that is to go to those that take its place (none: it is dropped).

    `added` are the new entries of each framework.
    """

    narrowed: dict[Expectation, list[str]] = field(default_factory=dict)
    added: dict[str, list[Deviation]] = field(default_factory=dict)


def revise(judged: Judged) -> Revision:
    """What would make every check of the files that were `judged` known or right.

    Deviations of either level are recorded, and `degraded` is. Raises ResultsError where a file holds a
    part of its plan only, so that patterns could match what did not run, or checks that are our own fault;
    ExpectationError where an entry is misspelt.
    """
    _refuse_misspelt(judged)
    seen = [
        (brief, judged.platform(path, brief["environment"]))
        for path in judged.headers
        for brief in _usable(path, judged)
    ]
    stale = {each.expectation for each in judged.gate.stale}
    held: dict[Expectation, list[str]] = {}
    broken: dict[Expectation, None] = {}
    new: dict[str, list[Brief]] = {}
    for brief, platform in seen:
        ruling = judged.gate.rulings.get(brief["id"])
        holds = ruling is None or ruling.verdict in _HOLDING
        entries = [entry for entry in judged.gate.matching(brief, platform) if entry not in stale]
        for entry in entries:
            if holds:
                held.setdefault(entry, []).append(brief["id"])
            else:
                broken[entry] = None
        if not (entries and holds) and brief["outcome"] in _RECORDED:
            new.setdefault(brief["framework"], []).append(brief)
    revision = Revision({entry: [] for entry in judged.gate.expectations if entry in stale})
    for entry in broken:
        within = [brief["id"] for brief, platform in seen if entry.applies(brief, platform)]
        revision.narrowed[entry] = Universe(within).cover(held[entry]) if entry in held else []
    for framework, found in new.items():
        universe = Universe([brief["id"] for brief, _ in seen if brief["framework"] == framework])
        revision.added[framework] = deviations(universe, found)
    return revision


def _refuse_misspelt(judged: Judged) -> None:
    for each in judged.gate.stale:
        if each.misspelt:
            raise ExpectationError(f"{each}; correct it, or remove it")


def _usable(path: Path, judged: Judged) -> Iterable[Brief]:
    """The checks of a file. Raises ResultsError where they are no ground for expectations."""
    chosen, command = judged.headers[path]["selection"], judged.headers[path]["suite"]["command"]
    if chosen["checks"] < chosen["planned"] or chosen["shard"] or chosen["modes"] not in (CHOSEN, ALL):
        problem = f"holds a part of its plan only, by the command {printable(command)}"
        hint = "patterns could match what did not run; run all of it, or merge all shards"
        raise ResultsError(path, problem, line=1, hint=hint)
    for number, brief in enumerate(Skim(path), start=2):
        if brief["outcome"] in BROKEN:
            problem = f"{printable(brief['id'])} is {brief['outcome']}, which is no behaviour of a framework"
            raise ResultsError(path, problem, line=number, hint="mend that, and run it again")
        yield brief
