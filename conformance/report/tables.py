"""The tables of the HTML page: conventions per API and dtype, gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.model import DTYPES
from conformance.report.collect import Collection
from conformance.report.entry import Entry
from conformance.report.visible import clipped, visible
from conformance.results import ConventionForm


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by API, columns by dtype; `cells[row][column]` holds (words, kind) pairs."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]  # API, and its environment where that says more
    cells: tuple[tuple[tuple[tuple[str, str], ...], ...], ...]


@dataclass(frozen=True, slots=True)
class ConventionTable:
    """One convention: what it asks, its choices, and which each API follows."""

    operator: str
    name: str
    question: str
    reference: str
    source: str
    choices: tuple[tuple[str, str], ...]
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class Gap:
    """What one API does not support, with the reason; `dtypes` are those of its `count` checks."""

    api: str
    reason: str
    dtypes: str
    count: int


def dtype_order(names: Iterable[str]) -> tuple[str, ...]:
    """Floating dtypes from narrow to wide, others after them by name."""
    present = set(names)
    return (*(name for name in DTYPES if name in present), *sorted(present - set(DTYPES)))


def aspect_kind(entry: Entry) -> str:
    """`gradient` for the gradient with respect to any input, else the aspect itself."""
    return visible(entry.aspect.partition(":")[0])


def row_of(entry: Entry) -> tuple[str, str]:
    """The API of a check, and its environment, mode and device where they are not the usual ones."""
    extra = [] if entry.environment == entry.framework else [entry.environment]
    extra += [word for word, usual in ((entry.mode, "eager"), (entry.device, "cpu")) if word != usual]
    return visible(entry.api), visible(", ".join(extra))


def convention_tables(collection: Collection) -> list[ConventionTable]:
    """One table per convention that any check exercised."""
    tables = []
    for operator, conventions in collection.conventions.items():
        for name, convention in conventions.items():
            matrix = _convention_matrix(collection, operator, name, convention["reference"])
            if matrix.rows:
                tables.append(_convention_table(operator, name, convention, matrix))
    return tables


def _convention_table(
    operator: str, name: str, convention: ConventionForm, matrix: Matrix
) -> ConventionTable:
    choices = tuple((visible(choice), visible(meaning)) for choice, meaning in convention["choices"].items())
    return ConventionTable(
        visible(operator),
        visible(name),
        visible(convention["question"]),
        visible(convention["reference"]),
        visible(convention["source"]),
        choices,
        matrix,
    )


def _convention_matrix(collection: Collection, operator: str, name: str, reference: str) -> Matrix:
    seen: dict[tuple[tuple[str, str], str], Counter[str]] = {}
    for entry in collection.entries:
        if name in entry.conventions and entry.operator == operator:
            key = (row_of(entry), visible(entry.dtype))
            seen.setdefault(key, Counter())[entry.conventions[name]] += 1
    columns = dtype_order(dtype for _, dtype in seen)
    rows = tuple(sorted({row for row, _ in seen}))

    def cell(row: tuple[str, str], dtype: str) -> tuple[tuple[str, str], ...]:
        choices = sorted(seen.get((row, dtype), Counter()).items())
        mixed = len(choices) > 1  # then it takes one for some inputs and another for others: say how often
        return tuple(
            (
                f"{visible(choice)}, {count} of {sum(n for _, n in choices)}" if mixed else visible(choice),
                "same" if choice == reference else "other",
            )
            for choice, count in choices
        )

    return Matrix(columns, rows, tuple(tuple(cell(row, dtype) for dtype in columns) for row in rows))


def gaps(collection: Collection) -> list[Gap]:
    """What was refused as declared, or refused and not documented: by API and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for entry in collection.entries:
        if entry.outcome == "unsupported":
            api, environment = row_of(entry)
            reason = (entry.declared or entry.detail or "no reason is recorded").split("\n")[0]
            key = (f"{api} ({environment})" if environment else api, clipped(visible(reason), 240))
            found.setdefault(key, []).append(visible(entry.dtype))
    return [
        Gap(api, reason, ", ".join(dtype_order(dtypes)), len(dtypes))
        for (api, reason), dtypes in sorted(found.items())
    ]
