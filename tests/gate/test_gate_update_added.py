"""What an update of expectations adds, and what it refuses."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.gate import ExpectationError, judge, load_expectations
from conformance.gate.load import read_expectations
from conformance.gate.revision import revise
from conformance.gate.update import changes
from conformance.gate.update import write as write_changes
from conformance.results import ResultsError, pick_results
from tests.fakes.results_files import entries, failing, first_line, write
from tests.gate.updating import KEPT, REASON, TODAY, TORCH, kept, update, updated
from tests.report.kl_check import check


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

    def test_patterns_that_overlap_stay_together(self, tmp_path):
        """Two settings fail, each for a reason of its own, and where they meet for either."""
        other = {"name": "other", "text": "something else"}
        failures = [
            failing(variant="log_target:true+reduction:mean"),
            failing(variant="log_target:true+reduction:sum"),
            failing(variant="log_target:false+reduction:sum", hypothesis=other),
            failing(variant="log_target:none+reduction:sum", hypothesis=other),
        ]
        after = updated(tmp_path, "  []\n", *failures, check(variant="log_target:false+reduction:mean"))
        assert after.count("outcome: mismatch") == 1
        assert "      - kl_div/reductions/*+reduction:sum/*/value\n" in after

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
        assert "RuntimeError: " in " ".join(after.split())

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
