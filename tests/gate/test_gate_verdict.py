"""The verdict of a check, and whether the gate is open (design, section 8)."""

from __future__ import annotations

import itertools

import pytest
from gate_records import ID, MakeExpectation, MakeRecord

from conformance.gate import ExpectationError, Gate, Verdict
from conformance.gate.verdict import rule
from conformance.model import Location, Outcome

OUTCOMES = (
    *("pass", "degraded", "vacuous", "observed", "unsupported"),
    *("mismatch", "not_rejected", "wrong_error", "error", "crash", "timeout"),
)
BROKEN = ("harness_error", "invalid_case", "not_run")

# A row for each expected outcome, a column for each actual one, both in the order of OUTCOMES:
# K known, F fixed, R regression, C changed.
TABLE = """
    pass         K R R R R R R R R R R
    degraded     F K R R R R R R R R R
    vacuous      F C K C C R R R R R R
    observed     F C C K C R R R R R R
    unsupported  F C C C K R R R R R R
    mismatch     F C C C C K C C C C C
    not_rejected F C C C C C K C C C C
    wrong_error  F C C C C C C K C C C
    error        F C C C C C C C K C C
    crash        F C C C C C C C C K C
    timeout      F C C C C C C C C C K
"""
LETTERS = {"K": Verdict.KNOWN, "F": Verdict.FIXED, "R": Verdict.REGRESSION, "C": Verdict.CHANGED}
CELLS = [
    (expected, actual, LETTERS[letter])
    for expected, *letters in map(str.split, TABLE.strip().splitlines())
    for actual, letter in zip(OUTCOMES, letters, strict=True)
]
UNEXPECTED = {
    **dict.fromkeys(OUTCOMES[:5], Verdict.OK),
    **dict.fromkeys(OUTCOMES[5:], Verdict.NEW_FAILURE),
    **{outcome: Verdict(outcome) for outcome in BROKEN},
}
OPEN = {Verdict.OK, Verdict.KNOWN, Verdict.FLAKY_KNOWN}


def test_the_tables_name_every_outcome() -> None:
    assert {*OUTCOMES, *BROKEN} == {outcome.value for outcome in Outcome} == set(UNEXPECTED)


@pytest.mark.parametrize(("outcome", "verdict"), UNEXPECTED.items())
def test_without_an_expectation_a_must_that_fails_is_new(
    record: MakeRecord, outcome: str, verdict: Verdict
) -> None:
    assert rule(record(outcome=outcome), None).verdict is verdict


@pytest.mark.parametrize(("outcome", "verdict"), UNEXPECTED.items())
def test_without_an_expectation_an_observation_is_never_a_new_failure(
    record: MakeRecord, outcome: str, verdict: Verdict
) -> None:
    observed = rule(record(outcome=outcome, level="observe"), None).verdict
    assert observed is (Verdict.OK if verdict is Verdict.NEW_FAILURE else verdict)


@pytest.mark.parametrize("level", ["must", "observe"])
@pytest.mark.parametrize(("expected", "actual", "verdict"), CELLS)
def test_with_an_expectation_both_levels_count_alike(
    record: MakeRecord, expectation: MakeExpectation, expected: str, actual: str, verdict: Verdict, level: str
) -> None:
    entry = expectation(outcome=expected)
    ruling = rule(record(outcome=actual, level=level), entry)
    assert (ruling.verdict, ruling.expectation) == (verdict, entry)


@pytest.mark.parametrize("expected", OUTCOMES)
@pytest.mark.parametrize("actual", BROKEN)
@pytest.mark.parametrize("flaky", [False, True])
def test_what_is_our_own_fault_is_nobodys_expectation(
    record: MakeRecord, expectation: MakeExpectation, expected: str, actual: str, flaky: bool
) -> None:
    ruling = rule(
        record(outcome=actual, detail="the worker died"), expectation(outcome=expected, flaky=flaky)
    )
    assert (ruling.verdict, ruling.why) == (Verdict(actual), "the worker died")


@pytest.mark.parametrize("name", ["subtype", "convention", "fingerprint"])
def test_what_an_expectation_says_of_a_failure_must_hold(
    record: MakeRecord, expectation: MakeExpectation, name: str
) -> None:
    failed = record(outcome="mismatch", **{name: "one"})
    assert rule(failed, expectation(**{name: "one"})).verdict is Verdict.KNOWN
    assert rule(failed, expectation()).verdict is Verdict.KNOWN
    ruling = rule(failed, expectation(**{name: "other"}))
    assert ruling.verdict is Verdict.CHANGED
    assert ruling.why.endswith(f": {name} is one, not other")


@pytest.mark.parametrize(
    ("subtype", "convention", "verdict"),
    [
        ("nonfinite", None, Verdict.KNOWN),
        ("convention", "zero=nan", Verdict.KNOWN),
        ("convention", "zero=one", Verdict.CHANGED),
        ("value", "zero=nan", Verdict.CHANGED),
    ],
)
def test_of_several_subtypes_a_convention_is_that_of_a_failure_of_its_subtype(
    record: MakeRecord, expectation: MakeExpectation, subtype: str, convention: str | None, verdict: Verdict
) -> None:
    entry = expectation(subtype=("nonfinite", "convention"), convention="zero=nan")
    failed = record(outcome="mismatch", subtype=subtype, convention=convention)
    assert rule(failed, entry).verdict is verdict


def test_a_pass_that_is_expected_to_follow_another_convention_is_changed_not_fixed(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    assert rule(record(), expectation(outcome="pass", convention="zero=nan")).verdict is Verdict.CHANGED


def test_the_reason_of_a_verdict_says_what_was_expected_where_and_what_differs(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    entry = expectation(subtype="convention", convention="zero=nan")
    assert rule(record(outcome="mismatch", subtype="convention", convention="zero=nan"), entry).why == (
        "as was measured"
    )
    assert rule(record(outcome="crash"), entry).why == (
        "known.yaml:7 expects mismatch convention zero=nan: outcome is crash, not mismatch"
    )
    assert rule(record(), entry).why == (
        "known.yaml:7 expects mismatch convention zero=nan: outcome is pass, not mismatch"
    )


def test_of_a_flaky_check_passing_unsupported_and_failing_as_expected_are_known(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    entry = expectation(subtype="value", flaky=True)
    assert rule(record(), entry).verdict is Verdict.FLAKY_KNOWN
    assert rule(record(outcome="unsupported", level="observe"), entry).verdict is Verdict.FLAKY_KNOWN
    assert rule(record(outcome="mismatch", subtype="value"), entry).verdict is Verdict.FLAKY_KNOWN


@pytest.mark.parametrize(("outcome", "subtype"), [("crash", None), ("mismatch", "shape"), ("degraded", None)])
def test_of_a_flaky_check_another_failure_is_news(
    record: MakeRecord, expectation: MakeExpectation, outcome: str, subtype: str | None
) -> None:
    entry = expectation(subtype="value", flaky=True)
    assert rule(record(outcome=outcome, subtype=subtype), entry).verdict is Verdict.CHANGED


# -- the gate --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", Verdict)
def test_which_verdicts_close_the_gate(verdict: Verdict) -> None:
    assert Gate([]).closes(verdict) is (verdict not in OPEN)
    assert Gate([], strict=False).closes(verdict) is (verdict not in {*OPEN, Verdict.FIXED})


def test_an_unexpected_pass_closes_the_gate_only_where_it_is_strict(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    for strict in (True, False):
        gate = Gate([expectation()], strict)
        assert gate.add(record()).verdict is Verdict.FIXED
        assert dict(gate.closing) == ({Verdict.FIXED: 1} if strict else {})
        assert gate.counts == {Verdict.FIXED: 1}


def test_the_gate_counts_verdicts_and_keeps_rulings_that_are_not_ok(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    gate = Gate([expectation(checks="known/*")])
    gate.add(record(id="fine/1"))
    gate.add(record(id="fine/2", outcome="unsupported", level="observe"))
    gate.add(record(id="known/1", outcome="mismatch"))
    assert not gate.closing
    gate.add(record(id="bad/1", outcome="error"))
    gate.add(record(id="bad/2", outcome="error"))
    gate.add(record(id="known/2", outcome="crash"))
    assert gate.counts == {Verdict.OK: 2, Verdict.KNOWN: 1, Verdict.NEW_FAILURE: 2, Verdict.CHANGED: 1}
    assert gate.closing == {Verdict.NEW_FAILURE: 2, Verdict.CHANGED: 1}
    assert {name: ruling.verdict for name, ruling in gate.rulings.items()} == {
        "known/1": Verdict.KNOWN,
        "bad/1": Verdict.NEW_FAILURE,
        "bad/2": Verdict.NEW_FAILURE,
        "known/2": Verdict.CHANGED,
    }


@pytest.mark.parametrize(
    ("checks", "matches"),
    [
        (ID, True),
        ("op/case/*", True),
        ("*/float32/*", True),
        ("op/cas?/default/*", True),
        ("*/torch.[no]n.Op/*", True),
        ("*/torch.[!n]n.Op/*", False),
        ("op/case", False),
        ("*/FLOAT32/*", False),
        ("case/*", False),
        ("*/float3?", False),
        (ID + "\n", False),
    ],
)
def test_a_pattern_matches_whole_ids_as_they_are_written(
    record: MakeRecord, expectation: MakeExpectation, checks: str, matches: bool
) -> None:
    ruling = Gate([expectation(checks=checks)]).add(record(outcome="mismatch"))
    assert (ruling.verdict is Verdict.KNOWN) is matches


def test_an_expectation_is_about_its_framework_alone(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    mismatch = record(outcome="mismatch", framework="oneflow")
    assert Gate([expectation()]).add(mismatch).verdict is Verdict.NEW_FAILURE
    assert Gate([expectation(framework=None)]).add(mismatch).verdict is Verdict.KNOWN


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("mismatch", "is already matched by the entry at known.yaml:7; narrow one of the two patterns"),
        (
            "error",
            "expects error of it, and the entry at known.yaml:7 mismatch; "
            "narrow one of the two patterns, or give them conditions that exclude each other",
        ),
    ],
)
def test_two_expectations_of_one_check_are_refused_in_either_order(
    record: MakeRecord, expectation: MakeExpectation, outcome: str, message: str
) -> None:
    narrow = expectation(checks=ID, outcome=outcome, location=Location("own.yaml", 3))
    for entries in itertools.permutations([expectation(), narrow]):
        with pytest.raises(ExpectationError) as caught:
            Gate(entries).add(record())
        assert str(caught.value) == f"own.yaml:3: {ID}: {message}"


def test_patterns_of_one_entry_may_match_one_check_and_are_all_of_use(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    gate = Gate([expectation(), expectation(checks=ID, location=Location("known.yaml", 8), entry=7)])
    assert gate.add(record(outcome="mismatch")).verdict is Verdict.KNOWN
    assert gate.unused == []


def test_of_several_subtypes_or_fingerprints_each_will_do(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    either = expectation(subtype=("value", "shape"), fingerprint=("a", "b"))
    for subtype, fingerprint in itertools.product(("value", "shape"), ("a", "b")):
        found = rule(record(outcome="mismatch", subtype=subtype, fingerprint=fingerprint), either)
        assert found.verdict is Verdict.KNOWN
    ruling = rule(record(outcome="mismatch", subtype="value", fingerprint="c"), either)
    assert (ruling.verdict, ruling.why.partition(": ")[2]) == (
        Verdict.CHANGED,
        "fingerprint is c, not a or b",
    )


@pytest.mark.parametrize(
    "pattern", [ID, "*", "op/*", "op/case/*", "op/c*/default/*", "[o]p/case/*", "op/case*", "?p/*"]
)
def test_a_pattern_is_found_wherever_its_first_wildcard_is(
    record: MakeRecord, expectation: MakeExpectation, pattern: str
) -> None:
    others = [expectation(checks=f"op/other-{n}/*") for n in range(20)]
    ruling = Gate([*others, expectation(checks=pattern)]).add(record(outcome="mismatch"))
    assert ruling.expectation is not None
    assert ruling.expectation.checks == pattern


def test_expectations_of_two_frameworks_do_not_overlap(
    record: MakeRecord, expectation: MakeExpectation
) -> None:
    gate = Gate([expectation(), expectation(framework="oneflow", outcome="error")])
    assert gate.add(record(outcome="mismatch")).verdict is Verdict.KNOWN
