"""The commands that run nothing: list, show, report, doctor; help and suggestions."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from conformance.cli import COMMANDS
from tests.fakes.project import BROKEN_ENVIRONMENT, ONE_CASE, surroundings, write_project

RIGHT = "kl_div/one/reduction:sum/fake.right.kl_div/fake/float32/cpu/eager/value"
WRONG = RIGHT.replace("right", "wrong")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results file with a right and a wrong check."""
    folder = tmp_path_factory.mktemp("results")
    write_project(folder, ["right", "wrong"])
    command = [sys.executable, "-m", "conformance", "run", "--no-html", "--results", "out.jsonl"]
    done = subprocess.run(command, cwd=folder, env=surroundings(), capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    return folder / "out.jsonl"


class TestHelp:
    def test_help_imports_nothing_heavy(self, tmp_path):
        """It is the imports that make help slow."""
        code = (
            "import sys\n"
            "from conformance.cli import main\n"
            "try: main(['--help'])\n"
            "except SystemExit: pass\n"
            "heavy = {'numpy', 'flint', 'yaml', 'execnet', 'rich', 'jinja2', 'pytest'}\n"
            "print(sorted(heavy & set(sys.modules)))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=surroundings(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.endswith("\n[]\n")
        assert all(
            name in done.stdout for name in ("run", "report", "show", "list", "doctor", "Exit codes: 0")
        )

    @pytest.mark.parametrize("command", list(COMMANDS))
    def test_every_command_has_help_that_agrees_with_the_overview(self, cli, command):
        from conformance.cli import group

        done = cli(command, "--help")
        assert done.code == 0
        assert done.out.startswith(f"Usage: conformance {command}")
        assert group.get_command(None, command).short_help == COMMANDS[command]

    def test_a_wrong_command_is_told_the_nearest(self, cli):
        done = cli("rnu")
        assert done.code == 2
        assert "No such command 'rnu'. Did you mean 'run'?" in done.err

    def test_a_command_like_no_other_is_told_them_all(self, cli):
        assert f"Known: {', '.join(COMMANDS)}." in cli("xyz").err

    def test_a_wrong_option_is_told_the_nearest(self, cli):
        done = cli("run", "--enviroment", "x")
        assert done.code == 2
        assert "--environment" in done.err

    def test_version(self, cli):
        assert re.fullmatch(r"conformance, version \d+\.\d+\.\S+\n", cli("--version").out)


class TestList:
    def test_ids_one_a_line(self, cli, tmp_path):
        write_project(tmp_path, ["right", "wrong"])
        done = cli("list")
        assert (done.code, done.out.splitlines()) == (0, [RIGHT, WRONG])

    def test_selection_and_count(self, cli, tmp_path):
        write_project(tmp_path, ["right", "wrong"])
        assert cli("list", "-k", "wrong").out.splitlines() == [WRONG]
        assert cli("list", "-m", "must and float32", "--count").out == "2\n"

    def test_nothing_to_list_is_not_a_success(self, cli, tmp_path):
        write_project(tmp_path)
        done = cli("list", "-k", "nosuch")
        assert (done.code, done.out.strip()) == (2, "")

    def test_bad_cases_are_told_and_the_rest_is_listed(self, cli, tmp_path):
        path = write_project(tmp_path)
        path.with_name("other.yaml").write_text("operator: other\n")
        done = cli("list")
        assert (done.code, done.out.splitlines()) == (2, [RIGHT])
        assert done.err.startswith("error: cases/other.yaml:1: ")


class TestShow:
    def test_a_whole_id(self, cli, results):
        done = cli("show", WRONG, "--results", results)
        assert done.code == 0
        assert done.out.startswith("fake.wrong.kl_div returns a wrong value")
        assert "fake.right.kl_div" in done.out.partition("the same call elsewhere")[2]

    def test_a_part_that_one_check_has(self, cli, results):
        assert cli("show", "wrong", "--results", results).out == cli("show", WRONG, "--results", results).out

    def test_a_part_that_several_have(self, cli, results):
        done = cli("show", "one", "--results", results)
        assert done.code == 2
        assert "'one' is part of 2 check ids:" in done.err
        assert RIGHT in done.err
        assert WRONG in done.err

    def test_a_part_that_none_has_is_told_the_nearest(self, cli, results):
        done = cli("show", WRONG.replace("wrong", "wrng"), "--results", results)
        assert done.code == 2
        assert "nearest:" in done.err
        assert WRONG in done.err

    @pytest.mark.parametrize("check", [RIGHT, WRONG])
    def test_the_script_is_python(self, cli, results, check):
        done = cli("show", check, "--script", "--results", results)
        assert done.code == 0
        compile(done.out, "script.py", "exec")
        assert "fake" in done.out
        assert "import numpy" in done.out

    def test_there_is_no_script_of_a_check_that_did_not_run(self, cli, tmp_path):
        write_project(tmp_path)
        cli("run", "-e", "fake=/nowhere")
        done = cli("show", "one", "--script")
        assert done.code == 2
        assert "not_run: nothing was asked" in done.err

    def test_no_results_yet(self, cli):
        done = cli("show", "one")
        assert done.code == 2
        assert "reports/latest.jsonl" in done.err
        assert "Traceback" not in done.err


class TestReport:
    def test_the_page(self, cli, results, tmp_path):
        done = cli("report", results, "-o", "page.html")
        assert (done.code, done.out.strip()) == (0, "page.html")
        assert "fake.wrong.kl_div" in (tmp_path / "page.html").read_text()

    def test_an_incomplete_run_is_reported_but_told(self, cli, results, tmp_path):
        lines = results.read_text().splitlines(keepends=True)
        (tmp_path / "torn.jsonl").write_text("".join(lines[:2]))
        done = cli("report", "torn.jsonl", "-o", "page.html")
        assert done.code == 2
        assert "torn.jsonl is incomplete" in done.err
        assert (tmp_path / "page.html").exists()

    def test_what_is_no_results_file(self, cli, tmp_path):
        (tmp_path / "x.jsonl").write_text("hello\n")
        done = cli("report", "x.jsonl")
        assert done.code == 2
        assert done.err.startswith("Error: x.jsonl:1: ")

    def test_a_page_that_cannot_be_written(self, cli, results, tmp_path):
        (tmp_path / "folder").write_text("")
        done = cli("report", results, "-o", "folder/page.html")
        assert done.code == 2
        assert "cannot be written" in done.err


class TestDoctor:
    def test_what_works_and_what_would_mend_the_rest(self, cli, tmp_path):
        write_project(tmp_path, environments=BROKEN_ENVIRONMENT)
        done = cli("doctor")
        assert done.code == 2
        assert re.search(r"^ *fake +fake 1\.0 +3\.\d+", done.out, re.MULTILINE)
        assert "broken cannot run: " in done.out
        assert "to mend it: make it whole" in done.out

    def test_all_is_well(self, cli, tmp_path):
        write_project(tmp_path)
        assert cli("doctor", "-e", "fake").code == 0

    def test_a_narrow_terminal_and_no_colour(self, cli, tmp_path, monkeypatch):
        write_project(tmp_path)
        monkeypatch.setenv("COLUMNS", "40")
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        out = cli("doctor").out
        assert "\x1b[3" not in out
        assert "fake" in out


def test_the_summary_has_no_colour_codes_without_a_terminal(cli, tmp_path, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    write_project(tmp_path, ["wrong"], ONE_CASE)
    done = cli("run", "--no-html")
    assert "\x1b" not in done.out + done.err
