"""Several runs side by side: how each API has fared from one to the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from conformance.report.collect import Collection
from conformance.report.entry import FAILING
from conformance.report.visible import visible


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


def trend(collection: Collection) -> Trend | None:
    """The trend over the runs of `collection`, None for fewer than two."""
    runs = collection.runs
    if len(runs) < 2:
        return None
    counts: list[dict[tuple[str, str], Counter[str]]] = [{} for _ in runs]
    versions: list[dict[tuple[str, str], str]] = [{} for _ in runs]
    for entry in collection.entries:
        key = (entry.api, entry.name)
        counts[entry.run].setdefault(key, Counter())[entry.outcome] += 1
        versions[entry.run][key] = entry.version
    ordered = sorted(range(len(runs)), key=lambda number: runs[number].header["started"])
    rows = []
    for key in sorted({key for found in counts for key in found}):
        cells: list[Point | None] = []
        before: int | None = None
        for number in ordered:
            found, told = counts[number], versions[number]
            if key not in found:
                cells.append(None)
                continue
            failing = sum(found[key][outcome] for outcome in FAILING)
            cells.append(_point(found[key], failing, before, told[key]))
            before = failing
        rows.append(TrendRow(visible(f"{key[0]} ({key[1]})"), tuple(cells)))
    heads = tuple(
        (visible(run.header["started"][:16].replace("T", " ")), visible(run.path.name))
        for run in (runs[number] for number in ordered)
    )
    return Trend(heads, tuple(rows))


def _point(counts: Counter[str], failing: int, before: int | None, version: str) -> Point:
    step = "" if before is None else "unchanged" if failing == before else f"{failing - before:+,}"
    return Point(
        visible(version), f"{100 * counts['pass'] / counts.total():.1f} %", f"{failing:,} fail", step
    )
