"""The quality grade: how much of its error bound each API uses, so that erosion shows before it fails."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.report.collect import Collection
from conformance.report.figures import short
from conformance.report.tables import aspect_kind, dtype_order, row_of
from conformance.report.visible import visible
from conformance.results import number_form


@dataclass(frozen=True, slots=True)
class Grade:
    """Error / allowance of some checks, the largest of each check's elements: the budget that it uses.

    `median`, `high` (the 99th percentile, by nearest rank) and `largest` are over the `within` checks that
    keep to their allowance (None where none does): one known failure, at 1e9 times its allowance, would
    hide all erosion behind it. `beyond` counts those that do not keep to it.
    """

    within: int
    beyond: int
    median: float | None
    high: float | None
    largest: float | None


@dataclass(frozen=True, slots=True)
class QualityRow:
    """The grade of one API (`label` says environment, mode and device where they are not the usual ones)."""

    api: str
    label: str
    dtype: str
    aspect: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class QualityLine:
    """The grade of all APIs of an environment in one mode; `aspect` is value or gradient."""

    environment: str
    mode: str
    aspect: str
    grade: Grade


def grade(ratios: Iterable[float]) -> Grade:
    """The grade of checks that use these parts of their allowances."""
    every = list(ratios)
    kept = sorted(ratio for ratio in every if ratio <= 1.0)

    def rank(share: float) -> float | None:
        return kept[max(0, math.ceil(share * len(kept)) - 1)] if kept else None

    return Grade(len(kept), len(every) - len(kept), rank(0.5), rank(0.99), rank(1.0))


def quality_rows(collection: Collection) -> list[QualityRow]:
    """A row for each API, dtype, mode and kind of aspect; by API, narrow dtypes first."""

    found: dict[tuple[str, str, str, str], list[float]] = {}
    for entry in collection.entries:
        if entry.used is not None:
            key = (*row_of(entry), visible(entry.dtype), aspect_kind(entry))
            found.setdefault(key, []).append(entry.used)
    order = {dtype: place for place, dtype in enumerate(dtype_order(dtype for _, _, dtype, _ in found))}
    keys = sorted(found, key=lambda key: (key[0], key[1], key[3] != "value", key[3], order[key[2]]))
    return [QualityRow(*key, grade(found[key])) for key in keys]


def quality_lines(used: Mapping[tuple[str, str, str], Iterable[float]]) -> list[QualityLine]:
    """A line for each environment, mode and kind of aspect, whose checks used these parts; eager first."""
    keys = sorted(used, key=lambda key: (key[0], key[1] != "eager", key[1], key[2] != "value", key[2]))
    return [QualityLine(*key, grade(used[key])) for key in keys]


def share_words(share: float | None) -> str:
    """A part of the allowance."""
    return "-" if share is None else short(number_form(share), 2)
