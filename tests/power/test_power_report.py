"""The file of a power run, its tables, and the command."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from power_project import CASES, case_text
from rich.console import Console

from conformance.power.terminal import print_power
from conformance.report import collect
from conformance.report.html import html_report
from conformance.report.power import power_page
from conformance.report.targets import targets_missed
from conformance.results import ResultsError
from conformance.results.power import PowerForm, read_power, write_power
from tests.fakes.project import ROOT, surroundings


def test_a_file_is_read_back_as_it_was_written(form: PowerForm, tmp_path: Path) -> None:
    path = tmp_path / "new" / "power.json"
    write_power(path, form)
    assert read_power(path) == form
    assert json.loads(path.read_text())["kind"] == "power"


@pytest.mark.parametrize("text", ["", "{}", '{"kind": "power"}', '{"kind": "other"}', "[1]", "\xff"])
def test_another_file_is_refused_with_the_way_to_mend_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "power.json"
    path.write_text(text, "latin-1")
    with pytest.raises(ResultsError, match="is no file of a power run") as raised:
        read_power(path)
    assert "conformance.power" in raised.value.hint
    with pytest.raises(ResultsError, match="cannot be read"):
        read_power(tmp_path / "none.json")


def test_a_folder_that_cannot_be_written_is_said(form: PowerForm, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match="cannot be written"):
        write_power(tmp_path / "file" / "power.json", form)


def test_tables_tell_what_was_found(form: PowerForm) -> None:
    console = Console(record=True, width=400, file=io.StringIO())
    print_power(power_page(form), console)
    text = console.export_text()
    assert re.search(r"^float32 +value +\d+", text, re.MULTILINE)
    (line,) = (line for line in text.splitlines() if "float32 value log-plus-1e-38" in line)
    assert "no golden case has inputs for which it shows, such as reduction='none'" in line
    assert "no bit of any case's result changes" in line
    assert "torch.testing.assert_close" in text


def test_targets_that_are_missed_are_named(form: PowerForm) -> None:
    assert targets_missed(form, {"float32": 0.0}, 0.0) == []
    (killed,) = targets_missed(form, {"float32": 1.0}, 0.0)
    assert killed.startswith("kl_div, float32: killed ")
    alarmed = msgspec.structs.replace(form.kernels[0], false_alarms=["an id"])
    assert targets_missed(msgspec.structs.replace(form, kernels=[alarmed]), {}, 0.0) == [
        "1 false alarms, none is wanted"
    ]


def test_text_of_the_file_is_escaped_on_the_page(form: PowerForm) -> None:
    line = msgspec.structs.replace(
        form.mutants[0], verdict="survived", text="<script>alert(1)</script>\x1b[31m", why="because"
    )
    text = html_report(collect([]), None, msgspec.structs.replace(form, mutants=[line]))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text
    assert 'id="power"' in text
    assert 'id="power"' not in html_report(collect([]))


def test_the_command_writes_its_file_and_says_what_was_missed(tmp_path: Path) -> None:
    (tmp_path / "kl_div.yaml").write_text(case_text(CASES.partition("  - id: zero")[0]))
    arguments = ["-m", "conformance.power", "kl_div.yaml", "-o", "out/power.json", "--results", "kept"]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        env=surroundings(COLUMNS="200"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr  # two calls do not see everything
    assert "missed kl_div, float32: killed" in done.stdout
    assert read_power(tmp_path / "out" / "power.json").checks > 100
    assert (tmp_path / "kept" / "kl_div-float32-first.jsonl").exists()


@pytest.mark.parametrize(
    "arguments", [["nowhere.yaml"], ["pyproject.toml"], ["cases/l1_loss.yaml", "--operators", "l2_loss"]]
)
def test_cases_that_cannot_be_used_are_a_usage_error(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance.power", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert arguments[-1] in done.stderr
