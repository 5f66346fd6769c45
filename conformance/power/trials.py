"""Runs subjects through the whole suite: plan, worker process, judge and results file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.environments import DEADLINE
from conformance.model import Aspect, Check, Operator, Outcome, Subtype
from conformance.plan.contract import shape_of
from conformance.power.plan import TARGET, environment, subject_of
from conformance.power.subjects import Kind
from conformance.run import Asked, Destination, Run, Sink

SMALL = 5000  # elements of a call up to which every subject makes it
LARGEST = 150_000  # elements beyond which a call takes longer here than it tells
# So many variants of a case each subject makes: enough to see a mutant that the case is made for.
VARIANTS = {Aspect.VALUE: 3, Aspect.GRADIENT: 2}

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


def attempt(checks: Sequence[Check], operators: Sequence[Operator], results: Path) -> Iterator[Trial]:
    """Run `checks` in a worker process, write `results`, and yield what came of each.

    Raises PowerError where the suite itself fails, ResultsError where `results` cannot be written.
    """
    spec = environment(operators)
    selection = Asked().selection(checks, checks, [TARGET], covered=False)
    sink = Sink(Destination(results.parent, results), operators, [spec.name], selection)
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


def rounds(checks: Sequence[Check], kinds: Mapping[str, Kind]) -> tuple[list[Check], list[Check]]:
    """The checks that every subject makes, and those that only mutants make that survive the first.

    Kernels without a defect have their values checked in all of them at once, and twice as many gradients
    as mutants. The largest calls are left out.
    """
    checks = [check for check in checks if size_of(check) <= LARGEST]
    few = _chosen((check for check in checks if size_of(check) <= SMALL), 1)
    more = _chosen(checks, 2)
    first: list[Check] = []
    second: list[Check] = []
    for check in checks:
        key = (check.aspect, id(check.spec))
        if kinds[subject_of(check)] is Kind.MUTANT:
            (first if key in few else second).append(check)
        elif check.aspect is Aspect.VALUE or key in more:
            first.append(check)
    return first, second


def _chosen(checks: Iterable[Check], times: int) -> set[tuple[Aspect, int]]:
    """The aspects and ids of calls of a few variants of each case, evenly spread over its matrix."""
    variants: dict[tuple[str, str, str, Aspect], dict[int, None]] = {}
    for check in checks:
        key = (check.spec.operator.name, check.spec.case.id, check.spec.dtype, check.aspect)
        variants.setdefault(key, {})[id(check.spec)] = None
    chosen: set[tuple[Aspect, int]] = set()
    for key, specs in variants.items():
        every = list(specs)
        count = min(times * VARIANTS[key[-1]], len(every))
        chosen.update((key[-1], every[place * len(every) // count]) for place in range(count))
    return chosen
