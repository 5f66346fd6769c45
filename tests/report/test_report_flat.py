"""The report as CSV and Markdown, the compatibility matrix, the trend over runs, and the baseline."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from conformance.cli.report import command
from conformance.report import collect
from conformance.report.baseline import Baseline
from conformance.report.compatibility import compatibility
from conformance.report.flat import csv_report, markdown_report, text
from conformance.report.html import html_report
from conformance.report.trend import trend
from tests.report.kl_check import check, footer, header
from tests.report.pages import Page, rows
from tests.report.records import run
from tests.report.test_report_summary import results

RECORDS = list(run())
TWICE = {"outcome": "mismatch", "subtype": "value", "give": lambda want: want * 2}


def cell(records, feature):
    """The only API's cell of a feature."""
    (matrix,) = compatibility(collect([results(records)]))
    found = {row.feature: row.cells for _, group in matrix.groups for row in group}
    (only,) = found[feature]
    return only


def features(*names, undocumented=(), **more):
    return check(features=["dtype:float32", *names], undocumented=list(undocumented), **more)


def test_csv_has_a_line_a_check():
    lines = list(csv.DictReader(csv_report(collect([results(RECORDS)]), {}).splitlines()))
    assert [line["outcome"] for line in lines] == [record["outcome"] for record in RECORDS]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@a"])
def test_no_text_is_a_formula(start):
    (line,) = csv.DictReader(csv_report(collect([results([check(detail=start)])]), {}).splitlines())
    assert line["detail"] == f"'{start}"


def test_markdown_has_outcomes_findings_and_compatibility():
    said = markdown_report(collect([results(RECORDS)]))
    assert "277 checks in 3 environments." in said
    assert "## Defects of documented behaviour" in said
    assert r"## Compatibility: kl\_div" in said


@pytest.mark.parametrize("word", ["<b>", "a|b", "[x](y)", "`c`", "@here", "\x1b[31m\u202e", "*_*"])
def test_text_of_others_is_no_markdown(word):
    assert not set(text(word).replace("\\" + word[0], "")) & {"\x1b", "\u202e", "\n"}
    plain = text(word)
    for at, character in enumerate(plain):
        if character in "<>|[]()`@*_":
            assert plain[at - 1] == "\\"


def test_a_feature_works_differs_or_is_refused():
    right, wrong = features("empty", case="a"), features("empty", case="b", **TWICE)
    refusal = features("empty", case="c", outcome="error", actual=None, error=None)
    assert (cell([right], "empty").verdict, cell([right], "empty").numbers) == ("works", "1")
    assert cell([wrong, right], "empty").verdict == "differs"
    several = [features("empty", case=f"r{n}") for n in range(2)]
    assert (cell([wrong, *several], "empty").verdict, cell([wrong, *several], "empty").numbers) == (
        "partly differs",
        "1 of 3",
    )
    assert cell([refusal], "empty").verdict == "refused"
    assert cell([refusal, right], "empty").verdict == "partly refused"


def test_a_choice_is_told_from_ordinary_checks_in_which_all_else_is_documented():
    ordinary = features("reduction:sum", case="a")
    special = features("reduction:sum", "nan", case="b", **TWICE)
    undocumented = features("reduction:sum", undocumented=["dtype:float32"], case="c", **TWICE)
    told = cell([ordinary, special, undocumented], "reduction:sum")
    assert (told.verdict, told.documented) == ("works", True)
    assert not cell([undocumented], "reduction:sum").documented
    assert cell([ordinary, special], "nan").verdict == "differs"


def test_the_trend_goes_from_the_oldest_run_to_the_newest():
    old, new = (
        results([check(case="a"), check(case="b")], "old.jsonl"),
        results([check(case="a", **TWICE)], "new.jsonl"),
    )
    old.header["started"], new.header["started"] = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"
    found = trend(collect([new, old]))
    assert found is not None
    assert [name for _, name in found.runs] == ["old.jsonl", "new.jsonl"]
    (row,) = found.rows
    assert [(point.passing, point.failing, point.step) for point in row.cells] == [
        ("100.0 %", "0 fail", ""),
        ("0.0 %", "1 fail", "+1"),
    ]
    assert 'id="view-runs"' in html_report(collect([new, old]))
    assert trend(collect([old])) is None


def test_what_changed_since_the_baseline_is_counted_and_can_be_filtered():
    record = check()
    page = html_report(
        collect([results([record])]), baseline=Baseline("old.jsonl", {record["id"]: "newly failing"}, 2)
    )
    assert "Since old.jsonl 1 newly failing 2 vanished" in Page(page).text()
    assert [row["change"] for row in rows(page)] == ["newly failing"]


@pytest.fixture
def files(tmp_path):
    """Two results files: in the newer one a check has begun to fail."""
    paths = []
    for name, more in (("old", {}), ("new", TWICE)):
        records = [check(**more)]
        paths.append(tmp_path / f"{name}.jsonl")
        lines = (json.dumps(each) for each in (header(), *records, footer(records)))
        paths[-1].write_text("".join(f"{line}\n" for line in lines))
    return paths


@pytest.mark.parametrize(
    ("form", "start"), [("markdown", "# Operator"), ("csv", "id,"), ("html", "<!doctype")]
)
def test_the_command_writes_every_format(files, tmp_path, form, start):
    target = tmp_path / "out"
    done = CliRunner().invoke(
        command, [str(files[1]), "-o", str(target), "--format", form], standalone_mode=False
    )
    assert done.exception is None
    assert target.read_text("utf-8").startswith(start)


def test_the_command_compares_with_a_baseline(files, tmp_path):
    target = tmp_path / "out.html"
    arguments = [str(files[1]), "-o", str(target), "--baseline", str(files[0])]
    assert CliRunner().invoke(command, arguments, standalone_mode=False).exception is None
    assert "Since old.jsonl 1 newly failing" in Page(target.read_text("utf-8")).text()


def test_a_baseline_goes_with_one_file_only(files):
    done = CliRunner().invoke(command, [*map(str, files), "--baseline", str(files[0])])
    assert done.exit_code == 2
    assert "--baseline goes with one results file" in done.output
