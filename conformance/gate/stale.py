"""Which entries match no check of the full plan, and what was most likely meant by them."""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias

from conformance.gate.expectations import Conditions, Expectation

Facts: TypeAlias = "tuple[Mapping[str, Any], str]"
"""What a planned check is matched by (id, framework, framework_version, device, mode), and its platform."""

_OFFERED = 3
_CLOSE = 0.8  # of difflib
_DIGIT = re.compile("[0-9]")


class Search:
    """Looks for a check of each of some entries among all that are planned.

    `unmatched` keeps the entries for which none was found.
    """

    def __init__(self, entries: Iterable[Expectation]) -> None:
        self.unmatched = dict.fromkeys(entries)
        self._met: set[Expectation] = set()
        self._ids: dict[str, None] = {}
        self._words: dict[str, None] | None = None

    def see(self, check: Mapping[str, Any], platform: str) -> None:
        """Take a planned check into account."""
        self._ids[check["id"]] = None
        for entry in list(self.unmatched):
            if entry.applies(check, platform):
                self._met.add(entry)
                if entry.matches(check["id"]):
                    del self.unmatched[entry]

    def met(self, entry: Expectation) -> bool:
        """Whether the conditions of an entry were met by any planned check, or it has none."""
        return entry.when == Conditions() or entry in self._met

    def nearest(self, entry: Expectation) -> tuple[list[str], bool]:
        """Check ids that are nearest to what an entry names, and whether it is a slip of the pen.

        It is one where some of its words are no word of any check, but close to one, and it matches a check
        once they are replaced by it.
        """
        words = entry.checks.split("/")
        mended = [self._mended(word) for word in words]
        if mended != words:
            pattern = re.compile(fnmatch.translate("/".join(mended)))
            found = list(itertools.islice(filter(pattern.match, self._ids), _OFFERED))
            if found:
                return found, True
        if any(sign in entry.checks for sign in "*?["):
            return [], False
        same = words[:2]
        among = [name for name in self._ids if name.split("/", 2)[:2] == same] or list(self._ids)
        return get_close_matches(entry.checks, among, n=_OFFERED), False

    def _mended(self, word: str) -> str:
        """The known word that is close to `word`; `word` itself where it is known, or like none."""
        if self._words is None:
            self._words = dict.fromkeys(word for name in self._ids for word in name.split("/"))
        if word in self._words or fnmatch.filter(self._words, word):
            return word
        digits = _DIGIT.findall(word)  # float16 is close to float64, but never written in place of it
        alike = [known for known in self._words if _DIGIT.findall(known) == digits]
        close = get_close_matches(word.strip("*"), alike, n=1, cutoff=_CLOSE)
        if not close:
            return word
        return "*" * word.startswith("*") + close[0] + "*" * word.endswith("*")
