"""Records that the reader accepts, with something strange in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from conformance.results.validate import problem_of

FINITE = st.floats(allow_nan=False, allow_infinity=False)  # JSON has no others
NUMBERS = st.integers(-3, 2**70) | FINITE | st.sampled_from(["NaN", "-Infinity"])
TEXTS = st.sampled_from(
    ["", "x", "a.b", "import os", "\n", "float32", "bool", "int64", "transposed", "'", "crash"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["float", "x", "é"]), inner),
    max_leaves=4,
)


def _like(value: Any) -> st.SearchStrategy[Any]:
    """Something that could stand where `value` stands."""
    if isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity"):
        return TEXTS | ANYTHING
    if isinstance(value, (int, float, str)):
        return NUMBERS | ANYTHING
    return st.none() | st.just(type(value)()) | ANYTHING if value is not None else ANYTHING


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a record."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in places(item, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """`value` with `new` in one place."""
    if not path:
        return new
    if isinstance(value, dict):
        return {key: changed(item, path[1:], new) if key == path[0] else item for key, item in value.items()}
    return [changed(item, path[1:], new) if at == path[0] else item for at, item in enumerate(value)]


@st.composite
def strange(draw: Any, make: Callable[[], Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """One of the records of `make` with one to three values replaced, that the reader still accepts."""
    records = make()  # a function, because Hypothesis prints arguments
    record = records[draw(st.integers(0, len(records) - 1))]  # an index prints shorter than a record
    for _ in range(draw(st.integers(1, 8))):
        found = places(record)[1:]
        path = found[draw(st.integers(0, len(found) - 1))]
        old = record
        for key in path:
            old = old[key]
        candidate = changed(record, path, draw(_like(old)))
        if not problem_of(candidate):
            record = candidate
    return record
