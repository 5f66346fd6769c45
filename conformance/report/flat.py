"""The report without a page: a table of checks for other programs, and a short text for a wiki."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from conformance.report.collect import OUTCOMES, Collection, Verdicts
from conformance.report.compatibility import MARKS, compatibility
from conformance.report.entry import Entry
from conformance.report.figures import plural
from conformance.report.findings import Finding, findings
from conformance.report.summary import Column, summarise
from conformance.report.visible import visible

SHOWN: Final = 20  # findings of each kind
_KEYS: Final = (
    *("id", "operator", "case", "variant", "api", "framework", "version", "name", "dtype", "device", "mode"),
    *("aspect", "level", "oracle", "outcome", "subtype"),
)
_NAMES: Final = {"version": "framework_version", "name": "environment"}
HEAD: Final = (
    *(_NAMES.get(key, key) for key in _KEYS),
    "cause",
    "verdict",
    "error_over_bound",
    "features",
    "detail",
)
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")  # a spreadsheet would compute what starts so


def csv_report(collection: Collection, verdicts: Verdicts) -> str:
    """One line per check, with the head HEAD; lines end as RFC 4180 wants. Text never is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for entry in collection.entries:
        used = entry.used
        texts = [
            *((getattr(entry, key) or "") for key in _KEYS),
            entry.cause,
            verdicts.get(entry.id, ("", ""))[0],
            *(" ".join(entry.features), entry.detail.split("\n")[0]),
        ]
        cells = [_cell(text) for text in texts]
        cells.insert(HEAD.index("error_over_bound"), "" if used is None else f"{used:.6g}")
        writer.writerow(cells)
    return out.getvalue()


def _cell(text: str) -> str:
    text = visible(text)
    return f"'{text}" if _FORMULA.match(text) else text


def markdown_report(collection: Collection) -> str:
    """Outcomes by API, compatibility, and the findings by likely cause, as GitHub writes Markdown."""
    return "\n".join(_lines(collection)) + "\n"


def _lines(collection: Collection) -> Iterable[str]:
    summary = summarise(collection)
    yield "# Operator conformance"
    yield ""
    yield f"{plural(summary.total, 'check')} in {plural(len(summary.columns), 'environment')}."
    yield ""
    yield from _outcomes(summary.columns, summary.outcomes())
    for title, wanted in (
        ("Defects of documented behaviour", lambda entry: entry.defect),
        ("Divergences where the documentation promises nothing", _diverges),
    ):
        yield from _findings(title, findings(collection, wanted))
    for matrix in compatibility(collection):
        yield f"## Compatibility: {text(matrix.operator)}"
        yield ""
        yield from _head("feature", *matrix.apis)
        for _, rows in matrix.groups:
            for row in rows:
                cells = (
                    "" if cell is None else f"{MARKS[cell.verdict]} {cell.verdict} ({cell.numbers})"
                    for cell in row.cells
                )
                yield f"| {' | '.join((text(row.feature), *cells))} |"
        yield ""


def _diverges(entry: Entry) -> bool:
    return entry.failing and not entry.defect


def _outcomes(columns: Sequence[Column], present: Sequence[str]) -> Iterable[str]:
    yield from _head("environment", *(name for name in OUTCOMES if name in present))
    for column in columns:
        counts = (f"{column.counts[name]:,}" for name in OUTCOMES if name in present)
        yield f"| {' | '.join((text(f'{column.label} {column.version}'), *counts))} |"
    yield ""


def _findings(title: str, found: Sequence[Finding]) -> Iterable[str]:
    if not found:
        return
    yield f"## {title}"
    yield ""
    for each in found[:SHOWN]:
        apis = ", ".join(map(text, each.apis))
        words = text(f"{each.sentence} {each.why}")
        yield f"- **{text(each.title)}**, {plural(each.count, 'check')} of {apis}: {words}"
    if len(found) > SHOWN:
        yield f"- and {plural(len(found) - SHOWN, 'finding')} more"
    yield ""


def _head(*names: str) -> Iterable[str]:
    yield f"| {' | '.join(map(text, names))} |"
    yield f"|{' --- |' * len(names)}"


def text(words: str) -> str:
    """`words` as Markdown that means just these words."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~&$@:])", r"\\\1", visible(words).strip())
