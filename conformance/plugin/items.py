"""Case files as pytest items: one item per check, its name the check's id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.casefile import CaseFileError, load
from conformance.gate import Ruling, Verdict
from conformance.model import Check
from conformance.plan import expand
from conformance.reference import known
from conformance.report import tolerance_text
from conformance.results import CheckRecord
from conformance.run import marks, readable

if TYPE_CHECKING:
    from conformance.plugin.session import Suite


class CheckFailed(Exception):
    """A check's verdict closes the gate; the message is its report."""


class CaseFile(pytest.File):
    """One case file."""

    suite: Suite

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, suite: Suite) -> CaseFile:
        """The collector of the case file at `path`."""
        collector = cls.from_parent(parent, path=path)
        collector.suite = suite
        return collector

    def collect(self) -> Iterator[pytest.Item]:
        """One item per check; a file or case that is wrong is an item that fails, so that the others run."""
        try:
            operator = load(readable(self.path), known())
        except CaseFileError as error:
            yield BadCase.of(self, "case-file", str(error), error.location.line)
            return
        plan = expand([operator], self.suite.targets)
        self.suite.add(operator, plan.checks)
        for number, case_problem in enumerate(plan.problems):
            yield BadCase.of(self, f"case-{number}", str(case_problem), case_problem.location.line)
        for check in plan.checks:
            yield CheckItem.of(self, check, self.suite)


class BadCase(pytest.Item):
    """A case file or case that cannot be used."""

    message: str
    line: int

    @classmethod
    def of(cls, parent: pytest.Collector, name: str, message: str, line: int) -> BadCase:
        """An item that fails with `message`."""
        item = cls.from_parent(parent, name=name)
        item.message, item.line = message, line
        return item

    def runtest(self) -> None:
        """Fail."""
        raise CheckFailed(self.message)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone."""
        return str(excinfo.value) if excinfo.errisinstance(CheckFailed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the problem is."""
        return self.path, self.line - 1, self.name


class CheckItem(pytest.Item):
    """One check."""

    check: Check
    suite: Suite

    @classmethod
    def of(cls, parent: pytest.Collector, check: Check, suite: Suite) -> CheckItem:
        """The item of `check`, marked so that `-m` selects by level, framework, dtype, aspect and mode."""
        item = cls.from_parent(parent, name=check.id)
        item.check, item.suite = check, suite
        for word in marks(check):
            item.add_marker(word)
        return item

    def runtest(self) -> None:
        """Wait for the check's own answer, and turn its verdict into pytest's outcome."""
        record, ruling = self.suite.outcome(self.check)
        self.user_properties.append(("outcome", record["outcome"]))
        self.user_properties.append(("verdict", str(ruling.verdict)))
        try:
            self._conclude(record, ruling)
        finally:
            self.suite.release(self.check)

    def _conclude(self, record: CheckRecord, ruling: Ruling) -> None:
        outcome, detail = record["outcome"], record["detail"] or ""
        if ruling.verdict in (Verdict.KNOWN, Verdict.FLAKY_KNOWN):
            if outcome == "unsupported":
                pytest.skip(detail)
            pytest.xfail(ruling.why)
        if self.suite.closes(ruling.verdict):
            text = tolerance_text(record, self.suite.peers(self.check))
            raise CheckFailed(f"{ruling.verdict}: {ruling.why}\n\n{text}")
        if outcome in ("unsupported", "vacuous", "not_run"):
            pytest.skip(f"{outcome}: {detail}")
        if outcome not in ("pass", "degraded", "observed"):
            pytest.xfail(f"divergence, not documented for this API: {outcome} {record['subtype'] or ''} {detail}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The tolerance report, without a traceback of ours."""
        return str(excinfo.value) if excinfo.errisinstance(CheckFailed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line of the case."""
        return self.path, self.check.spec.case.location.line - 1, self.check.id
