"""The known deviations that the suite ships: each of them is about checks that there are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from conformance.casefile import load_all
from conformance.environments.adapters import adapters, modes_of
from conformance.gate import Expectation, load_expectations
from conformance.gate.expectations import Conditions
from conformance.model import Aspect, Check
from conformance.plan import Target, expand

CASES = Path(__file__).parents[2] / "cases"
FILES = sorted((CASES / "expectations").glob("*.y*ml"))
ENTRIES = [entry for path in FILES for entry in load_expectations([path])]


@cache
def checks() -> dict[str, list[Check]]:
    """The full plan of the environments that tox builds, by framework."""
    operators, errors = load_all(CASES)
    assert not errors
    found: dict[str, list[Check]] = {path.stem: [] for path in FILES}
    known = adapters()
    targets = [Target(path.stem, path.stem, modes=modes_of(known[path.stem])) for path in FILES]
    for check in expand(operators, targets).checks:
        found[check.api.framework].append(check)
    return found


def matched(entry: Expectation) -> list[Check]:
    assert entry.framework is not None
    return [check for check in checks()[entry.framework] if entry.matches(check.id)]


def test_there_are_some() -> None:
    assert ENTRIES
    assert {path.stem for path in FILES} == {entry.framework for entry in ENTRIES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_about_the_framework_of_its_name(path: Path) -> None:
    assert {entry.framework for entry in load_expectations([path])} == {path.stem}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.checks)
def test_each_is_about_checks_that_can_end_so(entry: Expectation) -> None:
    found = matched(entry)
    assert found, "it matches no check"
    aspects = {check.aspect for check in found}
    if entry.outcome in ("not_rejected", "wrong_error"):
        assert aspects == {Aspect.ERROR}
    elif entry.outcome in ("mismatch", "degraded", "vacuous"):
        assert Aspect.ERROR not in aspects
    assert ("documented" in entry.subtypes) <= (aspects == {Aspect.DOCUMENTED})


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if "convention" in entry.subtypes], ids=lambda entry: entry.checks
)
def test_conventions_are_those_that_the_cases_exercise(entry: Expectation) -> None:
    assert entry.convention is not None
    for check in matched(entry):
        known = check.spec.operator.conventions
        for name, choice in (each.split("=") for each in entry.convention.split(", ")):
            assert name in check.spec.case.conventions
            assert choice in known[name].choices
            assert choice != known[name].reference


def test_no_two_are_about_one_check() -> None:
    owners: dict[str, Expectation] = {}
    for entry in ENTRIES:
        if entry.when == Conditions():
            for check in matched(entry):
                other = owners.setdefault(check.id, entry)
                assert other.same_entry(entry), f"{check.id}: {other.location} and {entry.location}"
