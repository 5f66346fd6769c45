"""The quality grade: how much of its allowance each API uses."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from conformance.report import collect, print_summary, summarise
from conformance.report.entry import Entries
from conformance.report.html import html_report
from conformance.report.quality import grade, quality_rows
from conformance.report.summary import counted
from conformance.results import read_results
from conformance.results.outline import outline_of
from tests.report.kl_check import check, footer, header


def with_ratio(ratio, **changes):
    """A record whose worst element uses this part of its allowance."""
    record = check(**changes)
    record["error"]["max_bound_ratio"] = ratio
    return record


def used(record):
    """The budget that a check uses, as it is counted in a run and as a report keeps it."""
    in_run, kept = counted(record).used, Entries().entry(0, 0, outline_of(record)).used
    assert in_run == kept
    return kept


def collected(tmp_path, records):
    """The collection, and the results, of a file with these records."""
    path = tmp_path / "run.jsonl"
    for number, record in enumerate(records):
        record["id"] += f"/{number}"
    lines = [header(), *records, footer(records)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    results = read_results(path)
    return collect([results]), results


class TestGrade:
    def test_figures_are_those_of_checks(self):
        figures = grade([number / 200 for number in range(1, 201)])
        assert (figures.median, figures.high, figures.largest) == (0.5, 0.99, 1.0)
        assert (figures.within, figures.beyond) == (200, 0)

    def test_failures_are_counted_apart_so_that_they_hide_nothing(self):
        figures = grade([0.1, 0.3, 1e9, float("inf"), 0.2])
        assert (figures.within, figures.beyond) == (3, 2)
        assert (figures.median, figures.high, figures.largest) == (0.2, 0.3, 0.3)

    def test_where_nothing_keeps_to_its_allowance(self):
        figures = grade([2.0])
        assert (figures.within, figures.beyond, figures.median, figures.largest) == (0, 1, None, None)

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=300))
    def test_at_most_one_in_a_hundred_lies_above_the_high_figure(self, ratios):
        figures = grade(ratios)
        assert figures.median <= figures.high <= figures.largest == max(ratios)
        assert sum(ratio > figures.high for ratio in ratios) <= len(ratios) / 100
        assert sum(ratio > figures.median for ratio in ratios) <= len(ratios) / 2


class TestBudget:
    def test_a_pass_and_a_mismatch(self):
        assert used(with_ratio(0.25)) == 0.25
        assert used(with_ratio(7.5, outcome="mismatch", subtype="value")) == 7.5

    def test_what_has_no_distance_is_beyond(self):
        assert used(with_ratio(None, outcome="mismatch", subtype="nonfinite")) == float("inf")
        assert used(with_ratio("Infinity", outcome="mismatch", subtype="nonfinite")) == float("inf")

    @pytest.mark.parametrize(
        "changes",
        [
            {"error": None},
            {"outcome": "vacuous"},
            {"aspect": "documented", "oracle": "document"},
            {"outcome": "mismatch", "subtype": "convention"},
        ],
    )
    def test_what_was_not_measured_counts_nowhere(self, changes):
        assert used(check(**changes)) is None

    def test_elements_that_cannot_be_judged_measure_nothing(self):
        record = with_ratio(0.0)
        record["error"]["vacuous"] = record["error"]["total"]
        assert used(record) is None


TORCH, FLOW = "torch.nn.KLDivLoss", "oneflow.nn.KLDivLoss"


@pytest.fixture
def records():
    """Two APIs, two dtypes, two modes, values and gradients."""
    return [
        with_ratio(0.5, api=TORCH),
        with_ratio(0.25, api=TORCH),
        with_ratio(3.0, api=TORCH, outcome="mismatch", subtype="value"),
        with_ratio(0.125, api=TORCH, dtype="float16"),
        with_ratio(0.75, api=TORCH, mode="compile"),
        with_ratio(0.0625, api=TORCH, aspect="gradient:input"),
        with_ratio(0.875, api=TORCH, aspect="gradient:target"),
        with_ratio(0.375, api=FLOW),
    ]


def test_a_row_for_each_api_dtype_mode_and_kind_of_aspect(tmp_path, records):
    collection, _ = collected(tmp_path, records)
    rows = {
        (row.api, row.label, row.dtype, row.aspect): (row.grade.within, row.grade.beyond, row.grade.largest)
        for row in quality_rows(collection)
    }
    assert rows == {
        (FLOW, "", "float32", "value"): (1, 0, 0.375),
        (TORCH, "", "float16", "value"): (1, 0, 0.125),
        (TORCH, "", "float32", "value"): (2, 1, 0.5),
        (TORCH, "", "float32", "gradient"): (2, 0, 0.875),
        (TORCH, "compile", "float32", "value"): (1, 0, 0.75),
    }


def test_a_line_for_each_environment_mode_and_kind_of_aspect(tmp_path, records):
    collection, _ = collected(tmp_path, records)
    assert [(line.environment, line.mode, line.aspect) for line in summarise(collection).quality] == [
        ("oneflow", "eager", "value"),
        ("torch", "eager", "value"),
        ("torch", "eager", "gradient"),
        ("torch", "compile", "value"),
    ]


def test_the_terminal_says_it_in_a_few_lines(tmp_path, records):
    collection, _ = collected(tmp_path, records)
    stream = io.StringIO()
    print_summary(summarise(collection), Console(file=stream, width=80))
    lines = stream.getvalue().splitlines()
    start = lines.index("error / allowance, of the checks that keep to it")
    assert [line.split() for line in lines[start + 1 : start + 6]] == [
        ["checks", "median", "99", "%", "largest", "beyond"],
        ["oneflow", "eager", "value", "1", "0.38", "0.38", "0.38", "."],
        ["torch", "eager", "value", "3", "0.25", "0.5", "0.5", "1"],
        ["torch", "eager", "gradient", "2", "0.062", "0.88", "0.88", "."],
        ["torch", "compile", "value", "1", "0.75", "0.75", "0.75", "."],
    ]


def test_the_page_has_every_row(tmp_path, records):
    _, results = collected(tmp_path, records)
    section = (
        html_report(collect([results])).partition('<section id="quality">')[2].partition("</section>")[0]
    )
    assert section.count("<tr>") == 1 + 5
    assert "0.062" in section


def test_a_run_without_numbers_has_no_grade(tmp_path):
    collection, results = collected(tmp_path, [check(error=None)])
    assert quality_rows(collection) == []
    assert '<section id="quality">' not in html_report(collect([results]))
