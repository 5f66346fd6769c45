"""From what a power run has found to the file that reports are made of."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from conformance import __version__
from conformance.compare import format_of
from conformance.model import DTYPES, Aspect, Operator
from conformance.power.figures import Evidence, Innocent, Pair
from conformance.power.rivals import Rivalry
from conformance.power.subjects import Kind
from conformance.results import timestamp
from conformance.results.power import JudgeLine, KernelLine, MutantLine, PowerForm

VALUE = str(Aspect.VALUE)
_KINDS: dict[Kind, Literal["legitimate", "lossy", "combined"]] = {
    Kind.LEGITIMATE: "legitimate",
    Kind.LOSSY: "lossy",
    Kind.COMBINED: "combined",
}
_CASES = 5  # of the cases that kill a mutant, and of the explanations, so many are named


def power_form(evidence: Evidence, operators: Sequence[Operator]) -> PowerForm:
    """The file of `evidence`."""
    pairs = evidence.pairs.values()
    return PowerForm(
        schema=1,
        suite={
            "version": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "platform": platform.platform(),
        },
        started=timestamp(),
        seconds=round(evidence.seconds, 1),
        operators={operator.name: round(evidence.cost.get(operator.name, 0.0), 1) for operator in operators},
        checks=sum(pair.checks for pair in pairs)
        + sum(one.outcomes.total() for one in evidence.innocents.values()),
        mutants=[_mutant(pair) for pair in pairs],
        kernels=[_kernel(one) for one in evidence.innocents.values()],
        judges=[_judge(one, evidence) for one in evidence.rivalries],
        smallest={
            operator.name: {dtype: _smallest_of(pairs, operator.name, dtype) for dtype in DTYPES}
            for operator in operators
        },
    )


def _smallest_of(pairs: Iterable[Pair], operator: str, dtype: str) -> float | None:
    side = (operator, dtype, VALUE)
    return smallest(dtype, (one.mutant for one in pairs if one.killed and _side(one) == side))


def smallest(dtype: str, killed: Iterable[str]) -> float | None:
    """The smallest relative error planted by a factor 1 + k ulp among the mutants `killed`."""
    counts = [int(name[len("times-1+") : -len("ulp")]) for name in killed if name.startswith("times-1+")]
    return min(counts) * 2.0 ** (1 - format_of(dtype).digits) if counts else None


def _mutant(pair: Pair) -> MutantLine:
    return MutantLine(
        operator=pair.operator,
        aspect=pair.aspect,
        mutant=pair.mutant,
        text=pair.text,
        dtype=pair.dtype,
        verdict="killed" if pair.killed else "survived" if pair.counts else "harmless",
        mismatches=pair.killed_by.total(),
        degraded=pair.degraded,
        right=pair.right,
        diagnosed=pair.killed and pair.diagnosed,
        cases=_most(pair.killed_by),
        named=_most(pair.named),
        why=None if pair.killed or not pair.counts else _why(pair),
    )


def _why(pair: Pair) -> str:
    seen = f"it came out degraded in {pair.degraded} checks, no mismatch; " if pair.degraded else ""
    nearest = ", ".join(f"{case} ({ratio:.2g} of the allowance)" for case, ratio in pair.nearest)
    near = f"nearest come {nearest}" if nearest else "no bit of any case's result changes"
    which = "no other golden case" if seen else "no golden case"
    return f"{seen}{which} has inputs for which it shows, such as {pair.shows}; {near}"


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return counts.most_common(_CASES)


def _kernel(one: Innocent) -> KernelLine:
    return KernelLine(
        operator=one.operator,
        aspect=one.aspect,
        kernel=one.kernel,
        kind=_KINDS[one.kind],
        dtype=one.dtype,
        outcomes=dict(one.outcomes),
        overflowed=one.overflowed,
        undefined=one.undefined,
        cancelled=one.cancelled,
        false_alarms=one.false_alarms,
    )


def _judge(rivalry: Rivalry, evidence: Evidence) -> JudgeLine:
    side = (rivalry.operator, rivalry.dtype, VALUE)
    counting = {pair.mutant for pair in evidence.pairs.values() if _side(pair) == side and pair.counts}
    return JudgeLine(
        operator=rivalry.operator,
        judge=rivalry.judge,
        dtype=rivalry.dtype,
        killed=len(rivalry.killed & counting),
        alarmed=rivalry.alarmed,
        innocent=rivalry.innocent,
        smallest=smallest(rivalry.dtype, rivalry.killed),
    )


def _side(pair: Pair) -> tuple[str, str, str]:
    return pair.operator, pair.dtype, pair.aspect
