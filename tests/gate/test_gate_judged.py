"""Judging results files: verdicts, staleness and what is refused, without a framework and without cases."""

from __future__ import annotations

import datetime

import pytest

from conformance.gate import ExpectationError, Verdict, judge, load_expectations
from conformance.results import ResultsError
from tests.fakes.results_files import entries, failing, first_line, write
from tests.report.kl_check import check

TODAY = datetime.date(2026, 6, 15)
FUNCTION = "torch.nn.functional.kl_div"


def judged(paths, *known, **options):
    return judge(paths, load_expectations(known), TODAY, **options)


def known(tmp_path, checks, more="outcome: mismatch", framework="torch"):
    text = f"  - checks: {checks}\n    {more}\n    reason: as was measured\n"
    return entries(tmp_path / "known.yaml", text, framework)


def test_checks_are_counted_by_verdict_and_news_are_kept(tmp_path):
    path = write(tmp_path / "r.jsonl", [check(), failing(case="a"), failing(case="b"), failing(case="c")])
    found = judged([path], known(tmp_path, "kl_div/a/*"))
    assert (found.total, found.gate.counts[Verdict.OK], found.gate.counts[Verdict.KNOWN]) == (4, 1, 1)
    assert [brief["case"] for brief in found.news] == ["b", "c"]
    assert found.gate.closing == {Verdict.NEW_FAILURE: 2}


def test_several_files_are_judged_together(tmp_path):
    one = write(tmp_path / "one.jsonl", [failing(case="a")])
    two = write(tmp_path / "two.jsonl", [failing(case="b")])
    found = judged([one, two], known(tmp_path, "kl_div/[ab]/*"))
    assert (found.total, found.gate.closing) == (2, {})


def test_one_check_in_two_files_is_refused(tmp_path):
    paths = [write(tmp_path / name, [check()]) for name in ("one.jsonl", "two.jsonl")]
    with pytest.raises(ResultsError, match=r"two\.jsonl: kl_div/.* is in .*one\.jsonl, too; .*diff OLD NEW"):
        judged(paths)


def test_conditions_are_held_against_the_environment(tmp_path):
    path = write(tmp_path / "r.jsonl", [failing()])
    right = known(tmp_path, "kl_div/*", "outcome: mismatch\n    when: {platform: Linux, version: '>=2'}")
    assert not judged([path], right).gate.closing
    other = known(tmp_path, "kl_div/*", "outcome: mismatch\n    when: {platform: Darwin}")
    assert judged([path], other).gate.closing == {Verdict.NEW_FAILURE: 1}


class TestStale:
    def test_an_entry_that_matches_no_check_of_a_whole_run(self, tmp_path):
        path = write(tmp_path / "r.jsonl", [check()])
        found = judged([path], known(tmp_path, "kl_div/gone/*"))
        assert [str(each) for each in found.gate.stale] == [
            f"{tmp_path}/known.yaml:3: no check matches kl_div/gone/*"
        ]
        assert found.gate.closing == {Verdict.STALE: 1}

    @pytest.mark.parametrize("selection", [{"whole": False}, {"shard": "1/4"}])
    def test_neither_a_selection_nor_a_shard_makes_one(self, tmp_path, selection):
        path = write(tmp_path / "r.jsonl", [check()], first_line(**selection))
        assert not judged([path], known(tmp_path, "kl_div/gone/*")).gate.closing

    def test_a_date_counts_in_a_selection_too(self, tmp_path):
        path = write(tmp_path / "r.jsonl", [failing()], first_line(whole=False))
        expired = known(tmp_path, "kl_div/*", "outcome: mismatch\n    until: 2026-06-14")
        stale = judged([path], expired).gate.stale
        assert "the last day of kl_div/*, 2026-06-14, has passed" in str(stale[0])

    def test_another_frameworks_entries_are_left_alone(self, tmp_path):
        path = write(tmp_path / "r.jsonl", [check()])
        assert not judged([path], known(tmp_path, "kl_div/gone/*", framework="oneflow")).gate.stale

    def test_a_mode_that_was_not_asked_for_makes_none(self, tmp_path):
        modes = {"torch": ["eager", "compile"]}
        path = write(tmp_path / "r.jsonl", [check()], first_line(known_modes=modes))
        assert not judged([path], known(tmp_path, "kl_div/*/compile/*")).gate.stale
        assert judged([path], known(tmp_path, "kl_div/*/script/*")).gate.stale

    def test_a_typing_error_is_told_the_nearest_id(self, tmp_path):
        path = write(tmp_path / "r.jsonl", [check()])
        name = check()["id"]
        gate = judged([path], known(tmp_path, name.replace("reductions", "reducitons"))).gate
        assert gate.misspelt
        assert f"nearest: {name}" in str(gate.stale[0])


class TestRefusals:
    def test_another_version_of_the_suite(self, tmp_path):
        first = first_line()
        first["suite"]["version"] = "0.0.7"
        path = write(tmp_path / "r.jsonl", [check()], first)
        with pytest.raises(ResultsError, match=r"r\.jsonl:1: was made by version 0\.0\.7 of the suite, this"):
            judged([path])

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda text: "", "is empty"),
            (lambda text: "hello\n", "is no results file of the suite"),
            (lambda text: text.replace('"schema": 1', '"schema": 9'), "schema 9, this program reads up to 1"),
            (lambda text: text[: text.rindex('{"kind"')], "has no footer: the run was killed"),
            (lambda text: text[:-40], "the last line is cut off"),
            (
                lambda text: text.replace('"outcome": "pass"', '"outcome": "fine"'),
                "check.outcome: expected one",
            ),
            (lambda text: text.replace('"id": "kl_div', '"name": "kl_div'), "check: key id is missing"),
            (lambda text: text.replace('"pass": 1', '"pass": 2'), "the footer counts 2 pass, the file has 1"),
            (lambda text: text.replace('"kind": "check"', '"kind": "chock"'), "is no record"),
        ],
    )
    def test_what_is_no_complete_results_file(self, tmp_path, change, message):
        path = write(tmp_path / "r.jsonl", [check()])
        path.write_text(change(path.read_text()))
        with pytest.raises(ResultsError, match=message):
            judged([path])

    def test_two_entries_of_one_check(self, tmp_path):
        path = write(tmp_path / "r.jsonl", [check()])
        one = entries(
            tmp_path / "a.yaml", "  - {checks: kl_div/*, outcome: error, reason: as was measured}\n"
        )
        two = entries(tmp_path / "b.yaml", "  - {checks: '*', outcome: crash, reason: as was measured}\n")
        with pytest.raises(ExpectationError, match=r"a\.yaml:3: kl_div/.* expects error .*b\.yaml:3 crash"):
            judged([path], one, two)


def test_environments_that_could_not_run_are_named(tmp_path):
    lost = {"gone": {"reason": "no interpreter", "mend": "tox"}}
    first = {**first_line(), "unavailable": lost}
    path = write(tmp_path / "r.jsonl", [check()], first, unavailable={"lost": lost["gone"]})
    assert list(judged([path]).unavailable) == ["gone", "lost"]


def test_an_unexpected_pass_is_news_when_strict(tmp_path):
    path = write(tmp_path / "r.jsonl", [check(api=FUNCTION)])
    expected = known(tmp_path, "kl_div/*")
    assert judged([path], expected).gate.closing == {Verdict.FIXED: 1}
    assert not judged([path], expected, strict=False).news
