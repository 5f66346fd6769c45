"""What happened, as short as a CI shows it: columns of counts, and findings with their places."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.gate import Gate, Stale, Verdict
from conformance.report import Collection, Summary, headline, summarise
from conformance.report.entry import Entry
from conformance.report.groups import Group, groups
from conformance.report.visible import clipped, visible

LONGEST = 300  # characters of a sentence
_ORDER = (  # our own faults first: they cast doubt on the rest
    Verdict.HARNESS_ERROR,
    Verdict.INVALID_CASE,
    Verdict.NOT_RUN,
    Verdict.REGRESSION,
    Verdict.NEW_FAILURE,
    Verdict.CHANGED,
    Verdict.FIXED,
)
_KNOWN = (Verdict.KNOWN, Verdict.FLAKY_KNOWN)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; `line` counts from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Checks of one verdict that have one cause most likely, or an expectation that is stale.

    `verdict` is the gate's word, `divergence` where nothing was promised. `check` is the id of the first
    check ("" of a stale expectation), `place` its case, `others` the cases of the rest. `sentence` says
    what is the matter, `reason` why it is known. `fingerprint` is the same in every run that has it.
    """

    verdict: str
    closes: bool
    outcome: str
    subtype: str | None
    api: str
    environments: tuple[str, ...]
    checks: int
    check: str
    sentence: str
    place: Place
    fingerprint: str
    others: tuple[Place, ...] = ()
    reason: str = ""

    @property
    def rule(self) -> str:
        """The outcome with its subtype, `mismatch/value`; of an unexpected pass, `fixed`."""
        if self.verdict == Verdict.FIXED:
            return str(Verdict.FIXED)
        return f"{self.outcome}/{self.subtype}" if self.subtype else self.outcome


@dataclass(frozen=True, slots=True)
class Account:
    """What outputs are made of. `closing` counts the verdicts that close the gate, by their words.

    `judged` is false where the run was stopped, so that an open gate means nothing.
    """

    summary: Summary
    closing: Counter[str]
    findings: tuple[Finding, ...]
    judged: bool

    @property
    def open(self) -> bool:
        """Whether everything was run, and is as expected."""
        return self.judged and not self.closing and self.summary.total > 0

    @property
    def verdict(self) -> str:
        """The gate in a few words: `closed by 3 new_failure`."""
        if self.closing:
            return "closed by " + ", ".join(f"{count:,} {word}" for word, count in self.closing.items())
        if not self.judged:
            return "not judged, the run was stopped"
        return "open" if self.summary.total else "closed, no check was run"


def account(collection: Collection, gate: Gate) -> Account:
    """The account of results files, judged by `gate`."""
    closing = {str(verdict): count for verdict, count in gate.closing.items()}
    return Account(
        summarise(collection),
        Counter(closing),
        (*_closing(collection, gate), *_stale(gate), *_others(collection, gate)),
        not collection.incomplete,
    )


def _closing(collection: Collection, gate: Gate) -> Iterator[Finding]:
    for verdict in _ORDER:
        if gate.closes(verdict):
            for group in _groups(collection, gate, verdict):
                yield _finding(group, str(verdict), True, collection, gate)


def _others(collection: Collection, gate: Gate) -> Iterator[Finding]:
    """What is no news: known deviations, unexpected passes that are let through, and divergences."""
    for verdict in (*_KNOWN, *(() if gate.strict else (Verdict.FIXED,))):
        for group in _groups(collection, gate, verdict):
            yield _finding(group, str(verdict), False, collection, gate)
    divergences = groups(collection.entries, lambda entry: entry.failing and entry.id not in gate.rulings)
    for group in divergences:
        yield _finding(group, "divergence", False, collection, gate)


def _groups(collection: Collection, gate: Gate, verdict: Verdict) -> list[Group]:
    def wanted(entry: Entry) -> bool:
        ruling = gate.rulings.get(entry.id)
        return ruling is not None and ruling.verdict is verdict

    return groups(collection.entries, wanted)


def _finding(group: Group, verdict: str, closes: bool, collection: Collection, gate: Gate) -> Finding:
    record = collection.whole(group.first)
    ruling = gate.rulings.get(record["id"])
    why = ruling.why if ruling is not None else ""
    sentence = headline(record, collection.conventions.get(record["operator"]))
    if verdict in (Verdict.REGRESSION, Verdict.CHANGED, Verdict.FIXED):
        sentence = f"{sentence} {why}"
    places = dict.fromkeys(_place(entry.location) for entry in group.entries)
    place, *others = places
    key = (group.operator, group.api, record["framework"], group.outcome, group.subtype, group.cause, closes)
    return Finding(
        verdict=verdict,
        closes=closes,
        outcome=visible(group.outcome),
        subtype=None if group.subtype is None else visible(group.subtype),
        api=visible(group.api),
        environments=tuple(dict.fromkeys(visible(entry.environment) for entry in group.entries)),
        checks=len(group.entries),
        check=visible(record["id"]),
        sentence=clipped(visible(sentence), LONGEST),
        place=place,
        fingerprint=_fingerprint(*map(str, key)),
        others=tuple(others),
        reason=clipped(visible(why), LONGEST) if verdict in _KNOWN else "",
    )


def _stale(gate: Gate) -> Iterator[Finding]:
    for each in gate.stale:
        expectation = each.expectation
        yield Finding(
            verdict=str(Verdict.STALE),
            closes=True,
            outcome=str(Verdict.STALE),
            subtype=None,
            api="",
            environments=(),
            checks=0,
            check="",
            sentence=clipped(visible(_stale_sentence(each)), LONGEST),
            place=Place(visible(expectation.location.path), expectation.location.line),
            fingerprint=_fingerprint("stale", expectation.checks, str(expectation.framework)),
        )


def _stale_sentence(stale: Stale) -> str:
    return f"The expectation is stale: {stale.why}."


def _place(location: str) -> Place:
    """The place that `path:line` names; line 1 where it names none."""
    path, _, line = location.rpartition(":")
    good = line.isascii() and line.isdigit() and 0 < len(line) < 10 and int(line) > 0
    return Place(visible(path), int(line)) if good and path else Place(visible(location), 1)


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
