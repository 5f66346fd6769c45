"""New deviations as entries of an expectations file: which patterns belong together, what was measured."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from conformance.gate.patterns import Universe
from conformance.results import Brief, CheckRecord, Number, number

WholeRecords: TypeAlias = "Callable[[set[str]], Mapping[str, CheckRecord]]"
"""Gives the whole records of some check ids."""

_LONGEST = 200  # characters of what a framework says
_SMALL = 64  # elements; the worst of such a check can be looked at by eye
_COUNTED = re.compile(r"0x[0-9a-fA-F]+|[0-9]+")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]+")


@dataclass(slots=True)
class Deviation:
    """Checks of one outcome, most likely of one cause, and the patterns that match just them."""

    outcome: str
    subtype: str | None
    convention: str | None
    patterns: list[str] = field(default_factory=list)
    checks: dict[str, Brief] = field(default_factory=dict)

    def reason(self, records: Mapping[str, CheckRecord]) -> str:
        """What was measured: the explanations, the worst figure, how many checks there are and where."""
        causes = self._by_cause()
        explained = [(len(members), _explanation(records[worst(members)["id"]])) for members in causes]
        if len(explained) == 1:
            said = [_sentence(explained[0][1])]
        else:
            said = [f"{_counted(often, 'check')}: {text}." for often, text in explained if text]
        briefs = list(self.checks.values())
        figure = _figure(records[worst(briefs)["id"]])
        return " ".join(filter(None, [*said, figure, f"{_counted(len(briefs), 'check')} {_where(briefs)}."]))

    def told(self) -> set[str]:
        """The ids of the checks whose whole records the reason is made of."""
        return {worst(members)["id"] for members in (*self._by_cause(), list(self.checks.values()))}

    def _by_cause(self) -> list[list[Brief]]:
        """The checks of each cause, the most frequent one first."""
        found: dict[str, list[Brief]] = {}
        for brief in self.checks.values():
            found.setdefault(cause(brief), []).append(brief)
        return sorted(found.values(), key=len, reverse=True)


def deviations(universe: Universe, new: Iterable[Brief]) -> list[Deviation]:
    """The checks `new` folded into entries; their patterns match nothing else in `universe`.

    Patterns are made for all checks of one outcome and subtype together, since explanations of single
    checks come and go with their inputs; then each pattern, with those that overlap it, goes to the cause
    that most of its checks have. What has no known cause is kept apart by case.
    """
    alike: dict[tuple[str, str, str | None, str | None, str], dict[str, Brief]] = {}
    for brief in new:
        kind = brief["aspect"].partition(":")[0]
        key = (brief["operator"], brief["outcome"], brief["subtype"], brief["convention"], kind)
        alike.setdefault(key, {})[brief["id"]] = brief
    found: dict[tuple[object, ...], Deviation] = {}
    for (operator, outcome, subtype, convention, kind), checks in alike.items():
        for patterns, names in _apart(universe, universe.cover(checks)):
            members = [checks[name] for name in names]
            words = Counter(cause(brief) for brief in members)
            why = max(words, key=lambda word: (words[word], word))
            if not why:
                why = patterns[0].split("/")[1] if "/" in patterns[0] else patterns[0]
            entry = found.setdefault(
                (operator, outcome, subtype, convention, kind, why),
                Deviation(str(outcome), subtype, convention),
            )
            entry.patterns.extend(patterns)
            entry.checks.update((brief["id"], brief) for brief in members)
    return list(found.values())


def _apart(universe: Universe, patterns: Iterable[str]) -> list[tuple[list[str], set[str]]]:
    """The patterns with what they match; together those that share a check, which has one entry."""
    groups: list[tuple[list[str], set[str]]] = []
    for pattern in patterns:
        matched = universe.matched(pattern)
        touching = [group for group in groups if group[1] & matched]
        groups = [group for group in groups if not group[1] & matched]
        joined = [each for group in touching for each in group[0]]
        groups.append(([*joined, pattern], matched.union(*(group[1] for group in touching))))
    return groups


def cause(brief: Brief) -> str:
    """The most likely cause of a deviation, as one word: equal for what belongs together."""
    if brief["convention"] is not None:
        return brief["convention"]
    if brief["hypothesis"] is not None:
        return brief["hypothesis"]["name"]
    if brief["exception"] is not None:
        return f"{brief['exception']['class']} {_COUNTED.sub('0', _line(brief['exception']['message']))[:60]}"
    return _COUNTED.sub("0", _line(brief["detail"] or ""))[:60]


def worst(briefs: Sequence[Brief]) -> Brief:
    """The check to look at: of those with few elements, the one that is farthest off (the same each time)."""

    def badness(brief: Brief) -> tuple[bool, float, str]:
        error = brief["error"]
        if error is None:
            return True, 0.0, brief["id"]
        ratio = error["max_bound_ratio"]
        return error["total"] <= _SMALL, -1.0 if ratio is None else number(ratio), brief["id"]

    return max(briefs, key=badness)


def _where(briefs: Sequence[Brief]) -> str:
    """`with torch 2.13.0 on cpu, in the modes compile and script`."""
    builds = _joined(f"{brief['framework']} {brief['framework_version']}" for brief in briefs)
    devices = _joined(brief["device"] for brief in briefs)
    modes = _joined(brief["mode"] for brief in briefs)
    return f"with {builds} on {devices}, {modes}"


def _explanation(record: CheckRecord) -> str:
    """The computed explanation, or the framework's words, or what was found."""
    if record["hypothesis"] is not None:
        return f"the result equals {record['hypothesis']['text']} ({record['hypothesis']['name']})"
    if record["convention"] is not None:
        return f"the convention that is followed is {record['convention']}"
    if record["exception"] is not None:
        return f"{record['exception']['class']}: {_line(record['exception']['message'])}"
    return _line(record["detail"] or "")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _figure(record: CheckRecord) -> str:
    """How far off the check is that was picked."""
    error = record["error"]
    if error is None or error["worst_actual"] is None or error["worst_expected"] is None:
        return ""
    inputs = "".join(f", {name} {_short(value)}" for name, value in sorted(error["worst_inputs"].items()))
    ratio = error["max_bound_ratio"]
    off = "" if ratio is None else f", {_short(ratio)} times the bound"
    which = f"{record['case']}, {record['variant']}, {record['api']}, {record['dtype']}"
    returned = f"{_short(error['worst_actual'])}, expected {_short(error['worst_expected'])}"
    differing = f"{error['mismatched']} of {error['total']} differ"
    return f"{'Worst' if off else 'For example'}: {which}{inputs}: {returned}{off}; {differing}."


def _short(value: Number) -> str:
    return f"{number(value):.6g}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _joined(words: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(words))


def _line(text: str) -> str:
    """The first line that says something, harmless and short, without a full stop."""
    lines = (" ".join(_UNSEEN.sub(" ", line).split()) for line in text.splitlines())
    first = next((line for line in lines if line), "").rstrip(".")
    return first if len(first) <= _LONGEST else f"{first[: _LONGEST - 3]}..."
