"""The whole tolerance reports that travel inside the page, in pieces that are unpacked when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from conformance.report.blocks import Block, Facts, Grid, Report, Section
from conformance.report.collect import Collection
from conformance.report.entry import Entry
from conformance.report.figures import decimal, index_words
from conformance.report.packing import packed_json
from conformance.report.tolerance import tolerance_report
from conformance.report.visible import visible
from conformance.results import CheckRecord, number

TOGETHER: Final = 250  # reports in one piece
LARGEST: Final = 40  # elements shown one by one
BUDGET: Final = 12_000_000  # characters of packed reports; a page has to open
_BRIEF: Final = frozenset({"pass", "unsupported", "observed", "not_run"})  # their rows say all there is


def details(collection: Collection) -> tuple[list[int | None], list[str]]:
    """Where each entry's report is (None: in no piece), and the packed pieces.

    Every check that passed neither nor was refused as declared has one, and the first of each other reason
    that an API has. A piece is `[texts, reports]`; in a report, texts are numbers.
    """
    entries = collection.entries
    wanted = sorted(_wanted(collection), key=lambda row: _alike(entries[row]))
    places: list[int | None] = [None] * len(entries)
    pieces: list[str] = []
    left = BUDGET
    for start in range(0, len(wanted), TOGETHER):
        rows = wanted[start : start + TOGETHER]
        piece = packed_json(_piece([entries[row] for row in rows], collection))
        left -= len(piece)
        if left < 0:
            break
        pieces.append(piece)
        for offset, row in enumerate(rows):
            places[row] = start + offset
    return places, pieces


def _wanted(collection: Collection) -> list[int]:
    seen = set()
    rows = []
    for row, entry in enumerate(collection.entries):
        if entry.outcome in _BRIEF:
            reason = (entry.environment, entry.api, entry.mode, entry.outcome)
            key = (*reason, entry.detail) if entry.outcome != "pass" else reason
            if key in seen:
                continue
            seen.add(key)
        rows.append(row)
    return rows


def _alike(entry: Entry) -> tuple[str, ...]:
    """Neighbours in this order have most text in common: the same call in all APIs, which is read once."""
    return (entry.operator, entry.case, entry.dtype, entry.variant, entry.call, entry.id)


class _Texts(dict[str, int]):
    """Numbers texts in the order in which they come."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]

    def of(self, texts: Iterable[str]) -> list[int]:
        """Their numbers."""
        return list(map(self.__getitem__, texts))


def _piece(entries: Sequence[Entry], collection: Collection) -> list[Any]:
    texts = _Texts()
    reports = []
    for entry in entries:
        record = collection.whole(entry)
        conventions = collection.conventions.get(entry.operator)
        report = tolerance_report(record, collection.peers(entry.call), conventions)
        reports.append(_form(report, record, texts))
    return [list(texts), reports]


def _form(report: Report, record: CheckRecord, texts: _Texts) -> list[Any]:
    sections = list(report.sections)
    table = _elements(record)
    if table is not None:
        sections.insert(min(3, len(sections)), Section("every element", (table,)))
    return [
        texts[report.headline],
        [[texts[section.title], [_block(block, texts) for block in section.blocks]] for section in sections],
    ]


def _block(block: Block, texts: _Texts) -> list[Any]:
    """`[0, rows]` for labelled values, `[1, head, rows]` for a table, `[2, lines]` for a listing."""
    if isinstance(block, Facts):
        return [0, list(map(texts.of, block.rows))]
    if isinstance(block, Grid):
        return [1, texts.of(block.head), list(map(texts.of, block.rows))]
    return [2, texts.of(block.lines)]


def _elements(record: CheckRecord) -> Grid | None:
    """Inputs, actual and expected, element by element, the worst one marked; None of what is large."""
    actual, expected, error = record["actual"], record["expected"], record["error"]
    if actual is None or expected is None or error is None or not error["mismatched"]:
        return None
    if "values" not in actual or "values" not in expected or actual["shape"] != expected["shape"]:
        return None
    size = len(expected["values"])
    if not 1 < size <= LARGEST or len(actual["values"]) != size:
        return None
    inputs = {
        name: form["values"]
        for name, form in record["inputs"].items()
        if form.get("shape") == expected["shape"] and len(form.get("values", ())) == size
    }
    rows = []
    for place in range(size):
        index = _index(place, expected["shape"])
        got, want = actual["values"][place], expected["values"][place]
        same = got == want or abs(number(got) - number(want)) == 0
        mark = "worst" if index == error["worst_index"] else "" if same else "differs"
        cells = [decimal(values[place]) for values in inputs.values()]
        rows.append((index_words(index), *cells, decimal(got), decimal(want), mark))
    return Grid(("", *(f" {visible(name)}" for name in inputs), " actual", " expected", ""), tuple(rows))


def _index(place: int, shape: Sequence[int]) -> list[int]:
    index = []
    for size in reversed(shape):
        place, at = divmod(place, size)
        index.append(at)
    return index[::-1]
