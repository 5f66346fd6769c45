"""Runs subjects through the whole suite: plan, worker process, judge and results file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.environments import DEADLINE
from conformance.model import Aspect, Check, Operator, Outcome, Subtype
from conformance.plan.contract import shape_of
from conformance.power.plan import TARGET, environment, subject_of
from conformance.run import Asked, Destination, Run, Sink

SMALL = 5000  # elements of a call up to which every subject makes it
LARGEST = 150_000  # elements beyond which a call takes longer here than it tells
# So many variants of a case each subject makes: enough to see a mutant that the case is made for.
VARIANTS = {Aspect.VALUE: 4, Aspect.GRADIENT: 3}

_SAYS_NOTHING = (
    Outcome.HARNESS_ERROR,
    Outcome.INVALID_CASE,
    Outcome.NOT_RUN,
    Outcome.CRASH,
    Outcome.TIMEOUT,
)


class PowerError(Exception):
    """A power run that says nothing: the suite itself failed in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What became of one check of one subject.

    `finite`: some of what is wrong is a number. `hypothesis` is the name of the explanation.
    """

    check: Check
    subject: str
    outcome: Outcome
    subtype: Subtype | None
    finite: bool
    hypothesis: str | None


def attempt(checks: Sequence[Check], operator: Operator, results: Path) -> Iterator[Trial]:
    """Run `checks` of `operator` in a worker process, write `results`, and yield what came of each.

    Raises PowerError where the suite itself fails, ResultsError where `results` cannot be written.
    """
    spec = environment(operator)
    selection = Asked().selection(checks, checks, [TARGET], covered=False)
    sink = Sink(Destination(results.parent, results), [operator], [spec.name], selection)
    by_id = {check.id: check for check in checks}
    for record in Run(checks, [spec], sink, deadline=DEADLINE):
        outcome = Outcome(record["outcome"])
        if outcome in _SAYS_NOTHING:
            raise PowerError(f"{record['id']}: {outcome}: {record['detail']}")
        subtype = Subtype(record["subtype"]) if record["subtype"] else None
        named = record["hypothesis"]["name"] if record["hypothesis"] else record["convention"]
        check = by_id[record["id"]]
        # Where all that is wrong is not finite, there is no distance to tell.
        finite = record["error"] is None or record["error"]["max_abs"] is not None
        yield Trial(check, subject_of(check), outcome, subtype, finite, named)


def size_of(check: Check) -> int:
    """The elements of the largest input."""
    shapes = [shape for shape in map(shape_of, check.spec.inputs) if shape is not None]
    return max((math.prod(shape) for shape in shapes), default=0)


@dataclass(frozen=True, slots=True)
class Rounds:
    """Checks by who makes them: mutants, those that survive them, and kernels without a defect.

    Each in the order of the plan, in which checks of one call follow each other. The largest calls are
    left out.
    """

    first: list[Check]
    second: list[Check]
    innocent: list[Check]


def rounds(checks: Sequence[Check]) -> Rounds:
    """Divide `checks`: of each case a few variants are enough for most mutants.

    Kernels without a defect have their values checked in all of them, and twice as many gradients, as many
    large ones.
    """
    checks = [check for check in checks if size_of(check) <= LARGEST]
    small = [check for check in checks if size_of(check) <= SMALL]
    large = [check for check in checks if size_of(check) > SMALL]
    few, more = _chosen(small, 1), _chosen(small, 2) | _chosen(large, 1)
    found = Rounds([], [], [])
    for check in checks:
        key = (check.aspect_word, id(check.spec))
        (found.first if key in few else found.second).append(check)
        if check.aspect is Aspect.VALUE or key in more:
            found.innocent.append(check)
    return found


def _chosen(checks: Iterable[Check], times: int) -> set[tuple[str, int]]:
    """The aspects and ids of calls of a few variants of each case, evenly spread over its matrix."""
    variants: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        variants.setdefault((check.spec.case.id, check.aspect_word), []).append(check)
    chosen: set[tuple[str, int]] = set()
    for (_, aspect), every in variants.items():
        count = min(times * VARIANTS[every[0].aspect], len(every))
        chosen.update((aspect, id(every[place * len(every) // count].spec)) for place in range(count))
    return chosen
