"""`conformance gate`, `expectations update` and `diff`: results files to exit codes, without a framework."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.fakes.project import expect, surroundings, write_project
from tests.fakes.results_files import entries, failing, first_line, write
from tests.report.kl_check import check

RIGHT = "kl_div/one/reduction:sum/fake.right.kl_div/fake/float32/cpu/eager/value"
WRONG = RIGHT.replace("right", "wrong")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A results file of a run with a right and a wrong check."""
    folder = tmp_path_factory.mktemp("ran")
    write_project(folder, ["right", "wrong"])
    command = [sys.executable, "-m", "conformance", "run", "--no-html", "--results", "out.jsonl"]
    done = subprocess.run(command, cwd=folder, env=surroundings(), capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    return folder / "out.jsonl"


@pytest.fixture
def known(tmp_path):
    """Writes expectations of torch, from the lines of its entries, and returns their path."""
    return lambda text: entries(tmp_path / "known.yaml", text)


def refused(done, *words):
    assert done.code == 2
    assert "Traceback" not in done.err
    error = done.err.rpartition("Error: ")[2].strip()
    assert "\n" not in error
    for word in words:
        assert word in error


class TestGate:
    def test_the_same_verdict_as_the_run(self, cli, ran):
        done = cli("gate", ran)
        assert done.code == 1
        head, _, gate = done.out.partition("gate: closed by 1 new_failure\n")
        assert re.search(r"new_failure: mismatch \(value\), .*fake\.wrong\.kl_div, 1 check in fake\n", gate)
        assert f"    {WRONG}\n" in gate
        assert "fake.right.kl_div" in head.partition("the same call elsewhere")[2]
        assert re.search(r"^  ok +1$", head, re.MULTILINE)
        assert re.search(r"^  new_failure +1  closes the gate$", head, re.MULTILINE)

    def test_what_is_known_opens_it(self, cli, ran, tmp_path):
        path = expect(
            write_project(tmp_path).parents[1],
            f"{{checks: '{WRONG}', outcome: mismatch, reason: off by 1 %}}",
        )
        assert cli("gate", ran).code == 0
        assert cli("gate", ran, "--expectations", path).code == 0

    def test_an_unexpected_pass_closes_it_unless_it_is_not_strict(self, cli, known, tmp_path):
        path = known("  - {checks: kl_div/*, outcome: mismatch, reason: as was measured}\n")
        results = write(tmp_path / "r.jsonl", [check()])
        done = cli("gate", results, "--expectations", path)
        assert (done.code, "fixed: " in done.out) == (1, True)
        assert cli("gate", results, "--expectations", path, "--no-strict").code == 0

    def test_one_report_for_each_cause_and_no_more_than_asked_for(self, cli, known, tmp_path):
        other = {"name": "halved", "text": "the formula divided by 2"}
        checks = [failing(case=f"n{at}") for at in range(9)] + [failing(case="m", hypothesis=other)]
        results = write(tmp_path / "r.jsonl", checks)
        done = cli("gate", results, "--expectations", known("  []\n"))
        assert done.code == 1
        assert "new_failure: mismatch (value), doubled, torch.nn.KLDivLoss, 9 checks in torch" in done.out
        assert "new_failure: mismatch (value), halved, torch.nn.KLDivLoss, 1 check in torch" in done.out
        assert done.out.count("\nrun it again\n") == 2
        assert (
            cli("gate", results, "--expectations", known("  []\n"), "--reports", 0).out.count("run it again")
            == 0
        )

    def test_many_causes_are_counted(self, cli, known, tmp_path):
        checks = [
            failing(case="c", hypothesis={"name": f"h{at}", "text": "x"}, variant=f"n:{at}")
            for at in range(13)
        ]
        done = cli("gate", write(tmp_path / "r.jsonl", checks), "--expectations", known("  []\n"))
        assert done.out.count("\nrun it again\n") == 10
        assert "  and 3 more causes, 3 checks\n" in done.out

    def test_a_stale_entry_closes_it_and_a_typing_error_is_none(self, cli, known, tmp_path):
        results = write(tmp_path / "r.jsonl", [check()])
        stale = known("  - {checks: kl_div/gone/*, outcome: error, reason: as was measured}\n")
        done = cli("gate", results, "--expectations", stale)
        assert (done.code, f"stale: {stale}:3: no check matches kl_div/gone/*\n" in done.out) == (1, True)
        slip = known("  - {checks: kl_div/reducitons/*, outcome: error, reason: as was measured}\n")
        done = cli("gate", results, "--expectations", slip)
        assert (done.code, f"nearest: {check()['id']}" in done.out) == (2, True)

    def test_a_run_of_no_checks_is_no_success(self, cli, known, tmp_path):
        done = cli("gate", write(tmp_path / "r.jsonl", []), "--expectations", known("  []\n"))
        assert (done.code, "gate: closed, no check was run" in done.out) == (1, True)

    def test_an_environment_that_could_not_run(self, cli, known, tmp_path):
        first = {**first_line(), "unavailable": {"gone": {"reason": "no interpreter", "mend": "tox"}}}
        done = cli("gate", write(tmp_path / "r.jsonl", [check()], first), "--expectations", known("  []\n"))
        assert (done.code, "error: gone could not run" in done.err) == (2, True)

    def test_entries_to_review_are_counted(self, cli, known, tmp_path):
        text = "  - {checks: kl_div/*, outcome: mismatch, review: true, reason: as was measured}\n"
        done = cli("gate", write(tmp_path / "r.jsonl", [failing()]), "--expectations", known(text))
        assert (done.code, "1 of the expectations are marked `review: true`" in done.out) == (0, True)

    def test_names_of_others_move_no_cursor(self, cli, known, tmp_path):
        hostile = failing(
            case="a\x1b[2J", exception={"class": "E\x1b[2J", "message": "\x07", "traceback": ""}
        )
        done = cli("gate", write(tmp_path / "r.jsonl", [hostile]), "--expectations", known("  []\n"))
        assert done.code == 1
        assert not {"\x1b", "\x07"} & set(done.out)

    def test_nor_do_they_in_an_error(self, cli, tmp_path, known):
        hostile = check(case="a\x1b[2J")
        twice = "  - {checks: '*', outcome: error, reason: as was measured}\n"
        path = known(twice + twice.replace("*", "kl_div/*"))
        done = cli("gate", write(tmp_path / "r.jsonl", [hostile]), "--expectations", path)
        refused(done, r"kl_div/a\x1b[2J/", "is already matched by")
        assert "\x1b" not in done.err

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "r.jsonl: is empty"),
            ("hello\n", "r.jsonl:1: is no results file of the suite"),
            (json.dumps(first_line()) + "\n", "r.jsonl:1: has no footer"),
            (json.dumps({**first_line(), "schema": 2}) + "\n", "r.jsonl:1: was written in schema 2"),
        ],
    )
    def test_what_is_no_results_file(self, cli, known, tmp_path, text, words):
        (tmp_path / "r.jsonl").write_text(text)
        refused(cli("gate", "r.jsonl", "--expectations", known("  []\n")), words)

    def test_what_is_not_there(self, cli, known):
        refused(cli("gate", "gone.jsonl", "--expectations", known("  []\n")), "gone.jsonl: cannot be read")


class TestUpdate:
    def test_what_is_new_is_known_then(self, cli, ran, tmp_path):
        write_project(tmp_path, ["right", "wrong"])
        done = cli("expectations", "update", ran)
        assert done.code == 0, done.err
        assert "cases/expectations/fake.yaml: " in done.out
        assert "1 entries are marked" in done.out
        assert cli("gate", ran).code == 0
        assert cli("expectations", "update", ran).out.startswith("nothing to change\n")

    @pytest.mark.parametrize(("option", "code"), [("--dry-run", 0), ("--check", 1)])
    def test_the_difference_alone(self, cli, known, tmp_path, option, code):
        path = known("  []\n")
        before = path.read_bytes()
        done = cli(
            "expectations", "update", write(tmp_path / "r.jsonl", [failing()]), "--expectations", path, option
        )
        assert done.code == code
        assert f"--- {path}\n+++ {path}\n@@" in done.out
        assert "+  - checks: kl_div/reductions/*/value\n" in done.out
        assert path.read_bytes() == before

    def test_a_check_finds_what_waits_for_review(self, cli, known, tmp_path):
        text = "  - {checks: kl_div/*, outcome: mismatch, MARKreason: as was measured}\n"
        results = write(tmp_path / "r.jsonl", [failing()])
        for mark, code in (("review: true, ", 1), ("", 0)):
            path = known(text.replace("MARK", mark))
            done = cli("expectations", "update", results, "--expectations", path, "--check")
            assert (done.code, done.out.startswith("nothing to change\n")) == (code, True)

    @pytest.mark.parametrize(
        ("text", "results", "words"),
        [
            (
                "  - {checks: kl_div/reducitons/*, outcome: error, reason: as was measured}\n",
                [check()],
                "nearest: ",
            ),
            (
                "  - {checks: '*', outcome: error, raeson: as was measured}\n",
                [check()],
                'did you mean "reason"?',
            ),
            (
                "  - {checks: '*', outcome: error, reason: as was measured}\n"
                "  - {checks: kl_div/*, outcome: error, reason: as was measured}\n",
                [check()],
                "is already matched by the entry at",
            ),
            ("  []\n", [check(outcome="harness_error")], "which is no behaviour of a framework"),
            ("  []\n", None, "has no footer"),
        ],
    )
    def test_bad_input_changes_no_file(self, cli, known, tmp_path, text, results, words):
        path = known(text)
        before = path.read_bytes()
        (tmp_path / "r.jsonl").write_text(json.dumps(first_line()) + "\n")
        if results is not None:
            write(tmp_path / "r.jsonl", [failing(case="new"), *results])
        refused(cli("expectations", "update", "r.jsonl", "--expectations", path), words)
        assert path.read_bytes() == before
        assert sorted(each.name for each in tmp_path.iterdir()) == ["known.yaml", "r.jsonl"]


class TestDiff:
    @pytest.fixture
    def files(self, tmp_path):
        return write(tmp_path / "old.jsonl", [check()]), write(tmp_path / "new.jsonl", [failing()])

    def test_a_regression(self, cli, files):
        done = cli("diff", *files)
        assert (done.code, done.out.splitlines()[-1]) == (1, "1 regression")

    def test_the_other_way_round(self, cli, files):
        done = cli("diff", *reversed(files))
        assert (done.code, done.out.splitlines()[-1]) == (0, "no regression")

    def test_formats(self, cli, files):
        assert json.loads(cli("diff", *files, "--format", "json").out)["regressions"] == 1
        assert cli("diff", *files, "--format", "markdown").out.startswith("## 1 regression\n")

    @pytest.mark.parametrize(
        ("pair", "words"), [("torch", "'torch' is no OLD=NEW"), ("x=torch", "no environment 'x'; it has")]
    )
    def test_names_of_environments(self, cli, files, pair, words):
        done = cli("diff", *files, "--map", pair)
        assert (done.code, words in done.err) == (2, True)
        assert cli("diff", *files, "--map", "torch=torch").code == 1

    def test_what_is_no_results_file(self, cli, files, tmp_path):
        (tmp_path / "x.jsonl").write_text("hello\n")
        refused(cli("diff", "x.jsonl", files[1]), "x.jsonl:1: is no results file")
        refused(cli("diff", files[0], "gone.jsonl"), "gone.jsonl: cannot be read")
