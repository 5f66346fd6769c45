"""`conformance export`, and what `conformance run` writes for GitHub."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

import tests.outputs
from tests.fakes.project import expect, write_project

SARIF = json.loads((Path(tests.outputs.__path__[0]) / "schemas" / "sarif-schema-2.1.0.json").read_text())


@pytest.fixture(autouse=True)
def not_on_github(monkeypatch):
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed(cli, tmp_path):
    """The results of a run that closes the gate."""
    write_project(tmp_path, ["right", "wrong"])
    assert cli("run", "--results", "out.jsonl", "--no-html").code == 1
    return "out.jsonl"


class TestExport:
    @pytest.mark.parametrize(
        ("form", "right"),
        [
            ("markdown", lambda text: text.startswith("## Conformance: gate closed by 1 new_failure\n")),
            ("sarif", lambda text: jsonschema.Draft4Validator(SARIF).is_valid(json.loads(text))),
            ("badge", lambda text: ElementTree.fromstring(text).tag.endswith("svg")),
            ("shields", lambda text: json.loads(text)["message"] == "closed, 1 unexpected"),
            ("annotations", lambda text: text.startswith("::error file=cases/kl_div.yaml,line=")),
        ],
    )
    def test_to_a_file_as_to_the_terminal(self, cli, closed, tmp_path, form, right):
        shown = cli("export", closed, "--format", form)
        assert shown.code == 0, shown.err
        assert right(shown.out)
        assert cli("export", closed, "--format", form, "-o", "written").code == 0
        assert (tmp_path / "written").read_text() == shown.out

    def test_expectations_count(self, cli, closed, tmp_path):
        expect(tmp_path, "{checks: '*/fake.wrong.kl_div/*', outcome: mismatch, reason: off by 1 %}")
        assert "gate open" in cli("export", closed, "--format", "markdown").out

    @pytest.mark.parametrize("damage", ["", "{}\n", "cut"])
    def test_what_cannot_be_read_changes_no_file(self, cli, closed, tmp_path, damage):
        path = tmp_path / closed
        path.write_text(path.read_text()[:-30] if damage == "cut" else damage)
        (tmp_path / "written").write_text("before")
        done = cli("export", closed, "--format", "badge", "-o", "written")
        assert done.code == 2
        assert done.err.startswith("Error: out.jsonl")
        assert (tmp_path / "written").read_text() == "before"


class TestOnGithub:
    def test_the_run_annotates_and_adds_to_the_step_summary(self, cli, tmp_path, monkeypatch):
        summary = tmp_path / "summary.md"
        summary.write_text("# Before\n")
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
        write_project(tmp_path, ["right", "wrong"])
        done = cli("run", "--no-html")
        assert done.code == 1
        lines = done.out.splitlines()
        (start,) = (line for line in lines if line.startswith("::stop-commands::"))
        end = lines.index(f"::{start.removeprefix('::stop-commands::')}::")
        commands = [at for at, line in enumerate(lines) if line.startswith("::error ")]
        assert commands == [end + 1]
        assert lines[end + 1].startswith("::error file=cases/kl_div.yaml,line=")
        assert summary.read_text().startswith("# Before\n## Conformance: gate closed by 1 new_failure\n")

    def test_a_summary_that_cannot_be_written(self, cli, tmp_path, monkeypatch):
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "summary.md"))
        write_project(tmp_path)
        done = cli("run", "--no-html")
        assert done.code == 2
        assert "summary.md: cannot be written" in done.err
        assert "gate: open" in done.out

    def test_elsewhere_there_is_nothing_of_it(self, cli, tmp_path):
        write_project(tmp_path, ["wrong"])
        assert "::" not in cli("run", "--no-html").out
