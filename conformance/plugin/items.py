"""Case files as pytest items: one item per check, its name the check's id."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.casefile import CaseFileError, load
from conformance.gate import ExpectationError, Ruling, Verdict
from conformance.model import Check
from conformance.plugin.suite import Suite
from conformance.reference import known
from conformance.results import CheckRecord, ResultsError
from conformance.run import convention_forms, marks, readable


class CheckFailed(Exception):
    """A check's verdict closes the gate, or a case cannot be used; the message is all there is to say."""


class CaseFile(pytest.File):
    """One case file."""

    suite: Suite
    hooks: Any = None

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
        plan = self.suite.plan(self.path, operator)
        for number, problem in enumerate(plan.problems):
            yield BadCase.of(self, f"case-{number}", str(problem), problem.location.line)
        for check in plan.checks:
            yield CheckItem.of(self, check, self.suite)


class RefusedFile(pytest.File):
    """A case file in a process of xdist that cannot go on; its item has the controller find out why."""

    message: str

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, message: str) -> RefusedFile:
        """The collector of the case file at `path`, which fails with `message`."""
        collector = cls.from_parent(parent, path=path)
        collector.message = message
        return collector

    def collect(self) -> Iterator[pytest.Item]:
        """One item that fails, where the controller finds nothing wrong."""
        yield BadCase.of(self, "refused", self.message, 1)


class Reporting(pytest.Item):
    """An item whose failures need no traceback."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone; a traceback only where something else than a check has failed.

        Formatting the traceback of an expected failure takes pytest 0.2 s each.
        """
        if excinfo.errisinstance((CheckFailed, pytest.xfail.Exception)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class BadCase(Reporting):
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

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the problem is."""
        return self.path, self.line - 1, self.name


@functools.cache
def _marks(words: tuple[str, ...]) -> tuple[tuple[pytest.Mark, ...], dict[str, pytest.Mark]]:
    """The marks of these names, as a list and by name: the same few for thousands of items."""
    found = tuple(getattr(pytest.mark, word).mark for word in words)
    return found, dict(zip(words, found, strict=True))


def _visible(detail: str | None) -> str:
    """A framework's words, made harmless."""
    if not detail:
        return ""
    from conformance.report.visible import visible  # reports are imported where there is something to tell

    return visible(detail)


def _strict_junit(config: pytest.Config) -> bool:
    """Whether JUnit XML is written in pytest's default family, whose schema has no properties of a case."""
    return bool(config.getoption("xmlpath", None)) and config.getini("junit_family") == "xunit2"


class CheckItem(Reporting):
    """One check."""

    file: CaseFile
    check: Check
    suite: Suite

    @classmethod
    def of(cls, file: CaseFile, check: Check, suite: Suite) -> CheckItem:
        """The item of `check`, marked so that `-m` selects by level, framework, dtype, aspect and mode."""
        item = cls.from_parent(file, name=check.id)
        item.file, item.check, item.suite = file, check, suite
        listed, by_name = _marks(marks(check))
        item.own_markers.extend(listed)  # what add_marker does, for all of them at once
        item.keywords.update(by_name)
        return item

    def runtest(self) -> None:
        """Wait for the check's own answer, and turn its verdict into pytest's outcome."""
        try:
            record, ruling = self.suite.outcome(self.check)
        except KeyError as ended:
            raise CheckFailed("not_run: the run ended before this check had its turn") from ended
        except (ResultsError, ExpectationError) as problem:
            pytest.exit(str(problem), returncode=pytest.ExitCode.USAGE_ERROR)
        if not _strict_junit(self.config):
            self.user_properties.append(("outcome", record["outcome"]))
            self.user_properties.append(("verdict", str(ruling.verdict)))
        try:
            self._conclude(record, ruling)
        finally:
            self.suite.release(self.check)

    def _conclude(self, record: CheckRecord, ruling: Ruling) -> None:
        outcome, detail = record["outcome"], _visible(record["detail"])
        if outcome == "not_run":
            self._not_run(detail)
        if ruling.verdict in (Verdict.KNOWN, Verdict.FLAKY_KNOWN) and outcome != "pass":
            if outcome == "unsupported":
                pytest.skip(detail)  # the framework lacks it, as expected: nothing was judged
            pytest.xfail(ruling.why)
        if self.suite.gate.closes(ruling.verdict):
            conventions = convention_forms(self.check.spec.operator)
            from conformance.report import tolerance_text

            text = tolerance_text(record, self.suite.peers(self.check), conventions)
            expected = "" if ruling.expectation is None else f"{ruling.why}\n"
            raise CheckFailed(f"{ruling.verdict}: {expected}{text}")
        if outcome in ("unsupported", "vacuous"):
            pytest.skip(f"{outcome}: {detail}")  # nothing was judged, and the gate stays open
        if outcome not in ("pass", "degraded", "observed"):
            words = " ".join(word for word in (outcome, record["subtype"], detail) if word)
            pytest.xfail(f"divergence, not documented for this API: {words}")

    def _not_run(self, detail: str) -> None:
        """Fail once for each environment: thousands of failures would bury those of the others."""
        if self.suite.is_first(self.check):
            raise CheckFailed(f"not_run: {detail}\n\nAll other checks of this environment are skipped.")
        pytest.skip(f"not_run: {detail}")  # the first one has failed for all

    @property
    def ihook(self) -> Any:
        """The hooks that are for this file: found once for all its items, when conftests are loaded."""
        return self.file.hooks or super().ihook

    @functools.cached_property
    def location(self) -> tuple[str, int, str]:
        """The same, for reports; pytest would make each path relative anew, in a thirtieth of a session."""
        return self.file.nodeid, self.check.spec.case.location.line - 1, self.check.id

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line of the case."""
        return self.path, self.check.spec.case.location.line - 1, self.check.id
