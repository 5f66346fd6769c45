"""Runs that stay in their files: outlines at once, the rest when asked for, nothing believed unseen."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from conformance.report import collect
from conformance.report.flat import csv_report
from conformance.report.html import html_report
from conformance.results import ResultsError, RunResults, StoredRun, outlines_of, read_results
from conformance.results.outline import Peer, outline_of
from conformance.results.validate import problem_of
from tests.fakes.results_files import failing, write
from tests.report.hostile import strange
from tests.report.kl_check import check
from tests.report.records import run

RECORDS = list(run())


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write(tmp_path_factory.mktemp("stored") / "run.jsonl", RECORDS)


def test_outlines_are_those_of_the_whole_records_and_these_can_be_had(path):
    whole = read_results(path).checks
    stored = StoredRun(path)
    assert list(stored.outlines()) == [outline_of(record) for record in whole]
    assert [stored.whole(place) for place in range(len(whole))] == whole
    assert stored.complete
    assert stored.header == read_results(path).header


def test_peers_are_parts_of_the_whole_records(path):
    whole = read_results(path).checks
    stored = StoredRun(path)
    list(stored.outlines())
    places = [5, 0, len(whole) - 1]
    assert list(stored.peers(places)) == [
        {key: whole[place][key] for key in Peer.__annotations__} for place in places
    ]


def test_a_page_of_the_file_is_the_page_of_its_records(path):
    stored, read = collect([StoredRun(path)]), collect([read_results(path)])
    assert html_report(stored) == html_report(read)
    assert csv_report(stored, {}) == csv_report(read, {})


@settings(max_examples=50, deadline=None)
@given(record=strange(lambda: RECORDS[-20:]))
def test_every_record_that_the_reader_accepts_has_an_outline(record, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("strange") / "run.jsonl", [record])
    stored = StoredRun(path)
    (outline,) = list(stored.outlines())
    assert outline.id == record["id"]
    assert stored.whole(0) == json.loads(json.dumps(record))


@pytest.mark.parametrize("key", ["error", "actual", "features", "level", "outcome", "inputs", "seconds"])
def test_what_is_wrong_with_an_outline_is_told_as_the_reader_tells_it(tmp_path, key):
    broken = {**failing(), key: "nonsense"}
    path = write(tmp_path / "run.jsonl", [broken])
    with pytest.raises(ResultsError) as told:
        read_results(path)
    with pytest.raises(ResultsError) as found:
        list(StoredRun(path).outlines())
    assert (found.value.line, str(found.value)) == (told.value.line, str(told.value)) == (2, str(told.value))
    assert problem_of(broken) in str(told.value)


@pytest.mark.parametrize("key", ["attributes", "call_style", "expected"])
def test_what_is_wrong_with_the_rest_is_told_when_it_is_read(tmp_path, key):
    path = write(tmp_path / "run.jsonl", [check(), {**failing(case="b"), key: "nonsense"}])
    stored = StoredRun(path)
    assert len(list(stored.outlines())) == 2
    stored.whole(0)
    with pytest.raises(ResultsError, match="nonsense") as found:
        stored.whole(1)
    assert found.value.line == 3


def test_a_value_of_a_peer_is_looked_at(tmp_path):
    record = failing()
    record["actual"]["dtype"] = 3
    stored = StoredRun(write(tmp_path / "run.jsonl", [record]))
    list(stored.outlines())
    with pytest.raises(ResultsError, match="expected text, got 3"):
        list(stored.peers([0]))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda lines: [*lines[:2], lines[1], lines[2]], "a second check"),
        (lambda lines: [*lines, lines[1]], "a line after the footer"),
        (lambda lines: lines[:2], "has no footer"),
        (lambda lines: [lines[1]], "is no results file"),
        (lambda lines: [lines[0], lines[1][:200]], "cut off"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, change, problem):
    path = write(tmp_path / "run.jsonl", [check()])
    lines = change(path.read_text().splitlines())
    path.write_text("\n".join(lines) + ("" if problem == "cut off" else "\n"))
    with pytest.raises(ResultsError, match=problem):
        list(StoredRun(path).outlines())


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = write(tmp_path / "run.jsonl", [check()])
    stored = StoredRun(path)
    list(stored.outlines())
    path.write_bytes(b"{" * path.stat().st_size)
    with pytest.raises(ResultsError, match="changed while it was read"):
        stored.whole(0)
    path.unlink()
    with pytest.raises(ResultsError, match="cannot be read"):
        stored.whole(0)


def test_records_in_memory_have_outlines_too():
    made = RunResults(None, {}, RECORDS, None)
    assert [outline.id for outline in outlines_of(made)] == [record["id"] for record in RECORDS]
