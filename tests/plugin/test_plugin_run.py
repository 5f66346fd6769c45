"""Checks as pytest items, over real workers of the fake framework."""

from __future__ import annotations

import platform
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from conformance.results import read_results
from tests.fakes.project import BROKEN_ENVIRONMENT, ONE_CASE, expect, surroundings, write_project

pytest_plugins = ["pytester"]

RIGHT = "kl_div/one/reduction:sum/fake.right.kl_div/fake/float32/cpu/eager/value"
WRONG = RIGHT.replace("right", "wrong")
SECOND_CASE = ONE_CASE.replace("id: one", "id: two")
WRONG_THEN_HANG = f"""\
{ONE_CASE}    apis: [fake.wrong.kl_div]
{SECOND_CASE}    apis: [fake.hang.kl_div]
"""
HALF = ONE_CASE.replace("float32", "float16")


def results_files(folder):
    return sorted(path for path in (folder / "reports").glob("*.jsonl") if path.name != "latest.jsonl")


def only_results(folder):
    (path,) = results_files(folder)
    return read_results(path, incomplete=True)


def told(results):
    """What a run found, without what differs from run to run."""
    return sorted(
        (record["id"], record["outcome"], record["subtype"], record["fingerprint"])
        for record in results.checks
    )


class TestOutcomes:
    def test_right_and_wrong(self, session, pytester):
        write_project(pytester.path, ["right", "wrong"])
        result = session("cases")
        result.assert_outcomes(passed=1, failed=1)
        assert result.ret == 1
        result.stdout.fnmatch_lines(
            [
                "new_failure: fake.wrong.kl_div returns a wrong value: *",
                "the same call elsewhere",
                "  fake.right.kl_div 1.0 * pass",
                "*reproducer",
                "fake: fake 1.0, Python 3.*, cpu",
                "results: *reports/*.jsonl",
            ]
        )
        assert "items.py" not in result.stdout.str()  # no traceback of ours
        results = only_results(pytester.path)
        assert results.complete
        assert {record["id"] for record in results.checks} == {RIGHT, WRONG}

    def test_what_is_not_documented_never_fails(self, session, pytester):
        """`raises` is unsupported, `wide` a divergence, in a dtype that no document names."""
        write_project(pytester.path, ["raises", "wide", "right"], HALF)
        result = session("cases", "-rsx")
        result.assert_outcomes(skipped=1, xfailed=1, passed=1)
        result.stdout.fnmatch_lines(
            [
                "SKIPPED * unsupported: not documented: dtype:float16; RuntimeError: no such kernel",
                "XFAIL * - divergence, not documented for this API: mismatch dtype *",
            ]
        )
        assert result.ret == 0

    def test_expectations(self, session, pytester):
        write_project(pytester.path, ["right", "wrong"])
        expect(
            pytester.path, "{checks: '*/fake.wrong.kl_div/*', outcome: mismatch, reason: off by one percent}"
        )
        result = session("cases", "-rx")
        result.assert_outcomes(passed=1, xfailed=1)
        result.stdout.fnmatch_lines(["XFAIL *fake.wrong*off by one percent"])
        assert result.ret == 0

    def test_an_unexpected_pass_fails(self, session, pytester):
        write_project(pytester.path)
        expect(pytester.path, "{checks: kl_div/*, outcome: mismatch, reason: off by one percent}")
        result = session("cases")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["fixed: cases/expectations/fake.yaml:3 expects mismatch: *"])
        session("cases", "--no-strict").assert_outcomes(passed=1)

    def test_a_flaky_check_may_pass(self, session, pytester):
        write_project(pytester.path)
        expect(pytester.path, "{checks: kl_div/*, outcome: crash, flaky: true, reason: it crashes at times}")
        session("cases").assert_outcomes(passed=1)

    def test_a_stale_expectation_fails_the_session_but_no_selection_makes_one(self, session, pytester):
        write_project(pytester.path, ["right", "wrong"])
        wrong = "{checks: '*/fake.wrong.kl_div/*', outcome: mismatch, reason: off by one percent}"
        expect(pytester.path, wrong)
        assert session("cases", "-k", "right").ret == 0
        expect(
            pytester.path, wrong, "{checks: '*/fake.wrnog.kl_div/*', outcome: error, reason: it is misspelt}"
        )
        result = session("cases", "-k", "right")
        assert result.ret == 1
        result.stdout.fnmatch_lines(
            ["stale expectation: cases/expectations/fake.yaml:4: no check matches *wrnog*"]
        )

    def test_neither_does_a_case_file_that_is_left_out(self, session, pytester):
        path = write_project(pytester.path)
        path.with_name("other.yaml").write_text("operator: other\n")
        expect(pytester.path, "{checks: other/*, outcome: mismatch, reason: off by one percent}")
        assert session("cases/kl_div.yaml").ret == 0
        assert "stale" not in session("cases").stdout.str()

    def test_crashes_and_hangs_fail_alone(self, session, pytester):
        write_project(pytester.path, ["abort", "hang", "right"])
        result = session("cases", "--deadline", "1")
        result.assert_outcomes(failed=2, passed=1)
        result.stdout.fnmatch_lines(["*SIGABRT*"])
        result.stdout.fnmatch_lines(["*within 1 s*"])

    def test_bad_cases_fail_with_their_line_and_the_others_run(self, session, pytester):
        path = write_project(pytester.path)
        path.with_name("bad.yaml").write_text("operator: bad\n")
        result = session("cases")
        result.assert_outcomes(failed=1, passed=1)
        result.stdout.fnmatch_lines(["cases/bad.yaml:1: *"])


class TestEnvironments:
    def test_one_that_cannot_run_never_looks_like_success(self, session, pytester):
        write_project(pytester.path, ["right", "wrong"], environments=BROKEN_ENVIRONMENT)
        result = session("cases", "-k", "right", "-rs")
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(
            [
                "not_run: environment broken cannot run: *fake_framework*",
                "broken: cannot run: *fake_framework*",
                "    to mend it: make it whole",
            ]
        )
        assert result.ret == 1

    def test_all_its_other_checks_are_skipped_with_the_reason(self, session, pytester):
        write_project(pytester.path, ["right"], ONE_CASE + SECOND_CASE, BROKEN_ENVIRONMENT)
        result = session("cases", "-k", "broken", "-rs")
        result.assert_outcomes(failed=1, skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED * not_run: environment broken cannot run: *"])
        assert only_results(pytester.path).header["environments"] == {}

    def test_only_those_that_are_needed_start(self, session, pytester):
        write_project(pytester.path, environments=BROKEN_ENVIRONMENT)
        assert session("cases", "-k", "/fake/").ret == 0
        assert session("cases", "--environment", "fake").ret == 0


class TestPytestsOwnOptions:
    def test_last_failed(self, session, pytester):
        write_project(pytester.path, ["right", "wrong"], ONE_CASE + SECOND_CASE)
        session("cases").assert_outcomes(passed=2, failed=2)
        result = session("cases", "--lf")
        result.assert_outcomes(failed=2)

    def test_exitfirst_closes_the_results(self, session, pytester):
        write_project(pytester.path, ["wrong", "hang"], WRONG_THEN_HANG)
        result = session("cases", "-x")
        result.assert_outcomes(failed=1)
        results = only_results(pytester.path)
        assert (results.complete, results.footer["reason"]) == (False, "stopped early")

    def test_junit_xml_of_the_family_with_properties(self, session, pytester):
        write_project(pytester.path, ["right", "raises", "noisy"])
        session("cases", "--junitxml", "out.xml", "-o", "junit_family=xunit1")
        cases = list(ET.parse(pytester.path / "out.xml").iter("testcase"))
        properties = {
            case.get("name"): {entry.get("name"): entry.get("value") for entry in case.iter("property")}
            for case in cases
        }
        assert properties[RIGHT] == {"outcome": "pass", "verdict": "ok"}
        assert properties[RIGHT.replace("right", "raises")] == {"outcome": "error", "verdict": "new_failure"}
        (failure,) = ET.parse(pytester.path / "out.xml").iter("failure")
        assert "no such kernel" in failure.text

    def test_without_a_terminal_reporter(self, separate, pytester):
        write_project(pytester.path)
        assert separate("cases", "-p", "no:terminal").ret == 0
        assert only_results(pytester.path).complete

    def test_results_that_cannot_be_written_end_the_session_with_one_line(self, session, pytester):
        write_project(pytester.path, cases=ONE_CASE + SECOND_CASE)
        (pytester.path / "mine.jsonl").write_text("mine")
        result = session("cases", "--results", "mine.jsonl")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert result.stdout.str().count("mine.jsonl: exists already") == 1
        assert "Traceback" not in result.stdout.str()

    def test_two_expectations_for_one_check_end_the_session(self, session, pytester):
        write_project(pytester.path)
        entry = "{checks: kl_div/*, outcome: mismatch, reason: off by one percent}"
        expect(pytester.path, entry, entry.replace("kl_div/*", "'*/value'"))
        result = session("cases")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stdout.fnmatch_lines(["*fake.yaml:3: * is already matched by the entry at *fake.yaml:4; *"])


class TestXdist:
    def test_outcomes_are_the_same_and_the_controller_writes_one_file(self, separate, session, pytester):
        write_project(
            pytester.path, ["right", "wrong", "raises", "abort"], ONE_CASE + SECOND_CASE, BROKEN_ENVIRONMENT
        )
        expect(
            pytester.path,
            "{checks: '*/fake.wrong.kl_div/fake/*', outcome: mismatch, reason: off by one percent,"
            f" when: {{platform: {platform.system()}}}}}",
        )
        alone = session("cases", "--results", "alone.jsonl")
        result = separate("cases", "-p", "xdist", "-n", "2")
        assert result.parseoutcomes() == alone.parseoutcomes()
        assert result.ret == alone.ret == 1
        result.stdout.fnmatch_lines(["broken: cannot run: *", "results: *"])
        assert told(only_results(pytester.path)) == told(read_results(pytester.path / "alone.jsonl"))

    def test_stopping_at_the_first_failure_does_not_wait_for_a_hang(self, separate, pytester, monkeypatch):
        write_project(pytester.path, ["wrong", "hang"], WRONG_THEN_HANG)
        temporary = pytester.mkdir("tmp")
        monkeypatch.setenv("TMPDIR", str(temporary))
        result = separate("cases", "-p", "xdist", "-n", "1", "-x")
        assert result.duration < 30
        assert result.parseoutcomes()["failed"] >= 1
        assert not only_results(pytester.path).complete
        assert list(temporary.glob("conformance-*")) == []

    def test_a_wrong_option_is_told_once(self, separate, pytester):
        write_project(pytester.path)
        result = separate("cases", "-p", "xdist", "-n", "2", "--environment", "fkae")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert result.stderr.str().count("unknown environment 'fkae'") == 1

    @pytest.mark.parametrize("where", ["pyproject.toml", "cases/expectations/fake.yaml"])
    def test_what_is_wrong_in_a_file_is_told_too(self, separate, pytester, where):
        write_project(pytester.path)
        expect(pytester.path)
        (pytester.path / where).write_text("[tool.conformance.environments]\nx = 3\n")
        result = separate("cases", "-p", "xdist", "-n", "1")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: *{where}:*"])

    def test_results_that_cannot_be_written_fail_the_session(self, separate, pytester):
        write_project(pytester.path)
        (pytester.path / "mine.jsonl").write_text("mine")
        result = separate("cases", "-p", "xdist", "-n", "1", "--results", "mine.jsonl")
        assert result.ret != 0
        result.stdout.fnmatch_lines(["*mine.jsonl: exists already*"])


def test_the_command_line_finds_the_same(session, pytester):
    write_project(
        pytester.path, ["right", "wrong", "raises", "lies"], ONE_CASE + HALF.replace("id: one", "id: two")
    )
    session("cases", "-k", "not lies", "--results", "pytest.jsonl")
    command = [
        sys.executable,
        "-m",
        "conformance",
        "run",
        "-k",
        "not lies",
        "--results",
        "cli.jsonl",
        "--no-html",
    ]
    subprocess.run(command, cwd=pytester.path, env=surroundings(), capture_output=True, check=False)
    by_pytest, by_command = (read_results(pytester.path / name) for name in ("pytest.jsonl", "cli.jsonl"))
    assert told(by_pytest) == told(by_command)
    assert len(by_pytest.checks) == 6
    assert by_pytest.header["environments"] == by_command.header["environments"]
    assert by_pytest.header["conventions"] == by_command.header["conventions"]
