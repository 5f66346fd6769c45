"""All checks as a table of columns, small enough to travel inside the page."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from conformance.model import DTYPES
from conformance.report.collect import OUTCOMES, Collection, Verdicts
from conformance.report.entry import Entry
from conformance.report.visible import clipped, visible

SEPARATOR: Final = "/"  # between the parts of an id
_ID: Final = ("operator", "case", "variant", "api", "name", "dtype", "device", "mode", "aspect")
_identity = attrgetter(*_ID)
_FIRST: Final[dict[str, tuple[str, ...]]] = {  # words whose order means something
    "dtype": DTYPES,
    "mode": ("eager",),
    "aspect": ("value",),
    "outcome": OUTCOMES,
}
_PLAIN: Final = (
    *(*_ID, "environment", "framework", "version", "level", "oracle", "outcome", "cause", "call"),
    *("returned", "shape"),
)


def columns(
    collection: Collection,
    verdicts: Verdicts,
    changes: Mapping[str, str],
    details: Sequence[int | None],
) -> Iterator[str]:
    """What the page's script filters, sorts and shows, one row per entry, in their order: JSON, in pieces.

    `words` maps a column to its texts and `codes` to the number of the text in each row; `features` lists the
    feature numbers of each distinct set. `numbers` holds measured columns: `used` is error / allowance, -1
    where it has no distance (a NaN or an infinity where a number is right), `ulps` the largest error in units
    in the last place; of an output of one element also its `bound` in them, and the number of `terms`, input
    elements, that it is made of.
    `details` are the places of the whole reports, None where there is none.
    """
    entries = collection.entries
    texts: dict[str, Callable[[Entry], str]] = {
        **{name: attrgetter(name) for name in _PLAIN},
        "subtype": lambda entry: entry.subtype or "",
        "detail": lambda entry: entry.detail,
        "verdict": lambda entry: verdicts.get(entry.id, ("", ""))[0],
        "reason": lambda entry: verdicts.get(entry.id, ("", ""))[1],
        "change": lambda entry: changes.get(entry.id, ""),
    }
    words: dict[str, list[str]] = {}
    yield f'{{"rows":{len(entries)},"codes":{{'
    for name, text in texts.items():
        told, codes = numbered(map(text, entries), _FIRST.get(name, ()))
        shown = _first_line if name == "detail" else visible
        words[name] = list(map(shown, told))
        yield f'"{name}":{_numbers(codes)},'
    sets, codes = numbered([entry.features for entry in entries])
    features, _ = numbered(feature for each in sets for feature in each)
    place = {feature: at for at, feature in enumerate(features)}
    yield f'"features":{_numbers(codes)}}},"words":{_json(words)},"features":'
    yield _json(
        {
            "words": list(map(visible, features)),
            "sets": [sorted({place[feature] for feature in each}) for each in sets],
        }
    )
    yield ',"numbers":{'
    for name, measure in _MEASURES.items():
        yield f'"{name}":{_json([measure(entry) for entry in entries])}{"," if name != "terms" else "}"}'
    ids = {
        row: visible(entry.id)
        for row, entry in enumerate(entries)
        if SEPARATOR.join(_identity(entry)) != entry.id
    }
    yield f',"ids":{_json(ids)},"details":{_json(list(details))}}}'


def numbered(texts: Iterable[Any], first: Iterable[Any] = ()) -> tuple[list[Any], array[int]]:
    """The distinct `texts`, those of `first` first, and the number of each one among them."""
    every = list(texts)
    told = list(dict.fromkeys([*first, *every]))
    known = {text: at for at, text in enumerate(told)}
    return told, array("L", map(known.__getitem__, every))


def _numbers(codes: array[int]) -> str:
    return f"[{','.join(map(str, codes))}]"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _first_line(detail: str) -> str:
    return visible(clipped(detail.split("\n")[0], 160))


def _used(entry: Entry) -> float | None:
    if entry.used is None:
        return None
    return -1.0 if math.isinf(entry.used) else _rounded(entry.used)


def _ulps(entry: Entry) -> float | None:
    if entry.used is None or entry.ulps is None or math.isinf(entry.used):
        return None
    return _rounded(entry.ulps)


def _bound(entry: Entry) -> float | None:
    """The bound in ulps; of several elements, the two errors may belong to different ones."""
    if entry.total != 1 or not entry.used or entry.ulps is None or math.isinf(entry.used):
        return None
    return _rounded(entry.ulps / entry.used)


def _terms(entry: Entry) -> int | None:
    return None if _bound(entry) is None else entry.terms


def _rounded(value: float) -> float | None:
    return float(f"{value:.3g}") if math.isfinite(value) else None


_MEASURES: Final[dict[str, Callable[[Entry], float | None]]] = {
    "used": _used,
    "ulps": _ulps,
    "bound": _bound,
    "terms": _terms,
}
