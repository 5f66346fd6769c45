"""Errors along inputs that take every value of a dtype, as the page's pictures need them."""

from __future__ import annotations

import json
import math
from typing import Any

from conformance.report.collect import Collection
from conformance.report.visible import visible
from conformance.results import Number, number


def sweeps(collection: Collection) -> dict[str, Any]:
    """`series` holds each distinct sweep once, `rows` maps the numbers of entries to theirs."""
    known: dict[str, int] = {}
    series: list[dict[str, Any]] = []
    rows: dict[int, int] = {}
    for row, entry in enumerate(collection.entries):
        if not entry.swept:
            continue
        form = collection.whole(entry)["sweep"]
        shown = {
            "input": visible(form["input"]),
            "start": list(map(_plain, form["start"])),
            "ulp": list(map(_plain, form["ulp"])),
            "bound": list(map(_plain, form["bound"])),
            "wrong": form["wrong"],
        }
        key = json.dumps(shown)
        if key not in known:
            known[key] = len(series)
            series.append(shown)
        rows[row] = known[key]
    return {"series": series, "rows": rows}


def _plain(form: Number | None) -> float | None:
    """A finite number, or None."""
    value = math.nan if form is None else number(form)
    return value if math.isfinite(value) else None
