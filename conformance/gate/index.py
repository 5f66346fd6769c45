"""Expectations by the first words of their patterns, so that a check is held against a few and not all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.gate.expectations import Expectation

_WILD = re.compile(r"[*?\[]")
_WORDS = 2  # operator and case: what patterns usually begin with


def literal_words(pattern: str) -> tuple[str, ...]:
    """The words, between slashes, with which `pattern` begins and that hold no wildcard."""
    found = _WILD.search(pattern)
    if found is None:
        return tuple(pattern.split("/"))
    return tuple(pattern[: found.start()].split("/")[:-1])


class Index:
    """A growing list of expectations, looked up by check id."""

    def __init__(self, expectations: Sequence[Expectation]) -> None:
        self._expectations = expectations
        self._taken = 0  # pytest adds expectations while it collects
        self._by_words: dict[tuple[str, ...], list[Expectation]] = {}

    def matching(self, record: Mapping[str, Any], platform: str) -> Iterator[Expectation]:
        """The expectations that match the id of `record` and apply to it."""
        while self._taken < len(self._expectations):
            entry = self._expectations[self._taken]
            self._by_words.setdefault(literal_words(entry.checks)[:_WORDS], []).append(entry)
            self._taken += 1
        identifier: str = record["id"]
        words = identifier.split("/", _WORDS)[:_WORDS]
        for length in range(len(words) + 1):
            for entry in self._by_words.get(tuple(words[:length]), ()):
                if entry.matches(identifier) and entry.applies(record, platform):
                    yield entry
