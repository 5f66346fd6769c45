"""Expectations that no longer say anything: conditions, dates, and checks that are gone."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from gate_records import ID, MakeExpectation, MakeRecord
from packaging.specifiers import SpecifierSet

from conformance.gate import Expectation, Gate, Verdict
from conformance.gate.expectations import Conditions

TODAY = datetime.date(2026, 6, 15)
PLATFORM = "Linux-6.1.0-x86_64-with-glibc2.36"


def stale(gate: Gate, *planned: dict[str, Any]) -> list[Expectation]:
    gate.find_stale([(check, PLATFORM) for check in planned], TODAY)
    assert gate.counts[Verdict.STALE] == len(gate.stale)
    assert (Verdict.STALE in gate.closing) is bool(gate.stale)
    return [each.expectation for each in gate.stale]


# -- conditions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (Conditions(), True),
        (Conditions(version=SpecifierSet(">=2.0,<3")), True),
        (Conditions(version=SpecifierSet("==2.13.0")), True),
        (Conditions(version=SpecifierSet("<2.13")), False),
        (Conditions(device="cpu"), True),
        (Conditions(device="cuda"), False),
        (Conditions(mode="eager"), True),
        (Conditions(mode="graph"), False),
        (Conditions(platform="x86_64"), True),
        (Conditions(platform="aarch64"), False),
        (Conditions(version=SpecifierSet(">=2.0"), device="cpu", mode="graph"), False),
        (Conditions(version=SpecifierSet(">=2.0"), device="cpu", mode="eager", platform="Linux"), True),
    ],
)
def test_all_conditions_must_hold(
    record: MakeRecord, expectation: MakeExpectation, when: Conditions, holds: bool
) -> None:
    ruling = Gate([expectation(when=when)]).add(record(outcome="mismatch"), PLATFORM)
    assert (ruling.verdict is Verdict.KNOWN) is holds


@pytest.mark.parametrize(
    ("version", "holds"),
    [
        ("2.14.0.dev20261120+cu128", True),
        ("2.14.0rc1", True),
        ("2.13.0+cpu", True),
        ("2.12.1", False),
        ("built from source", False),
    ],
)
def test_nightly_and_local_versions_are_versions(
    record: MakeRecord, expectation: MakeExpectation, version: str, holds: bool
) -> None:
    entry = expectation(when=Conditions(version=SpecifierSet(">=2.13")))
    ruling = Gate([entry]).add(record(outcome="mismatch", framework_version=version))
    assert (ruling.verdict is Verdict.KNOWN) is holds


def test_entries_under_conditions_that_exclude_each_other_do_not_overlap(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    old = expectation(when=Conditions(version=SpecifierSet("<2")), outcome="error")
    new = expectation(when=Conditions(version=SpecifierSet(">=2")))
    assert Gate([old, new]).add(record(outcome="mismatch")).expectation is new


# -- stale ---------------------------------------------------------------------------------------------


def test_an_entry_that_matches_no_planned_check_is_stale(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    gone, there = expectation(checks="op/renamed/*"), expectation(checks="op/case/*")
    assert stale(Gate([gone, there]), record()) == [gone]


def test_a_selection_never_makes_an_entry_stale(record: MakeRecord, expectation: MakeExpectation) -> None:
    """The plan counts, not what was selected of it and run."""
    gate = Gate([expectation(checks="op/other/*")])
    gate.add(record())
    assert not stale(gate, record(), record(id=ID.replace("case", "other")))


def test_an_entry_that_was_used_is_not_stale(record: MakeRecord, expectation: MakeExpectation) -> None:
    """Even where the plan cannot be told the environment's version, as in one that broke."""
    gate = Gate([expectation(checks="op/other/*")])
    gate.add(record(id=ID.replace("case", "other"), outcome="mismatch"))
    assert not stale(gate, record())


def test_entries_of_frameworks_that_did_not_run_are_left_alone(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    past = TODAY - datetime.timedelta(days=1)
    others = [
        expectation(framework="oneflow", checks="gone"),
        expectation(framework="mindspore", checks="gone", until=past),
    ]
    assert not stale(Gate(others), record())
    assert stale(Gate(others), record(framework="oneflow")) == others[:1]


def test_nothing_is_stale_where_nothing_ran(expectation: MakeExpectation) -> None:
    assert not stale(Gate([expectation(checks="gone")]))


def test_an_entry_of_any_framework_is_stale_where_it_matches_none(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    gone = expectation(framework=None, checks="gone")
    assert stale(Gate([gone]), record()) == [gone]


def test_another_frameworks_check_does_not_keep_an_entry(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    entry = expectation(checks="op/case/*")
    other = record(framework="oneflow")
    assert stale(Gate([entry]), other, record(id="op/else")) == [entry]


@pytest.mark.parametrize(
    "when",
    [
        Conditions(version=SpecifierSet("<2")),
        Conditions(device="cuda"),
        Conditions(mode="graph"),
        Conditions(platform="aarch64"),
    ],
)
def test_conditions_that_this_run_has_not_met_are_not_stale(
    record: MakeRecord, expectation: MakeExpectation, when: Conditions
) -> None:
    assert not stale(Gate([expectation(checks="gone", when=when)]), record())


@pytest.mark.parametrize(
    "when",
    [Conditions(version=SpecifierSet(">=2")), Conditions(device="cpu"), Conditions(platform="x86_64")],
)
def test_an_entry_whose_conditions_are_met_but_that_matches_no_check_is_stale(
    record: MakeRecord, expectation: MakeExpectation, when: Conditions
) -> None:
    gone = expectation(checks="gone", when=when)
    assert stale(Gate([gone]), record()) == [gone]


PLANNED = (ID, ID.replace("float32", "float64"), ID.replace("case", "zero-target"))


@pytest.mark.parametrize(
    ("pattern", "nearest"),
    [
        (ID.replace("zero", "zreo").replace("case", "zreo-target"), [PLANNED[2]]),
        ("op/zreo-target/*/value", [PLANNED[2]]),
        ("op/zero-tragets*/value", [PLANNED[2]]),
        ("*/torch.nn.Opp/*", []),
        (ID.replace("eager", "egaer"), [PLANNED[0]]),
    ],
)
def test_a_slip_of_the_pen_is_told_the_nearest_ids(
    record: MakeRecord, expectation: MakeExpectation, pattern: str, nearest: list[str]
) -> None:
    gate = Gate([expectation(checks=pattern)])
    assert stale(gate, *(record(id=name) for name in PLANNED))
    assert gate.misspelt
    assert str(gate.stale[0]).startswith(f"known.yaml:7: no check matches {pattern}; nearest: ")
    assert all(name in str(gate.stale[0]) for name in nearest)


@pytest.mark.parametrize(
    "pattern", ["op/gone/*", "op/case/*/float16/*", ID.replace("float32", "float16"), "other/*"]
)
def test_what_is_gone_is_no_slip_of_the_pen(
    record: MakeRecord, expectation: MakeExpectation, pattern: str
) -> None:
    gate = Gate([expectation(checks=pattern)])
    assert stale(gate, *(record(id=name) for name in PLANNED))
    assert not gate.misspelt


def test_of_an_id_that_is_gone_the_nearest_are_told(record: MakeRecord, expectation: MakeExpectation) -> None:
    gate = Gate([expectation(checks=ID.replace("float32", "float16"))])
    stale(gate, *(record(id=name) for name in PLANNED))
    assert f"nearest: {PLANNED[0]}" in str(gate.stale[0]) or f"nearest: {PLANNED[1]}" in str(gate.stale[0])


def test_what_could_have_been_planned_keeps_an_entry(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    gate = Gate([expectation(checks="*/graph/*")])
    gate.find_stale([(record(), PLATFORM)], TODAY, left_out=[(record(id="op/graph/value"), PLATFORM)])
    assert gate.stale == []


@pytest.mark.parametrize(("days", "expired"), [(-1, True), (0, False), (1, False)])
def test_an_entry_is_stale_after_its_date(
    record: MakeRecord, expectation: MakeExpectation, days: int, expired: bool
) -> None:
    entry = expectation(until=TODAY + datetime.timedelta(days=days))
    gate = Gate([entry])
    assert gate.add(record(outcome="mismatch")).verdict is Verdict.KNOWN
    assert stale(gate, record()) == ([entry] if expired else [])


def test_a_date_counts_under_conditions_too(record: MakeRecord, expectation: MakeExpectation) -> None:
    entry = expectation(when=Conditions(device="cuda"), until=datetime.date(2026, 6, 14))
    assert stale(Gate([entry]), record()) == [entry]


def test_an_entry_that_is_stale_twice_over_counts_once(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    entry = expectation(checks="gone", until=datetime.date(2020, 1, 1))
    assert stale(Gate([entry]), record()) == [entry]


def test_strictness_does_not_matter_to_stale_entries(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    assert stale(Gate([expectation(checks="gone")], strict=False), record())
