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


@dataclass(frozen=True, slots=True)
class Conditions:
    """Where an expectation applies; None where it does not matter. `version` is a PEP 440 range."""

    version: SpecifierSet | None = None
    device: str | None = None
    mode: str | None = None
    platform: str | None = None

    @property
    def any(self) -> bool:
        """Whether there is a condition at all."""
        return any(value is not None for value in (self.version, self.device, self.mode, self.platform))

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

    `subtype`, `convention` and `fingerprint` are compared where they are given.
    """

    checks: str
    framework: str | None
    outcome: str
    reason: str
    location: Location
    subtype: str | None = None
    convention: str | None = None
    fingerprint: str | None = None
    when: Conditions = field(default_factory=Conditions)
    link: str | None = None
    until: datetime.date | None = None
    flaky: bool = False
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", re.compile(fnmatch.translate(self.checks)))

    @property
    def wanted(self) -> str:
        """The outcome, with the subtype and convention, as one phrase."""
        parts = [self.outcome, self.subtype, self.convention]
        return " ".join(part for part in parts if part)

    @property
    def conditional(self) -> bool:
        """Whether the entry applies only under conditions, which this run may not have met."""
        return self.when.any

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
            ("outcome", self.outcome),
            ("subtype", self.subtype),
            ("convention", self.convention),
            ("fingerprint", self.fingerprint),
        )
        for name, value in wanted:
            if value is not None and record[name] != value:
                return f"{name} is {record[name]}, not {value}"
        return None

    def conflict(self, other: Expectation, identifier: str) -> None:
        """Refuse two entries for one check."""
        raise ExpectationError(
            f"{other.location}: {identifier} is already matched by the entry at {self.location}; "
            "narrow one of the two patterns"
        )
