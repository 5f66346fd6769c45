"""The page about the cases themselves: which defects they see, and whether they cry wolf."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from conformance.model import DTYPES
from conformance.report.targets import share
from conformance.report.visible import visible
from conformance.results.power import JudgeLine, KernelLine, PowerForm

Row = tuple[str, ...]

_MOST_CASES = 15

WORDS = (
    ("mutant", "the formula with one thing changed; it counts where its result leaves the acceptable set"),
    ("harmless", "a mutant whose result leaves that set for none of the inputs tried; it does not count"),
    (
        "killed",
        "a mutant that at least one golden case calls a mismatch; it is tried on a few of those that show it,"
        " of different cases, and where it survives these on many",
    ),
    ("degraded", "mutants that survive, but of which some result was called a loss of accuracy"),
    ("diagnosed", "killed mutants that most of their reports name, or another mutant with the same bits"),
    ("smallest error", "the smallest relative error, planted in every element of a result, that is seen"),
    ("false alarm", "a check of a kernel without a defect that fails, but for the two kinds that follow"),
    (
        "overflow",
        "such a kernel's infinity or NaN where it is wrong, and the same form of the formula is right where"
        " nothing overflows: an intermediate has overflowed",
    ),
    ("undefined", "the same where the form is NaN in any precision: infinity less, or by, infinity"),
    (
        "cancelled",
        "the same where another form of the formula, by its own bound, leaves nothing of the value",
    ),
    (
        "twice",
        "another form of the formula computed in a half type: `degraded` where its own bound leaves something"
        " of the value, else a mismatch, and neither is a false alarm",
    ),
    ("vacuous", "checks in which the allowance exceeds every value, so that nothing can be judged"),
)


@dataclass(frozen=True, slots=True)
class PowerPage:
    """Tables (title, head, rows), lists (title, lines) and what their words mean, in order."""

    lead: str
    tables: tuple[tuple[str, Row, tuple[Row, ...]], ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    words: tuple[tuple[str, str], ...]


def power_page(form: PowerForm) -> PowerPage:
    """What is shown of the file of a power run."""
    found = {line.dtype for line in form.mutants}
    dtypes = tuple(dtype for dtype in DTYPES if dtype in found)
    operators = ", ".join(map(visible, form.operators))
    lead = (
        f"{form.checks:,} checks of simulated kernels of {operators}, each right or with one defect,"
        f" through the whole suite in {form.seconds:,.0f} s"
        f" ({sum(form.operators.values()):,.0f} s of processor time)."
    )
    return PowerPage(
        lead,
        (
            ("Mutants killed, by operator", ("operator", *dtypes, *_SUMMARY), tuple(_summary(form, dtypes))),
            (
                "Power, by dtype",
                _POWER,
                tuple(
                    (dtype, *_power(form, form.operators, dtype, side)) for side in _SIDES for dtype in dtypes
                ),
            ),
            (
                "Power, by operator and dtype",
                ("operator", *_POWER),
                tuple(
                    (visible(operator), dtype, *_power(form, [operator], dtype, side))
                    for operator in form.operators
                    for side in _SIDES
                    for dtype in dtypes
                ),
            ),
            ("The same small inputs and results, otherwise judged", _JUDGES, tuple(_judges(form))),
            ("Kernels that lose accuracy without being wrong", _LOSSY, tuple(_lossy(form, "lossy"))),
            (
                "Kernels that lose accuracy twice: another form, and every operation of it in a half type",
                _LOSSY,
                tuple(_lossy(form, "combined")),
            ),
            ("The deadliest cases", _CASES, tuple(_cases(form))),
        ),
        (
            ("Survivors", tuple(_survivors(form))),
            ("False alarms", tuple(_alarms(form))),
            ("What right kernels really get wrong", tuple(_findings(form))),
            ("Killed, but mostly explained otherwise", tuple(_undiagnosed(form))),
        ),
        WORDS,
    )


_SIDES = ("value", "gradient")
_POWER = (
    "dtype",
    "aspect",
    "mutants",
    "harmless",
    "killed",
    "degraded",
    "diagnosed",
    "reports right",
    "smallest error",
    "false alarms",
    "overflows",
    "undefined",
    "cancelled",
    "vacuous",
)
_SUMMARY = ("diagnosed", "false alarms", "processor seconds")


def _summary(form: PowerForm, dtypes: Iterable[str]) -> Iterable[Row]:
    """What is known of each operator, in one row."""
    for operator, seconds in form.operators.items():
        mutants = [line for line in form.mutants if line.operator == operator and line.verdict != "harmless"]
        killed = [line for line in mutants if line.verdict == "killed"]
        alarms = sum(len(line.false_alarms) for line in form.kernels if line.operator == operator)
        yield (
            visible(operator),
            *(
                share(
                    sum(line.dtype == dtype for line in killed), sum(line.dtype == dtype for line in mutants)
                )
                for dtype in dtypes
            ),
            share(sum(line.diagnosed for line in killed), len(killed)),
            str(alarms),
            f"{seconds:,.0f}",
        )


def _power(form: PowerForm, operators: Collection[str], dtype: str, side: str) -> Row:
    mutants = [
        line
        for line in form.mutants
        if line.operator in operators and line.dtype == dtype and line.aspect.startswith(side)
    ]
    killed = [line for line in mutants if line.verdict == "killed"]
    counting = [line for line in mutants if line.verdict != "harmless"]
    survivors = [line for line in counting if line.verdict == "survived"]
    innocent = [
        line
        for line in form.kernels
        if line.operator in operators
        and line.dtype == dtype
        and line.kind == "legitimate"
        and line.aspect.startswith(side)
    ]
    checks = sum(sum(line.outcomes.values()) for line in innocent)
    alarms = sum(len(line.false_alarms) for line in innocent)
    return (
        side,
        str(len(counting)),
        str(len(mutants) - len(counting)),
        share(len(killed), len(counting)),
        str(sum(line.degraded > 0 for line in survivors)),
        share(sum(line.diagnosed for line in killed), len(killed)),
        share(sum(line.right for line in killed), sum(line.mismatches for line in killed)),
        _error(_smallest(form, operators, dtype)) if side == "value" else "",
        f"{alarms} of {checks:,}",
        str(sum(len(line.overflowed) for line in innocent)),
        str(sum(len(line.undefined) for line in innocent)),
        str(sum(len(line.cancelled) for line in innocent)),
        share(sum(line.outcomes.get("vacuous", 0) for line in innocent), checks),
    )


def _smallest(form: PowerForm, operators: Iterable[str], dtype: str) -> float | None:
    """Of several operators the largest, None where one sees none."""
    found = [form.smallest.get(operator, {}).get(dtype) for operator in operators]
    return max((one for one in found if one is not None), default=None) if None not in found else None


_JUDGES = ("dtype", "judged by", "mutants killed", "smallest error", "false alarms")


def _judges(form: PowerForm) -> Iterable[Row]:
    counting = Counter(
        line.dtype for line in form.mutants if line.aspect == "value" and line.verdict != "harmless"
    )
    groups: dict[tuple[str, str], list[JudgeLine]] = {}
    for line in form.judges:
        groups.setdefault((line.dtype, line.judge), []).append(line)
    for (dtype, judge), lines in groups.items():
        seen = [line.smallest for line in lines if line.smallest is not None]
        yield (
            dtype,
            visible(judge),
            share(sum(line.killed for line in lines), counting[dtype]),
            _error(max(seen) if len(seen) == len(lines) else None),
            f"{sum(line.alarmed for line in lines):,} of {sum(line.innocent for line in lines):,}",
        )


_LOSSY = ("operator", "dtype", "aspect", "kernels", "pass", "degraded", "vacuous", "overflow", "mismatch")


def _lossy(form: PowerForm, kind: str) -> Iterable[Row]:
    groups: dict[tuple[str, str, str], list[KernelLine]] = {}
    for line in form.kernels:
        if line.kind == kind:
            groups.setdefault((visible(line.operator), line.dtype, line.aspect), []).append(line)
    for key, lines in groups.items():
        explained = sum(len(line.overflowed) + len(line.undefined) for line in lines)
        counts = (
            len(lines),
            *(sum(line.outcomes.get(outcome, 0) for line in lines) for outcome in _LOSSY[4:7]),
            explained,
            sum(line.outcomes.get("mismatch", 0) for line in lines) - explained,
        )
        yield (*key, *(f"{count:,}" for count in counts))


_CASES = ("case", "mutants killed", "by it alone")


def _cases(form: PowerForm) -> Iterable[Row]:
    kills: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for line in form.mutants:
        names = [f"{line.operator}/{case}" for case, _ in line.cases]
        kills.update(names)
        if len(names) == 1:
            alone[names[0]] += 1
    ranked = sorted(kills, key=lambda case: (-alone[case], -kills[case], case))
    for case in ranked[:_MOST_CASES]:
        yield visible(case), str(kills[case]), str(alone[case])


def _alarms(form: PowerForm) -> Iterable[str]:
    for line in form.kernels:
        yield from map(visible, line.false_alarms)


def _findings(form: PowerForm) -> Iterable[str]:
    """What legitimate kernels really get wrong, by operator, dtype, aspect and case."""
    found: dict[tuple[str, str, str, str, str], Counter[str]] = {}
    for line in form.kernels:
        for word, ids in (
            ("an intermediate overflows", line.overflowed),
            ("NaN in any precision", line.undefined),
            ("nothing is left", line.cancelled),
        ):
            for case in (name.split("/")[1] for name in ids if line.kind == "legitimate"):
                key = (line.operator, line.dtype, line.aspect, case, word)
                found.setdefault(key, Counter())[line.kernel] += 1
    for (operator, dtype, aspect, case, word), kernels in found.items():
        names = ", ".join(sorted(kernels))
        yield visible(f"{operator} {dtype} {aspect}, {case}: {word} in {kernels.total()} checks, of {names}")


def _survivors(form: PowerForm) -> Iterable[str]:
    for line in form.mutants:
        if line.verdict == "survived":
            yield visible(
                f"{line.operator} {line.dtype} {line.aspect} {line.mutant}: {line.text}; {line.why}"
            )


def _undiagnosed(form: PowerForm) -> Iterable[str]:
    for line in form.mutants:
        if line.verdict == "killed" and not line.diagnosed:
            named = ", ".join(f"{name} ({count})" for name, count in line.named)
            right = f"named in {line.right} of {line.mismatches} mismatches"
            side = f"{line.operator} {line.dtype} {line.aspect}"
            yield visible(f"{side} {line.mutant}: {right}; these name {named}")


def _error(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"
