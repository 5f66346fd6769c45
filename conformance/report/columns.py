"""All checks as a table of columns, small enough to travel inside the page."""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from conformance.model import DTYPES
from conformance.report.collect import OUTCOMES, Collection, Entry, Verdicts
from conformance.report.figures import short
from conformance.report.groups import cause
from conformance.report.quality import budget_used
from conformance.report.visible import clipped, visible
from conformance.results import CheckRecord, Number, ValueForm, number

SHOWN: Final = 4  # elements of a returned value
SEPARATOR: Final = "/"  # between the parts of an id


def packed(value: Any) -> str:
    """`value` as JSON, compressed, in characters that mean nothing in HTML."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), 9, mtime=0)).decode("ascii")


class Words:
    """Texts numbered in the order in which they come, each made harmless."""

    def __init__(self, first: Iterable[str] = ()) -> None:
        self._known: dict[str, int] = {}
        self.words: list[str] = []
        for word in first:
            self.number(word)

    def number(self, word: str) -> int:
        """The number of `word`."""
        if word not in self._known:
            self._known[word] = len(self.words)
            self.words.append(visible(word))
        return self._known[word]


def columns(
    collection: Collection,
    verdicts: Verdicts,
    changes: Mapping[str, str],
    details: Sequence[int | None],
) -> dict[str, Any]:
    """What the page's script filters, sorts and shows: one row per entry, in their order.

    `words` maps a column to its texts and `codes` to the number of the text in each row; `features` lists the
    feature numbers of each distinct set. `numbers` holds measured columns: `used` is error / allowance, -1
    where it has no distance (a NaN or an infinity where a number is right), `ulps` the largest error in units
    in the last place; of an output of one element also its `bound` in them, and the number of `terms`, input
    elements, that it is made of.
    `details` are the places of the whole reports, None where there is none.
    """
    words = {name: Words(first) for name, first in _COLUMNS.items()}
    codes: dict[str, list[int]] = {name: [] for name in _COLUMNS}
    numbers: dict[str, list[float | None]] = {"used": [], "ulps": [], "bound": [], "terms": []}
    features = Words()
    sets: dict[tuple[int, ...], int] = {}
    ids: dict[int, str] = {}
    for row, entry in enumerate(collection.entries):
        record = entry.record
        values = _texts(entry, verdicts, changes)
        for name in _COLUMNS:
            if name != "features":
                codes[name].append(words[name].number(values[name]))
        key = tuple(sorted({features.number(feature) for feature in record["features"]}))
        codes["features"].append(sets.setdefault(key, len(sets)))
        for name, value in _measured(record).items():
            numbers[name].append(value)
        if SEPARATOR.join(values[name] for name in _ID) != record["id"]:
            ids[row] = visible(record["id"])
    return {
        "rows": len(collection.entries),
        "words": {name: table.words for name, table in words.items()},
        "codes": codes,
        "features": {"words": features.words, "sets": [list(key) for key in sets]},
        "numbers": numbers,
        "ids": ids,
        "details": list(details),
    }


_ID: Final = ("operator", "case", "variant", "api", "name", "dtype", "device", "mode", "aspect")
_PLAIN: Final = (
    *(
        "environment",
        "framework",
        "version",
        "level",
        "oracle",
        "subtype",
        "cause",
        "verdict",
        "reason",
        "change",
    ),
    *("call", "returned", "features", "detail", "shape"),
)
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(_ID, ()),
    "dtype": DTYPES,
    "mode": ("eager",),
    "aspect": ("value",),
    "outcome": OUTCOMES,
    **dict.fromkeys(_PLAIN, ()),
}


def _texts(entry: Entry, verdicts: Verdicts, changes: Mapping[str, str]) -> dict[str, str]:
    record = entry.record
    return {
        "operator": record["operator"],
        "case": record["case"],
        "variant": record["variant"],
        "api": record["api"],
        "dtype": record["dtype"],
        "device": record["device"],
        "mode": record["mode"],
        "aspect": record["aspect"],
        "name": record["environment"],
        "environment": entry.environment,
        "framework": record["framework"],
        "version": record["framework_version"],
        "level": record["level"],
        "oracle": record["oracle"],
        "outcome": record["outcome"],
        "subtype": record["subtype"] or "",
        "cause": cause(record),
        "verdict": verdicts.get(record["id"], ("", ""))[0],
        "reason": verdicts.get(record["id"], ("", ""))[1],
        "change": changes.get(record["id"], ""),
        "call": record["call"],
        "returned": _returned(record),
        "detail": clipped((record["detail"] or "").split("\n")[0], 160),
        "shape": _shapes(record),
    }


def _shapes(record: CheckRecord) -> str:
    shapes = [form["shape"] for form in record["inputs"].values() if "shape" in form]
    return " ".join("x".join(map(str, shape)) or "0-d" for shape in shapes)


def _returned(record: CheckRecord) -> str:
    """The first elements, or what came instead."""
    if record["exception"] is not None:
        return visible(record["exception"]["class"])
    form: ValueForm | None = record["actual"]
    if form is None:
        return ""
    if "text" in form:
        return clipped(" ".join(form["text"].split()), 60)
    if "exception" in form:
        return form["exception"]
    if "type" in form:
        return clipped(f"{form['type']}: {form['repr']}", 60)
    values: list[Number] = form.get("values") or form.get("sample", {"values": []})["values"]
    size = math.prod(form["shape"])
    listed = ", ".join(short(value, 4) for value in values[:SHOWN])
    return listed if size <= SHOWN else f"{listed}, ... ({size:,} elements)"


def _measured(record: CheckRecord) -> dict[str, float | None]:
    used, error = budget_used(record), record["error"]
    found: dict[str, float | None] = {"used": None, "ulps": None, "bound": None, "terms": None}
    if used is None or error is None:
        return found
    found["used"] = -1.0 if math.isinf(used) else _rounded(used)
    if error["max_ulp"] is None or math.isinf(used):
        return found
    ulps = number(error["max_ulp"])
    found["ulps"] = _rounded(ulps)
    if error["total"] == 1 and used > 0:  # of several elements, the two may belong to different ones
        found["bound"] = _rounded(ulps / used)
        sizes = [math.prod(form["shape"]) for form in record["inputs"].values() if "shape" in form]
        found["terms"] = float(max(sizes, default=1))
    return found


def _rounded(value: float) -> float | None:
    return float(f"{value:.3g}") if math.isfinite(value) else None
