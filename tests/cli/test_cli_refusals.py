"""`conformance run` where something is wrong with what was asked for, or with the cases."""

from __future__ import annotations

import os
import re

import pytest

from conformance.results import read_results
from tests.fakes.project import ONE_CASE, expect, write_project

SECOND_CASE = ONE_CASE.replace("id: one", "id: two")


def latest(folder):
    return read_results(folder / "reports" / "latest.jsonl", incomplete=True)


class TestUsage:
    """One clear line, exit code 2, no traceback."""

    def refused(self, done, *words):
        assert done.code == 2
        assert "Traceback" not in done.err
        error = done.err.rpartition("Error: ")[2].strip()
        assert "\n" not in error
        for word in words:
            assert word in error

    def test_unknown_environment(self, cli, tmp_path):
        write_project(tmp_path)
        self.refused(cli("run", "-e", "fkae"), "unknown environment 'fkae'", 'did you mean "fake"?')

    @pytest.mark.parametrize("option", ["-k", "-m"])
    def test_bad_expression(self, cli, tmp_path, option):
        write_project(tmp_path)
        self.refused(
            cli("run", option, "one and"), f"{option} 'one and'", "write words joined by and, or, not"
        )

    def test_nothing_selected(self, cli, tmp_path):
        write_project(tmp_path)
        self.refused(cli("run", "-k", "nosuch"), "no check is selected")
        assert not (tmp_path / "reports").exists()

    def test_no_cases(self, cli, tmp_path):
        path = write_project(tmp_path)
        path.write_text("nothing: of ours\n")
        self.refused(cli("run"), "there is no check to run")

    def test_no_such_path(self, cli, tmp_path):
        write_project(tmp_path)
        self.refused(cli("run", "nosuch.yaml"), "nosuch.yaml")

    def test_results_file_that_exists(self, cli, tmp_path):
        write_project(tmp_path)
        (tmp_path / "mine.jsonl").write_text("mine")
        self.refused(cli("run", "--results", "mine.jsonl"), "mine.jsonl: exists already")
        assert (tmp_path / "mine.jsonl").read_text() == "mine"

    def test_reports_that_is_no_folder(self, cli, tmp_path):
        write_project(tmp_path)
        (tmp_path / "reports").write_text("")
        self.refused(cli("run"), "reports: is no folder")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_reports_that_cannot_be_written(self, cli, tmp_path):
        write_project(tmp_path)
        (tmp_path / "reports").mkdir(mode=0o500)
        self.refused(cli("run"), "reports: cannot be written")

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has /dev/full")
    def test_full_disk(self, cli, tmp_path):
        write_project(tmp_path)
        self.refused(cli("run", "--results", "/dev/full"), "/dev/full: cannot be written: No space left")

    def test_expectations_that_cannot_be_read(self, cli, tmp_path):
        write_project(tmp_path)
        expect(tmp_path, "{checks: kl_div/*, outcome: mismtach, reason: it is only an example}")
        self.refused(cli("run"), "cases/expectations/fake.yaml:3: ", "mismatch")

    def test_two_expectations_for_one_check(self, cli, tmp_path):
        write_project(tmp_path)
        entry = "{checks: kl_div/*, outcome: mismatch, reason: it is only an example}"
        expect(tmp_path, entry, entry)
        self.refused(cli("run"), "cases/expectations/fake.yaml:4", "cases/expectations/fake.yaml:3")
        assert not (tmp_path / "reports").exists()


class TestBadCases:
    def test_a_bad_file_beside_a_good_one(self, cli, tmp_path):
        path = write_project(tmp_path)
        path.with_name("other.yaml").write_text(path.read_text().replace("summary:", "sumary:"))
        done = cli("run")
        assert done.code == 2
        assert re.search(r"^error: cases/other.yaml:\d+: ", done.err, re.MULTILINE)
        assert 'did you mean "summary"?' in done.err
        assert [record["outcome"] for record in latest(tmp_path).checks] == ["pass"]

    def test_an_unknown_operator(self, cli, tmp_path):
        path = write_project(tmp_path)
        path.with_name("kl_dvi.yaml").write_text(
            path.read_text().replace("operator: kl_div", "operator: kl_dvi")
        )
        done = cli("run")
        assert done.code == 2
        assert "error: cases/kl_dvi.yaml:1: " in done.err
        assert "kl_div" in done.err

    @pytest.mark.parametrize(
        ("inputs", "words"),
        [
            ("{generator: log_probabilites, shape: [2]}", "unknown generator 'log_probabilites'; known: "),
            ("{generator: uniform, shape: [2], hihg: 3}", "generator uniform has no option 'hihg'; known: "),
        ],
    )
    def test_a_bad_generator(self, cli, tmp_path, inputs, words):
        bad = SECOND_CASE.replace("[-1.0, -2.0]", inputs)
        path = write_project(tmp_path, cases=ONE_CASE + bad)
        line = path.read_text().splitlines().index("  - id: two") + 1
        done = cli("run")
        assert done.code == 2
        assert f"error: cases/kl_div.yaml:{line}: " in done.err
        assert words in done.err
        assert [record["case"] for record in latest(tmp_path).checks] == ["one"]

    def test_two_equal_ids(self, cli, tmp_path):
        write_project(tmp_path, cases=ONE_CASE.replace("[sum]", "[sum]") + ONE_CASE)
        done = cli("run")
        assert done.code == 2
        assert "error: cases/kl_div.yaml:" in done.err
        assert "one" in done.err

    def test_an_api_that_the_installed_version_has_not(self, cli, tmp_path):
        path = write_project(tmp_path, ["right", "gone"])
        line = path.read_text().splitlines().index("  fake.gone.kl_div:") + 1
        done = cli("run")
        assert done.code == 1
        assert "gate: closed by 1 invalid_case" in done.out
        assert f"cases/kl_div.yaml:{line}: fake 1.0 has no fake.gone" in done.out
