"""Bringing expectations up to date: what is dropped, narrowed and added, and that all else stays as it is."""

from __future__ import annotations

import pytest

from conformance.gate import ExpectationError
from conformance.gate.load import read_expectations
from tests.fakes.results_files import entries, failing, first_line, write
from tests.gate.updating import KEPT, REASON, TORCH, kept, update, updated
from tests.report.kl_check import check


class TestWhatStays:
    def test_nothing_changes_where_all_is_known(self, tmp_path):
        path = entries(tmp_path / "known.yaml", KEPT)
        before = path.read_bytes()
        assert update(path, write(tmp_path / "r.jsonl", [kept(), check()])) == []
        assert path.read_bytes() == before

    def test_everything_else_is_as_it_was_typed(self, tmp_path):
        gone = f"  - checks: kl_div/gone/*\n    outcome: mismatch\n    {REASON}\n"
        last = f"  - {{checks: kl_div/last/*, outcome: mismatch, {REASON}}}\n# the end\n"
        text = updated(tmp_path, KEPT + gone + last, kept(), failing(case="last"))
        assert text == KEPT + last

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_line_ends_and_a_byte_order_mark_stay(self, tmp_path, newline, mark):
        path = entries(tmp_path / "known.yaml", KEPT)
        text = mark + path.read_text().replace("\n", newline)
        path.write_bytes(text.encode())
        update(path, write(tmp_path / "r.jsonl", [kept(), failing(case="new")]))
        after = path.read_bytes().decode()
        assert after.startswith(text.rstrip().removesuffix("# between").rstrip())
        assert after.count("\n") == after.count(newline) > text.count(newline)
        assert after.count("\ufeff") == len(mark)

    def test_an_entry_under_conditions_that_are_not_met(self, tmp_path):
        text = f"  - checks: kl_div/*\n    outcome: mismatch\n    when: {{version: <2}}\n    {REASON}\n"
        assert updated(tmp_path, text, check()) == text

    def test_flaky_entries_that_pass(self, tmp_path):
        text = f"  - checks: kl_div/*\n    outcome: mismatch\n    flaky: true\n    {REASON}\n"
        assert updated(tmp_path, text, check()) == text


class TestDropped:
    def test_an_entry_that_is_stale_and_its_last_day(self, tmp_path):
        old = f"  - checks: kl_div/old/*\n    outcome: mismatch\n    until: 2026-01-01\n    {REASON}\n"
        assert updated(tmp_path, KEPT + old, kept(), check(case="old")) == KEPT

    def test_what_still_fails_after_its_last_day_is_new(self, tmp_path):
        old = f"  - checks: kl_div/old/*\n    outcome: mismatch\n    until: 2026-01-01\n    {REASON}\n"
        after = updated(tmp_path, old, check(), failing(case="old"))
        assert after.startswith("  - checks: kl_div/old/*/value\n    outcome: mismatch\n")
        assert "review: true" in after

    def test_the_reason_may_have_lines_like_comments(self, tmp_path):
        gone = "  - checks: kl_div/gone/*\n    outcome: mismatch\n    reason: |-\n      a reason\n      # b\n"
        assert updated(tmp_path, KEPT + gone + "# the end\n", kept()) == KEPT + "# the end\n"

    def test_one_pattern_of_a_list(self, tmp_path):
        text = "  - checks:\n      - kl_div/kept/*  # stays\n      - kl_div/gone/*\n"
        rest = f"    outcome: mismatch\n    {REASON}\n"
        after = updated(tmp_path, text + rest, kept())
        assert after == "  - checks:\n      - kl_div/kept/*  # stays\n" + rest

    def test_one_pattern_of_a_list_in_brackets(self, tmp_path):
        text = f"  - checks: [kl_div/kept/*, kl_div/gone/*]\n    outcome: mismatch\n    {REASON}\n"
        after = updated(tmp_path, text, kept())
        assert after == text.replace("[kl_div/kept/*, kl_div/gone/*]", '["kl_div/kept/*"]')

    def test_the_last_entry_leaves_an_empty_list(self, tmp_path):
        text = f"  - checks: kl_div/*\n    outcome: mismatch\n    {REASON}\n"
        assert updated(tmp_path, text, check()) == "framework: torch\nexpectations: []\n"

    def test_a_typing_error_is_corrected_by_a_person(self, tmp_path):
        path = entries(
            tmp_path / "known.yaml", f"  - checks: kl_div/reducitons/*\n    outcome: mismatch\n    {REASON}\n"
        )
        before = path.read_bytes()
        with pytest.raises(
            ExpectationError, match=r"known\.yaml:3: .*kl_div/reducitons/\*; nearest: kl_div/reductions/"
        ):
            update(path, write(tmp_path / "r.jsonl", [check()]))
        assert path.read_bytes() == before


class TestNarrowed:
    def all_cases(self, *good):
        return [
            check(case="kept", dtype=dtype) if dtype in good else failing(case="kept", dtype=dtype)
            for dtype in ("float16", "bfloat16", "float32", "float64")
        ]

    def test_to_what_still_fails(self, tmp_path):
        after = updated(tmp_path, KEPT, *self.all_cases("float64"))
        assert after == KEPT.replace(
            '  "kl_div/kept/*"',
            "\n      - kl_div/kept/*/*float16/*/value\n      - kl_div/kept/*/float32/*/value",
        )

    def test_to_one_pattern_in_its_place(self, tmp_path):
        after = updated(tmp_path, KEPT, *self.all_cases("float32", "float64"))
        assert after == KEPT.replace('"kl_div/kept/*"', "kl_div/kept/*/*float16/*/value")

    def test_within_a_list_and_in_brackets(self, tmp_path):
        text = f"  - checks:\n    - kl_div/kept/*\n    outcome: mismatch\n    {REASON}\n"
        after = updated(tmp_path, text, *self.all_cases("float32"))
        assert [each.checks for each in read_expectations("expectations:\n" + after, tmp_path)] == [
            "kl_div/kept/*/*float16/*/value",
            "kl_div/kept/*/float64/*/value",
        ]
        flow = f"  - {{checks: kl_div/kept/*, outcome: mismatch, {REASON}}}\n"
        after = updated(tmp_path, flow, *self.all_cases("float32", "float64"))
        assert after == flow.replace("kl_div/kept/*", '["kl_div/kept/*/*float16/*/value"]')

    def test_what_fails_otherwise_becomes_an_entry_of_its_own(self, tmp_path):
        crash = failing(case="kept", dtype="float64", outcome="crash", subtype=None, hypothesis=None)
        after = updated(tmp_path, KEPT, *self.all_cases("float64")[:3], crash | {"detail": "SIGSEGV"})
        assert "outcome: crash\n    review: true\n    reason: >-\n      SIGSEGV. " in after
        assert after.index("*float16") < after.index("crash")

    def test_only_within_the_conditions_of_the_entry(self, tmp_path):
        text = f"  - checks: kl_div/*\n    outcome: mismatch\n    when: {{version: '<3'}}\n    {REASON}\n"
        first = first_line()
        first["environments"]["torch-3"] = {**first["environments"]["torch"], "version": "3.0"}

        def newer(record):
            name = record["id"].replace("/torch/", "/torch-3/")
            return {**record, "id": name, "environment": "torch-3", "framework_version": "3.0"}

        checks = [failing(case="a"), check(case="b"), newer(check(case="a")), newer(check(case="b"))]
        after = updated(tmp_path, text, *checks, first=first)
        assert after == text.replace("kl_div/*", "kl_div/a/*/value")


def test_a_second_update_changes_nothing(tmp_path):
    checks = [failing(case=case, api=api) for case in "abcdef" for api in TORCH]
    results = write(tmp_path / "r.jsonl", [check(), *checks])
    path = entries(tmp_path / "known.yaml", "  []\n")
    assert update(path, results)
    assert update(path, results) == []
