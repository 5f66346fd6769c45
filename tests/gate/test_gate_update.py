"""Bringing expectations up to date: what is dropped, narrowed and added, and that all else stays as it is."""

from __future__ import annotations

import datetime
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.gate import ExpectationError, judge, load_expectations
from conformance.gate.load import read_expectations
from conformance.gate.revision import revise
from conformance.gate.update import changes, outcome
from conformance.gate.update import write as write_changes
from conformance.results import ResultsError, pick_results
from tests.fakes.results_files import entries, failing, first_line, write
from tests.report.kl_check import APIS, check

TODAY = datetime.date(2026, 6, 15)
TORCH = [api for api in APIS if api.startswith("torch")]
REASON = "reason: as was measured"


def update(where, *results):
    """Update the file or folder `where`; the changes that were written. All is known or right then."""
    known = load_expectations([where] if where.exists() else [])
    judged = judge(results, known, TODAY)
    revision = revise(judged)
    told = {name for new in revision.added.values() for entry in new for name in entry.told()}
    records = {
        record["id"]: record
        for path in results
        for record in pick_results(path, lambda brief: brief["id"] in told)
    }
    changed = changes(revision, [where], records)
    write_changes(changed)
    after = load_expectations([where]) if where.exists() else []
    foreseen = {each.checks for each in outcome(changed, known)}
    assert foreseen == {each.checks for each in after}
    gate = judge(results, after, TODAY).gate
    assert not gate.closing
    return changed


def updated(tmp_path, text, *checks, framework="torch", first=None):
    """The entries of an expectations file that had the entries `text`, after results of `checks`."""
    path = entries(tmp_path / "known.yaml", text, framework)
    update(path, write(tmp_path / "r.jsonl", checks, first))
    return path.read_text().partition("expectations:\n")[2] or path.read_text()


KEPT = f"""\
  # why this one
  - checks:  "kl_div/kept/*"   # a comment
    outcome:   mismatch
    {REASON}   # another

# between
"""


def kept():
    return failing(case="kept")


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


class TestAdded:
    def test_what_was_measured_is_the_reason(self, tmp_path):
        checks = [failing(case="new", api=api, dtype="float32") for api in TORCH]
        after = updated(tmp_path, KEPT, kept(), check(), *checks)
        assert after.startswith(KEPT.removesuffix("\n# between\n"))
        assert after.endswith("\n# between\n")
        (made,) = read_expectations(
            "expectations:\n" + after.removeprefix(KEPT.removesuffix("\n# between\n")), tmp_path
        )
        assert (made.checks, made.outcome, made.subtypes) == ("kl_div/new/*/value", "mismatch", ("value",))
        assert made.review
        assert made.reason.startswith(
            "The result equals the formula times 2 (doubled). Worst: new, reduction:"
        )
        assert made.reason.endswith(
            " times the bound; 1 of 1 differ. 2 checks with torch 2.13.0 on cpu, eager."
        )

    def test_observations_and_degraded_results_are_recorded_too(self, tmp_path):
        degraded = check(case="slow", outcome="degraded", detail="naive summation, 1.2 digits")
        after = updated(tmp_path, "  []\n", failing(case="new", level="observe"), degraded)
        assert "outcome: degraded\n    review: true" in after
        assert "Naive summation, 1.2 digits." in after

    def test_one_cause_is_one_entry_and_two_are_two(self, tmp_path):
        other = {"name": "halved", "text": "the formula divided by 2"}
        checks = [failing(case="a"), failing(case="b"), failing(case="c", hypothesis=other)]
        path = tmp_path / "known.yaml"
        updated(tmp_path, "  []\n", *checks)
        patterns = {each.entry: [] for each in load_expectations([path])}
        for each in load_expectations([path]):
            patterns[each.entry].append(each.checks)
        assert list(patterns.values()) == [["kl_div/a/*/value", "kl_div/b/*/value"], ["kl_div/c/*/value"]]

    def test_several_causes_in_one_pattern_are_counted(self, tmp_path):
        other = {"name": "halved", "text": "the formula divided by 2"}
        checks = [failing(case="a", dtype=dtype) for dtype in ("float16", "bfloat16", "float32")]
        after = updated(tmp_path, "  []\n", *checks, failing(case="a", dtype="float64", hypothesis=other))
        said = " ".join(after.split())
        assert "checks: kl_div/a/*/value" in said
        assert "3 checks: the result equals the formula times 2 (doubled)." in said
        assert "1 check: the result equals the formula divided by 2 (halved)." in said

    @settings(deadline=None, max_examples=60)
    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
    def test_whatever_a_framework_says_can_be_read_back(self, tmp_path_factory, words):
        raised = {"class": "RuntimeError", "message": words, "traceback": ""}
        bad = failing(
            case="new", outcome="error", subtype=None, hypothesis=None, exception=raised, error=None
        )
        after = updated(tmp_path_factory.mktemp("words"), KEPT, kept(), bad)
        assert "RuntimeError: " in after

    def test_a_folder_gets_a_file_for_each_framework(self, tmp_path):
        folder = tmp_path / "expectations"
        folder.mkdir()
        entries(folder / "own-name.yaml", KEPT)
        apis = ("torch.nn.KLDivLoss", "oneflow.nn.KLDivLoss")
        results = write(tmp_path / "r.jsonl", [kept(), *(failing(case="new", api=api) for api in apis)])
        changed = update(folder, results)
        assert [change.path.name for change in changed] == ["oneflow.yaml", "own-name.yaml"]
        assert (
            (folder / "oneflow.yaml")
            .read_text()
            .startswith("# Known deviations of oneflow.\nframework: oneflow\n")
        )

    def test_a_file_about_another_framework_gets_nothing(self, tmp_path):
        path = entries(tmp_path / "known.yaml", KEPT)
        results = write(tmp_path / "r.jsonl", [kept(), failing(api="oneflow.nn.KLDivLoss")])
        with pytest.raises(
            ExpectationError, match=r"no file is about oneflow: .*known\.yaml is about torch;"
        ):
            update(path, results)

    def test_a_file_about_any_framework_gets_all(self, tmp_path):
        apis = ("torch.nn.KLDivLoss", "oneflow.nn.KLDivLoss")
        after = updated(tmp_path, "  []\n", *(failing(api=api) for api in apis), framework=None)
        assert after.count("- checks:") == 1


class TestRefused:
    @pytest.mark.parametrize(
        ("selection", "part"),
        [
            ({"planned": 9}, True),
            ({"shard": "1/2"}, True),
            ({"modes": "eager"}, True),
            ({"modes": "all"}, False),
        ],
    )
    def test_a_part_of_a_plan_since_patterns_could_match_the_rest(self, tmp_path, selection, part):
        path = entries(tmp_path / "known.yaml", "  []\n")
        results = write(tmp_path / "r.jsonl", [failing()], first_line(**selection))
        if part:
            with pytest.raises(ResultsError, match=r"r\.jsonl:1: holds a part of its plan only"):
                update(path, results)
            assert path.read_text().endswith("  []\n")
        else:
            update(path, results)

    @pytest.mark.parametrize("outcome", ["harness_error", "invalid_case", "not_run"])
    def test_what_is_no_behaviour_of_a_framework(self, tmp_path, outcome):
        results = write(tmp_path / "r.jsonl", [check(), failing(case="bad", outcome=outcome, subtype=None)])
        with pytest.raises(ResultsError, match=rf"r\.jsonl:3: kl_div/bad/.* is {outcome}, which is no"):
            update(entries(tmp_path / "known.yaml", "  []\n"), results)

    def test_entries_in_brackets(self, tmp_path):
        text = f"  [{{checks: kl_div/kept/*, outcome: mismatch, {REASON}}}]\n"
        path = entries(tmp_path / "known.yaml", text)
        with pytest.raises(ExpectationError, match=r"known\.yaml:3: expectations: the list is in brackets"):
            update(path, write(tmp_path / "r.jsonl", [kept(), failing()]))

    def test_what_cannot_be_written_leaves_every_file_as_it_was(self, tmp_path):
        folder = tmp_path / "expectations"
        entries(folder / "torch.yaml", KEPT)
        before = (folder / "torch.yaml").read_bytes()
        results = write(
            tmp_path / "r.jsonl", [kept(), failing(case="n"), failing(api="oneflow.nn.KLDivLoss")]
        )
        judged = judge([results], load_expectations([folder]), TODAY)
        revision = revise(judged)
        records = {record["id"]: record for record in pick_results(results, lambda brief: True)}
        changed = changes(revision, [folder], records)
        (folder / f".torch.yaml.{os.getpid()}").mkdir()
        with pytest.raises(ExpectationError, match="cannot be written"):
            write_changes(changed)
        assert (folder / "torch.yaml").read_bytes() == before
        assert not (folder / "oneflow.yaml").exists()


def test_a_second_update_changes_nothing(tmp_path):
    checks = [failing(case=case, api=api) for case in "abcdef" for api in TORCH]
    results = write(tmp_path / "r.jsonl", [check(), *checks])
    path = entries(tmp_path / "known.yaml", "  []\n")
    assert update(path, results)
    assert update(path, results) == []
