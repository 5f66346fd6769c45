"""Known deviations: which checks are expected to fail how, and why that is so."""

from __future__ import annotations

import datetime
import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from conformance.model import Location


class ExpectationError(ValueError):
    """An expectations file that cannot be used: `location: message; hint`."""


def printable(text: str) -> str:
    """Text of a results file as a message may have it: on one line, and nothing that moves a cursor."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Where an expectation applies; None where it does not matter. `version` is a PEP 440 range."""

    version: SpecifierSet | None = None
    device: str | None = None
    mode: str | None = None
    platform: str | None = None

    def hold(self, record: Mapping[str, Any], platform: str) -> bool:
        """Whether a record was made under these conditions."""
        if self.version is not None:
            try:
                if not self.version.contains(Version(record["framework_version"]), prereleases=True):
                    return False
            except InvalidVersion:
                return False
        return (
            self.device in (None, record["device"])
            and self.mode in (None, record["mode"])
            and (self.platform is None or self.platform in platform)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """One entry. `checks` is a check id, or a pattern of them, in which `*`, `?` and `[ab]` are wildcards.

    `subtypes`, `convention` and `fingerprints` are compared where they are given; of several each will do.
    Where `convention` is one of several subtypes, the convention is that of a failure of that subtype.
    `location` is the place of the pattern, `entry` the line of the entry that it stands in; patterns of one
    entry may match the same check. `review` marks an entry that no person has confirmed yet.
    """

    checks: str
    framework: str | None
    outcome: str
    reason: str
    location: Location
    entry: int = 0
    subtypes: tuple[str, ...] = ()
    convention: str | None = None
    fingerprints: tuple[str, ...] = ()
    when: Conditions = field(default_factory=Conditions)
    link: str | None = None
    until: datetime.date | None = None
    flaky: bool = False
    review: bool = False
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", re.compile(fnmatch.translate(self.checks)))

    @property
    def wanted(self) -> str:
        """The outcome, with the subtype and convention, as one phrase."""
        parts = [self.outcome, " or ".join(self.subtypes), self.convention]
        return " ".join(part for part in parts if part)

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and self.until < today

    def matches(self, identifier: str) -> bool:
        """Whether the pattern matches a check id."""
        return self._pattern.match(identifier) is not None

    def applies(self, record: Mapping[str, Any], platform: str) -> bool:
        """Whether the framework and the conditions are those of `record`."""
        return self.framework in (None, record["framework"]) and self.when.hold(record, platform)

    def difference(self, record: Mapping[str, Any]) -> str | None:
        """How the outcome of `record` differs from this one, or None where it does not."""
        wanted = (
            ("outcome", (self.outcome,)),
            ("subtype", self.subtypes),
            ("convention", self._conventions(record["subtype"])),
            ("fingerprint", self.fingerprints),
        )
        for name, values in wanted:
            if values and record[name] not in values:
                return f"{name} is {record[name] or 'none'}, not {' or '.join(values)}"
        return None

    def _conventions(self, subtype: str | None) -> tuple[str, ...]:
        """The convention that a record of this subtype must follow, if any."""
        if self.convention is None:
            return ()
        other = subtype != "convention" and {"convention", subtype} <= {*self.subtypes}
        return () if other else (self.convention,)

    def conflict(self, other: Expectation, identifier: str) -> None:
        """Refuse two entries for one check. Raises ExpectationError, which names the places of both."""
        if self.wanted == other.wanted:
            problem, mend = (
                f"is already matched by the entry at {self.location}",
                "narrow one of the two patterns",
            )
        else:
            problem = f"expects {other.wanted} of it, and the entry at {self.location} {self.wanted}"
            mend = "narrow one of the two patterns, or give them conditions that exclude each other"
        raise ExpectationError(f"{other.location}: {printable(identifier)}: {problem}; {mend}")

    def same_entry(self, other: Expectation) -> bool:
        """Whether both are patterns of one entry."""
        return (self.location.path, self.entry) == (other.location.path, other.entry)
