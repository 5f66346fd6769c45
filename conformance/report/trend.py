"""Several runs side by side: how each API has fared from one to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.report.collect import FAILING
from conformance.report.visible import visible
from conformance.results import RunResults


@dataclass(frozen=True, slots=True)
class Point:
    """One API in one run: what share passes, how many fail, what that changed, and the version."""

    version: str
    passing: str
    failing: str
    step: str


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One API in each environment that has had it; None where a run has no check of it."""

    api: str
    cells: tuple[Point | None, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """Runs (when each started, its file), oldest first, and the APIs in them."""

    runs: tuple[tuple[str, str], ...]
    rows: tuple[TrendRow, ...]


def trend(runs: Sequence[RunResults]) -> Trend | None:
    """The trend over `runs`, None for fewer than two."""
    if len(runs) < 2:
        return None
    ordered = sorted(runs, key=lambda run: run.header["started"])
    counts: list[dict[tuple[str, str], Counter[str]]] = []
    versions: list[dict[tuple[str, str], str]] = []
    for run in ordered:
        found: dict[tuple[str, str], Counter[str]] = {}
        told: dict[tuple[str, str], str] = {}
        for record in run.checks:
            key = (record["api"], record["environment"])
            found.setdefault(key, Counter())[record["outcome"]] += 1
            told[key] = record["framework_version"]
        counts.append(found)
        versions.append(told)
    rows = []
    for key in sorted({key for found in counts for key in found}):
        cells: list[Point | None] = []
        before: int | None = None
        for found, told in zip(counts, versions, strict=True):
            if key not in found:
                cells.append(None)
                continue
            failing = sum(found[key][outcome] for outcome in FAILING)
            cells.append(_point(found[key], failing, before, told[key]))
            before = failing
        rows.append(TrendRow(visible(f"{key[0]} ({key[1]})"), tuple(cells)))
    heads = tuple(
        (visible(run.header["started"][:16].replace("T", " ")), visible(run.path.name)) for run in ordered
    )
    return Trend(heads, tuple(rows))


def _point(counts: Counter[str], failing: int, before: int | None, version: str) -> Point:
    step = "" if before is None else "unchanged" if failing == before else f"{failing - before:+,}"
    return Point(
        visible(version), f"{100 * counts['pass'] / counts.total():.1f} %", f"{failing:,} fail", step
    )
