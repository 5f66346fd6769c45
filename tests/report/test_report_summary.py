"""The summary at the end of a run: right numbers, in colour, in 80 columns, or in a pipe."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from conformance.report.collect import collect
from conformance.report.summary import Tally, counted, summarise
from conformance.report.terminal import print_summary
from conformance.results import RunResults
from tests.report.kl_check import check, footer, header
from tests.report.records import run

RECORDS = list(run())


def results(checks, name="20261121T014400Z.jsonl", environments=None, complete=True):
    head = header()
    if environments is not None:
        model = head["environments"]["torch"]
        head["environments"] = {key: {**model, "version": version} for key, version in environments.items()}
        head["unavailable"] = {}
    return RunResults(Path("nowhere") / name, head, checks, footer(checks, complete))


def printed(summary, width=80, **options):
    out = io.StringIO()
    print_summary(summary, Console(file=out, width=width), **options)
    return out.getvalue()


def test_environments_stand_side_by_side():
    text = printed(
        summarise(collect([results(RECORDS)])),
        results=["reports/a.jsonl"],
        html="reports/index.html",
        seconds=12.3,
    )
    lines = [line.rstrip() for line in text.splitlines()]
    for wanted in (
        "277 checks in 3 environments, 12.3 s",
        "12 defects of documented behaviour, 13 divergences where the documentation promises nothing",
        "               mindspore  oneflow   torch",
        "                  2.10.0    0.9.0  2.13.0  all",
        "pass                 121       34      79  234",
        "crash                  1        .       .    1",
        "total                137       48      92  277",
        "defects                7        3       2   12",
        "  mindspore  3.49e+07  kl_div/reductions/reduction:none/mindspore.nn.KLDivLoss/mindspore/float64"
        "/cpu/eager/value",
        "  oneflow        30 s  kl_div/huge/default/oneflow.nn.KLDivLoss/oneflow/float32/cpu/eager/value",
        "  mindspore-ascend: no module named mindspore on host ascend01",
        "    mend it with: tox run -e mindspore-ascend --notest",
        "results  reports/a.jsonl",
        "report   reports/index.html",
    ):
        assert wanted in lines


def test_a_run_counts_its_checks_as_a_report_of_its_results_does():
    tally, told = Tally(), results(RECORDS)
    for record in RECORDS:
        tally.add(counted(record))
    verdicts = {record["id"]: ("known", "") for record in RECORDS[:5]}
    counts = {"known": 5}
    head = told.header
    assert tally.summary(head["environments"], head["unavailable"], (), counts) == summarise(
        collect([told]), verdicts
    )


def test_nothing_in_a_pipe_is_coloured_and_in_a_terminal_something_is():
    summary = summarise(collect([results(RECORDS)]))
    assert "\x1b" not in printed(summary)
    out = io.StringIO()
    print_summary(
        summary, Console(file=out, force_terminal=True, width=80, color_system="standard", no_color=False)
    )
    assert "\x1b[" in out.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_fits_however_many_environments_there_are(width):
    names = {f"torch-2.{minor}-with-a-name": f"2.{minor}.0" for minor in range(9)}
    checks = [check(environment=name, id=f"{name}-{n}") for name in names for n in range(3)]
    text = printed(summarise(collect([results(checks, environments=names)])), width)
    table = text.partition("largest error")[0]
    assert max(map(len, table.splitlines()[2:])) <= width
    for name in names:
        assert name in table.replace("\n", "")
    assert sum(line.split().count("3") for line in table.splitlines() if line.startswith("pass")) == 9


def test_no_environment_and_no_check_is_said():
    head = results([], environments={})
    text = printed(summarise(collect([head])))
    assert text.splitlines()[0] == "0 checks in 0 environments"


def test_an_incomplete_run_is_said():
    assert "a.jsonl is incomplete: its run was stopped" in printed(
        summarise(collect([results(RECORDS[:3], "a.jsonl", complete=False)]))
    )


def test_verdicts_are_counted_where_they_are_given():
    verdicts = {record["id"]: ("ok", "") for record in RECORDS[:5]} | {
        RECORDS[7]["id"]: ("regression", "was pass")
    }
    text = printed(summarise(collect([results(RECORDS)]), verdicts))
    assert "  ok                  5\n  regression          1\n" in text
    assert "verdicts" not in printed(summarise(collect([results(RECORDS)])))


def test_markup_and_control_characters_of_others_are_shown_not_obeyed():
    head = results([check(id="[red]x[/red]\x1b]0;y\x07")])
    head.header["unavailable"] = {"[b]a": {"reason": "\x1b[2Jgone\n\u202e", "mend": "[link=http://x]"}}
    text = printed(summarise(collect([head])))
    assert "[red]x[/red]\\x1b]0;y\\x07" in text
    assert "  [b]a: \\x1b[2Jgone\\n\\u202e\n    mend it with: [link=http://x]\n" in text


def test_the_worst_is_the_farthest_off_but_no_other_convention():
    mild = check(id="mild", give=lambda want: want * 1.01, outcome="mismatch", subtype="value")
    wild = check(id="wild", give=lambda want: want * 2, outcome="mismatch", subtype="value")
    other = check(id="other", give=lambda want: want * 9, outcome="mismatch", subtype="convention")
    column = summarise(collect([results([mild, wild, other], environments={"torch": "1"})])).columns[0]
    assert column.worst is not None
    assert column.worst.id == "wild"
    assert (column.defects, column.divergences) == (3, 0)


def test_failures_that_no_document_forbids_are_divergences():
    record = check(level="observe", give=lambda want: want * 2, outcome="mismatch", subtype="value")
    column = summarise(collect([results([record], environments={"torch": "1"})])).columns[0]
    assert (column.defects, column.divergences) == (0, 1)


def test_one_name_in_two_files_is_two_environments():
    old, new = (
        results([check()], name, {"torch": version})
        for name, version in (("old.jsonl", "1"), ("new.jsonl", "2"))
    )
    collection = collect([old, new])
    assert list(collection.environments) == ["torch (new)", "torch (old)"]
    assert [entry.environment for entry in collection.entries] == ["torch (old)", "torch (new)"]
    assert len(collection.peers(check()["call"])) == 2
    assert [column.version for column in summarise(collection).columns] == ["2", "1"]


def test_two_files_of_one_name_are_two_environments_too():
    collection = collect([results([check()], "a.jsonl", {"torch": "1"}) for _ in range(2)])
    assert list(collection.environments) == ["torch (a)", "torch (a)'"]


def test_a_check_of_an_environment_that_no_header_names():
    collection = collect([results([check(environment="stray")], environments={})])
    assert collection.environments == {"stray": None}
    assert summarise(collection).columns[0].version == "2.13.0"
