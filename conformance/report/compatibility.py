"""The compatibility matrix: what each API makes of each feature, told from the checks that are about it.

A check has many features, and fails for one of them. What says `reduction:sum` is a choice that every call
makes; what says `empty` is something special about a few. A feature of the first kind is told from ordinary
checks, without anything special, and where there are any from those in which all else is documented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.report.collect import Collection
from conformance.report.entry import Entry
from conformance.report.findings import checks_fragment
from conformance.report.tables import dtype_order
from conformance.report.visible import visible

VERDICTS: Final = {
    "works": "every check of it agrees with the reference, or refuses as documented",
    "less accurate": "agrees only within the error of naive summation, or of a formula that cancels",
    "differs": "returns something else without a word, in half of its checks or more",
    "partly differs": "returns something else without a word, in fewer than half of its checks",
    "refused": "refused with an exception",
    "partly refused": "refused in some checks, works in the others",
    "crashes": "took its process down, or never came back",
    "undefined": "nothing says what is right, or nothing can be judged",
}
MARKS: Final = dict(zip(VERDICTS, "✓≈✗≠⊘◐☠?", strict=True))
_GOOD: Final = frozenset({"pass"})
_DIFFERS: Final = frozenset({"mismatch", "not_rejected"})
_REFUSED: Final = frozenset({"unsupported", "error", "wrong_error"})
_DIED: Final = frozenset({"crash", "timeout"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One feature of one API: the verdict (a key of VERDICTS), its numbers, and the checks behind it."""

    verdict: str
    numbers: str
    documented: bool
    fragment: str


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One feature; `cells` has one entry per API, None where no check is about it."""

    feature: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Compatibility:
    """One operator's matrix: APIs across, features down in named groups."""

    operator: str
    apis: tuple[str, ...]
    groups: tuple[tuple[str, tuple[FeatureRow, ...]], ...]


def compatibility(collection: Collection) -> list[Compatibility]:
    """One matrix per operator, in order of name."""
    found: dict[str, list[Entry]] = {}
    for entry in collection.entries:
        found.setdefault(entry.operator, []).append(entry)
    return [_matrix(operator, found[operator]) for operator in sorted(found)]


def _matrix(operator: str, entries: Sequence[Entry]) -> Compatibility:
    apis = sorted({entry.api for entry in entries}, key=api_order)
    behind: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        for feature in _features(entry):
            behind.setdefault((feature, entry.api), []).append(entry)
    groups: dict[str, list[FeatureRow]] = {name: [] for name in _GROUPS}
    for feature in _ordered({feature for feature, _ in behind}):
        cells = tuple(_cell(operator, feature, api, behind.get((feature, api), [])) for api in apis)
        groups[_group(feature, behind)].append(FeatureRow(visible(feature), cells))
    kept = tuple((name, tuple(rows)) for name, rows in groups.items() if rows)
    return Compatibility(visible(operator), tuple(map(visible, apis)), kept)


_GROUPS: Final = ("parameters", "dtypes", "gradients", "modes", "shapes and values", "refusals")


def api_order(api: str) -> tuple[int, str]:
    """A key that sorts APIs: PyTorch's first, then those of the other frameworks."""
    order = ("torch", "mindspore", "oneflow")
    framework = api.partition(".")[0]
    return (order.index(framework) if framework in order else len(order), api)


def _features(entry: Entry) -> Iterable[str]:
    """What a check is about: gradients and modes are what it does, the rest is among its features."""
    special = [feature for feature in entry.features if ":" not in feature]
    chosen = [
        feature
        for feature in entry.features
        if ":" in feature and not feature.startswith(("platform:", "gradient:"))
    ]
    if entry.aspect == "error":
        return [*special, *(feature for feature in chosen if not feature.startswith("dtype:"))]
    if special:
        return special
    told = [*chosen, f"mode:{entry.framework} {entry.mode}"]
    return [*told, entry.aspect] if entry.aspect.startswith("gradient:") else told


def _group(feature: str, behind: dict[tuple[str, str], list[Entry]]) -> str:
    kind = feature.partition(":")[0] if ":" in feature else ""
    if kind in ("dtype", "gradient", "mode"):
        return f"{kind}s"
    entries = [entry for (name, _), members in behind.items() if name == feature for entry in members]
    refusals = sum(entry.aspect == "error" for entry in entries)
    if refusals == len(entries):
        return "refusals"
    return "parameters" if kind else "shapes and values"


def _ordered(features: set[str]) -> list[str]:
    dtypes = [
        f"dtype:{name}" for name in dtype_order(f.partition(":")[2] for f in features if f[:6] == "dtype:")
    ]
    return [*dtypes, *sorted(features - set(dtypes))]


def _cell(operator: str, feature: str, api: str, entries: Sequence[Entry]) -> Cell | None:
    if not entries:
        return None
    alone = [entry for entry in entries if set(entry.undocumented) <= {feature} and entry.declared is None]
    counts = Counter(entry.outcome for entry in alone or entries)
    documented = bool(alone) and not any(feature in entry.undocumented for entry in alone)
    kind, _, name = feature.partition(":")
    filters = {"operator": operator, "api": api}
    if kind == "mode":
        filters["mode"] = name.rpartition(" ")[2]
    elif kind == "gradient":
        filters["aspect"] = feature
    else:
        filters["feature"] = feature
    return Cell(*_verdict(counts), documented, checks_fragment(**filters))


def _verdict(counts: Counter[str]) -> tuple[str, str]:
    """The verdict on checks with these outcomes, and its numbers: `12 of 524`."""

    def some(outcomes: Iterable[str]) -> int:
        return sum(counts[outcome] for outcome in outcomes)

    total = counts.total()
    good, less, differ = some(_GOOD), counts["degraded"], some(_DIFFERS)
    refused, died = some(_REFUSED), some(_DIED)
    answered = good + less + differ
    for word, number, whole in (
        ("crashes", died, total),
        ("differs" if 2 * differ >= answered else "partly differs", differ, answered),
        ("refused" if not good + less else "partly refused", refused, total),
        ("less accurate", less, answered),
        ("works", good, answered),
    ):
        if number:
            return word, f"{number:,}" if number == whole else f"{number:,} of {whole:,}"
    return "undefined", f"{total:,}"
