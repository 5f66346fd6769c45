"""The few keys of each check: the same as those of the whole records, and the same faults."""

from __future__ import annotations

import json

import pytest

from conformance.results import ResultsError, Skim, pick_results, read_results
from conformance.results.lines import encode
from tests.report.records import results_file


@pytest.fixture
def path(tmp_path):
    """The fixture run: every outcome that there is."""
    file = tmp_path / "r.jsonl"
    file.write_bytes(b"".join(encode(line) + b"\n" for line in results_file()))
    return file


def part(brief, whole):
    """The part of a whole value that has the keys of a brief one."""
    if isinstance(brief, dict):
        return {key: part(value, whole[key]) for key, value in brief.items()}
    return whole


def test_briefs_are_the_parts_of_records(path):
    run, skim = read_results(path, incomplete=True), Skim(path, incomplete=True)
    briefs = list(skim)
    assert (skim.header, skim.footer) == (run.header, run.footer)
    assert briefs == [part(brief, record) for brief, record in zip(briefs, run.checks, strict=True)]
    assert json.loads(json.dumps(briefs)) == briefs


def test_whole_records_of_those_that_are_wanted(path):
    records = read_results(path, incomplete=True).checks
    wanted = [record for record in records if record["outcome"] == "mismatch"]
    assert list(pick_results(path, lambda brief: brief["outcome"] == "mismatch")) == wanted
    assert list(pick_results(path, lambda brief: False)) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"outcome":"pass"',
            '"outcome":"fine"',
            r"r\.jsonl:2: check\.outcome: expected one of .*, got 'fine'",
        ),
        ('"mismatched":0', '"mismatched":"0"', r"r\.jsonl:2: check\.error\.mismatched: expected a whole"),
        ('"subtype":null', '"subtype":7', r"r\.jsonl:2: check\.subtype: expected one of"),
        ('"id":', '"name":', r"r\.jsonl:2: check: key id is missing"),
        ('"kind":"check"', '"kind":"check",', r"r\.jsonl:2: broken line"),
    ],
)
def test_what_is_wrong_with_a_line_is_told_as_of_a_whole_one(path, old, new, message):
    first, second, rest = path.read_text().split("\n", 2)
    assert old in second
    path.write_text("\n".join([first, second.replace(old, new, 1), rest]))
    for read in (lambda: list(Skim(path)), lambda: read_results(path)):
        with pytest.raises(ResultsError, match=message):
            read()


def test_the_header_is_there_before_the_checks_are_read(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + "broken\n")
    skim = Skim(path)
    assert skim.header["kind"] == "header"
    with pytest.raises(ResultsError, match=":2: "):
        next(iter(skim))
