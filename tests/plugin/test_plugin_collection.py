"""What pytest collects, when frameworks are started, and that collecting alone starts none."""

from __future__ import annotations

import pytest

from conformance.casefile import load
from conformance.environments import Pool
from conformance.plan import Target, expand
from conformance.plugin.suite import Suite
from conformance.run import choose_checks
from tests.fakes.project import ONE_CASE, expect, write_project

pytest_plugins = ["pytester"]

CASES = """\
  - id: one
    summary: one call
    inputs: {input: [-1.0, -2.0], target: [0.25, 0.75]}
    matrix: {reduction: [sum], dtype: [float16, float32]}
  - id: printed
    summary: a printed example
    inputs: {input: [-1.0, -2.0], target: [0.25, 0.75]}
    attributes: {reduction: sum}
    matrix: {dtype: [float32]}
    printed: {text: "1", document: paper}
  - id: refused
    summary: what there is not
    inputs: {input: [-1.0, -2.0], target: [0.25, 0.75]}
    attributes: {reduction: average}
    matrix: {dtype: [float32]}
"""
RAISES = 'raises: {"reduction:average": ValueError}'


@pytest.fixture
def planned(pytester):
    """A project with every kind of check, and its checks."""
    path = write_project(pytester.path, ["right", "lax"], CASES, right=RAISES)
    return expand([load(path)], [Target("fake", "fake")]).checks


@pytest.fixture
def no_worker(monkeypatch):
    """The test fails where a worker is started."""
    monkeypatch.setattr(Pool, "start", lambda self: pytest.fail("a worker was started"))


def collected(result):
    """The ids that `--co -q` prints, without their file."""
    return [line.partition("::")[2] for line in result.outlines if line.startswith("cases/kl_div.yaml::")]


@pytest.fixture
def steps(monkeypatch):
    """What is done, in its order: pools that start and close, case files that are planned."""
    done: list[str] = []
    for owner, name, word in ((Pool, "start", "start"), (Suite, "plan", "plan"), (Pool, "close", "close")):
        original = getattr(owner, name)

        def noted(self, *args, original=original, word=word):
            if word not in done:
                done.append(word)
            return original(self, *args)

        monkeypatch.setattr(owner, name, noted)
    return done


@pytest.mark.usefixtures("planned")
class TestStarting:
    def test_frameworks_are_imported_while_files_are_read(self, session, steps):
        result = session("cases", "-k", "one and float32")
        result.assert_outcomes(passed=2, deselected=8)
        assert steps == ["start", "plan", "close"]

    def test_where_nothing_is_selected_they_are_ended(self, session, steps):
        assert session("cases", "-k", "none_such").ret == pytest.ExitCode.NO_TESTS_COLLECTED
        assert steps == ["start", "plan", "close"]


@pytest.mark.usefixtures("no_worker")
class TestCollecting:
    def test_items_are_the_checks_under_their_ids(self, session, planned):
        result = session("cases", "--co", "-q")
        assert result.ret == 0
        assert collected(result) == [check.id for check in planned]
        assert len(planned) == 10
        assert not any("reports" in line for line in result.outlines)

    @pytest.mark.parametrize(
        "mark",
        ["must", "observe", "fake", "float16", "value", "documented", "error", "eager", "must and not error"],
    )
    def test_marks_select_what_the_command_line_selects(self, session, planned, mark):
        expected = [check.id for check in choose_checks(planned, "", mark)]
        assert 0 < len(expected) < len(planned) or mark in ("fake", "eager")
        assert collected(session("cases", "--co", "-q", "-m", mark)) == expected

    @pytest.mark.parametrize(
        "words", ["right", "one and not float16", "refused or documented", "KL_DIV/ONE", "fake"]
    )
    def test_keywords_select_what_the_command_line_selects(self, session, planned, words):
        expected = [check.id for check in choose_checks(planned, words, "")]
        assert expected
        assert collected(session("cases", "--co", "-q", "-k", words)) == expected

    def test_a_whole_id_selects_its_check_both_ways(self, session, planned):
        for check in planned[::4]:
            assert check.id in collected(session("cases", "--co", "-q", "-k", check.id))
            assert collected(session(f"cases/kl_div.yaml::{check.id}", "--co", "-q")) == [check.id]

    def test_other_yaml_and_expectations_are_not_ours(self, session, pytester):
        write_project(pytester.path)
        expect(pytester.path, "{checks: kl_div/*, outcome: mismatch, reason: it is only an example}")
        (pytester.path / "cases" / "deployment.yaml").write_text("kind: Deployment\nspec: {operator: In}\n")
        (pytester.path / "cases" / "list.yml").write_text("- operator\n")
        (pytester.path / "cases" / "expectations" / "odd.yaml.txt").write_text("operator: kl_div\n")
        assert len(collected(session("--co", "-q"))) == 1

    def test_a_bad_file_and_a_bad_case_are_items(self, session, pytester):
        path = write_project(
            pytester.path,
            cases=ONE_CASE
            + ONE_CASE.replace("[-1.0, -2.0]", "{generator: x, shape: [2]}").replace("one", "two"),
        )
        path.with_name("bad.yaml").write_text("operator: bad\n")
        result = session("cases", "--co", "-q")
        assert result.ret == 0
        result.stdout.fnmatch_lines(["cases/bad.yaml::case-file", "cases/kl_div.yaml::case-0"])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--environment", "fkae"], "unknown environment 'fkae'; did you mean \"fake\"? *"),
        (["--deadline", "0"], "--deadline 0: must be positive"),
        (["--expectations", "nosuch.yaml"], "--expectations nosuch.yaml: there is no such file or folder"),
    ],
)
def test_a_wrong_option_is_a_usage_error(session, pytester, args, message):
    write_project(pytester.path)
    result = session("cases", *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_wrong_expectations_are_a_usage_error(session, pytester):
    write_project(pytester.path)
    expect(pytester.path, "{checks: kl_div/*, outcome: mismtach, reason: it is only an example}")
    result = session("cases")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: cases/expectations/fake.yaml:3: *mismatch*"])


def test_marks_are_registered(session, pytester):
    result = session("--markers")
    for name in ("must", "observe", "value", "documented", "error", "float16", "bfloat16", "eager", "torch"):
        result.stdout.fnmatch_lines([f"@pytest.mark.{name}: check *"])


def test_strict_sessions_pass(separate, pytester):
    """Of markers, of configuration, and of warnings; the environment's framework is nobody's adapter."""
    write_project(pytester.path)
    (pytester.path / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\nxfail_strict = true\n"
    )
    separate("cases", "-m", "fake").assert_outcomes(passed=1)


SPY = """
import sys
def pytest_unconfigure():
    heavy = {"numpy", "flint", "yaml", "execnet", "rich", "jinja2", "jsonschema"}
    print("imported:", sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


def test_a_project_without_cases_pays_for_nothing(separate, pytester):
    pytester.makeconftest(SPY)
    pytester.makepyfile("def test_it(): pass")
    pytester.makefile(".yaml", config="kind: of theirs\n")
    result = separate()
    assert result.ret == 0
    result.stderr.fnmatch_lines(["imported: []"])
