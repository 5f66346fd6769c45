"""Results on demand: a consumer asks for one check after the other, in its own order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Sequence

from conformance.model import Check
from conformance.plan import EAGER
from conformance.results import CheckRecord


class Cursor:
    """Pulls `records` forward until the one that is asked for is there.

    Results that came early are kept until they are asked for, and those of one call until all of its
    checks have been, since a tolerance report shows what the others returned.
    """

    def __init__(self, records: Generator[CheckRecord, None, None], checks: Sequence[Check]) -> None:
        self._iterator = records
        self._records: dict[str, CheckRecord] = {}
        self._siblings: defaultdict[int, list[Check]] = defaultdict(list)
        self._waiting: dict[int, int] = {}
        for check in checks:
            self._siblings[id(check.spec)].append(check)
        self._waiting = {spec: len(ids) for spec, ids in self._siblings.items()}

    def result(self, check: Check) -> CheckRecord:
        """The record of `check`. Raises KeyError where the run ended without it."""
        while check.id not in self._records:
            record = next(self._iterator, None)
            if record is None:
                raise KeyError(check.id)
            self._records[record["id"]] = record
        return self._records[check.id]

    def peers(self, check: Check) -> list[CheckRecord]:
        """All records of the same call, the check's own included; waits for them.

        Those of modes that compile come long after the eager ones, so an eager check does without them.
        """
        found: list[CheckRecord] = []
        for sibling in self._siblings[id(check.spec)]:
            identifier = sibling.id
            if check.mode == EAGER and sibling.mode != EAGER:
                continue
            while identifier not in self._records:
                record = next(self._iterator, None)
                if record is None:
                    return found
                self._records[record["id"]] = record
            found.append(self._records[identifier])
        return found

    def release(self, check: Check) -> None:
        """Say that `check` has been reported: its call's records go when all of them have been."""
        spec = id(check.spec)
        self._waiting[spec] -= 1
        if not self._waiting[spec]:
            for sibling in self._siblings.pop(spec):
                self._records.pop(sibling.id, None)

    def close(self) -> None:
        """Stop the run where it is."""
        self._iterator.close()
