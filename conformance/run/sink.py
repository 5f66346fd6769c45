"""Where a run's records go: a results file, whose header waits until every environment is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from conformance.environments import Ready, Unavailable
from conformance.model import Operator
from conformance.results import CheckRecord, Header, ResultsWriter, Selection
from conformance.run.session import header, unavailable_forms


class Opens(Protocol):
    """Where results are to be written: a new file, or one that goes on."""

    def check(self) -> None:
        """Raise ResultsError where it can be seen already that there can be no writer."""

    def open(self, header: Header) -> ResultsWriter:
        """The writer. Raises ResultsError."""


class Sink:
    """Keeps records while environments start, then writes them as they come.

    `ready` and `unavailable` hold what is known of each environment; `names` are those that are started.
    """

    def __init__(
        self,
        destination: Opens,
        operators: Sequence[Operator],
        environments: Iterable[str],
        selection: Selection,
    ) -> None:
        self.ready: dict[str, Ready] = {}
        self.unavailable: dict[str, Unavailable] = {}
        self._destination = destination
        self._operators = operators
        self.names = tuple(environments)
        self._selection = selection
        self._starting = set(self.names)
        self._early: list[CheckRecord] = []
        self._writer: ResultsWriter | None = None

    @property
    def header(self) -> Header | None:
        """The header of the results file, once there is one."""
        return self._writer.header if self._writer else None

    @property
    def path(self) -> Path | None:
        """The results file, once there is one."""
        return self._writer.path if self._writer else None

    def apis(self, framework: str) -> list[str]:
        """The APIs of a framework that the results are about."""
        rows = [api for operator in self._operators for api in operator.apis.values()]
        return [api.name for api in rows if api.framework == framework]

    def check(self) -> None:
        """Raise ResultsError where it can be seen already that the file cannot be made."""
        self._destination.check()

    def environment(self, event: Ready | Unavailable) -> None:
        """Note what became of an environment. Raises ResultsError where the file cannot be made."""
        if isinstance(event, Unavailable):
            self.unavailable[event.environment] = event
        else:
            self.ready[event.environment] = event
        self._starting.discard(event.environment)
        if not self._starting:
            self._begin()

    def write(self, record: CheckRecord) -> None:
        """Add one check. Raises ResultsError."""
        if self._writer is None:
            self._early.append(record)
        else:
            self._writer.write(record)

    def flush(self) -> None:
        """Hand what is there to the operating system. Raises ResultsError."""
        if self._writer is not None:
            self._writer.flush()

    def close(self, complete: bool, reason: str | None = None) -> None:
        """Write the footer. Raises ResultsError; a second call does nothing.

        Of a run that was stopped before it had any result nothing is kept: what was the latest run, is.
        """
        if self._writer is None and not (complete or self._early):
            return
        self._begin()
        assert self._writer is not None
        self._writer.close(complete=complete, reason=reason, unavailable=unavailable_forms(self.unavailable))

    def _begin(self) -> None:
        if self._writer is None:
            ready = {name: self.ready[name] for name in self.names if name in self.ready}
            first = header(self._operators, self._selection, ready, self.unavailable)
            self._writer = self._destination.open(first)
            for record in self._early:
                self._writer.write(record)
            self._early.clear()
