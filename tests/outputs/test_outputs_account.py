"""The account that all outputs are made of."""

from __future__ import annotations

from tests.outputs.made import expected, failing, made
from tests.report.kl_check import check


def records(count, **changes):
    return [failing(case=f"case-{n}", location=f"cases/kl_div.yaml:{n + 3}", **changes) for n in range(count)]


def test_what_has_one_cause_is_one_finding():
    account = made([*records(3), check()])
    (finding,) = account.findings
    assert (finding.verdict, finding.rule, finding.checks, finding.closes) == (
        "new_failure",
        "mismatch/value",
        3,
        True,
    )
    assert [place.line for place in (finding.place, *finding.others)] == [3, 4, 5]
    assert account.verdict == "closed by 3 new_failure"


def test_what_is_known_closes_nothing_and_says_why():
    account = made(records(2), expected("kl_div/*"))
    (finding,) = account.findings
    assert (finding.verdict, finding.closes, finding.reason) == ("known", False, "off by a factor of two")
    assert account.open


def test_divergences_are_told_apart_from_defects():
    account = made(records(2, level="observe"))
    assert [finding.verdict for finding in account.findings] == ["divergence"]
    assert account.open


def test_an_unexpected_pass():
    for strict in (True, False):
        account = made([check()], expected("kl_div/*"), strict=strict)
        (finding,) = account.findings
        assert (finding.rule, finding.closes, account.open) == ("fixed", strict, not strict)


def test_a_stale_expectation_is_at_its_own_line():
    account = made([check()], expected("kl_div/nothing/*"))
    (finding,) = account.findings
    assert (finding.rule, str(finding.place.path), finding.place.line) == (
        "stale",
        "cases/expectations/torch.yaml",
        7,
    )
    assert not account.open


def test_fingerprints_are_of_the_cause_and_not_of_the_place():
    one, other = made(records(1)), made(records(3)[2:])
    assert one.findings[0].fingerprint == other.findings[0].fingerprint
    assert made(records(1, api="torch.other")).findings[0].fingerprint != one.findings[0].fingerprint


def test_a_stopped_run_is_not_judged():
    account = made([check()], complete=False)
    assert (account.open, account.verdict) == (False, "not judged, the run was stopped")
    assert made(records(1), complete=False).verdict == "closed by 1 new_failure"


def test_a_run_of_nothing_is_not_open():
    assert not made([]).open
