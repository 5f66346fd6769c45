"""What the cases cover, and what of the documents none of them exercises."""

from __future__ import annotations

import pytest

from conformance.report import collect
from conformance.report.coverage import Coverage, coverage
from conformance.report.html import html_report
from tests.report.kl_check import check, parameter
from tests.report.pages import Page
from tests.report.records import run
from tests.report.test_report_summary import results

API = "torch.nn.KLDivLoss"
REDUCTION = [parameter("reduction", "'mean'", ["'none'", "'mean'", "'sum'"])]


def covered(checks, parameters=None, **changes) -> Coverage:
    """The coverage of checks of one API, of which its document says this."""
    told = results(checks)
    form = {**told.header["apis"][API], "dtypes": ["float32"], **changes}
    form["parameters"] = REDUCTION if parameters is None else parameters
    told.header["apis"] = {API: form}
    (found,) = coverage(collect([told]))
    return found


def of(aspect="value", features=(), **changes):
    return check(api=API, aspect=aspect, features=list(features), **changes)


def missing(found):
    return dict(found.missing).get(API, ())


ASPECTS = [of("value"), of("gradient:input"), of("error")]


def test_a_value_that_no_case_exercises_is_listed():
    found = covered([*ASPECTS, of(features=["reduction:none"])])
    assert missing(found) == ("reduction=sum",)
    assert (
        missing(covered([*ASPECTS, *(of(features=[f"reduction:{word}"]) for word in ("none", "sum"))])) == ()
    )


def test_a_default_is_exercised_where_it_is_left_out_and_has_to_be():
    given = [of(aspect, [f"reduction:{word}"]) for word in ("none", "sum") for aspect in ("value", "error")]
    found = covered([*given, of("gradient:input", ["reduction:sum"])])
    assert missing(found) == ("reduction=mean", "reduction left out")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dtypes": ["float16", "float32"], "parameters": []}, "float16"),
        ({"dtypes": None, "parameters": []}, "float64"),
        ({"parameters": [parameter("beta", "1.0")]}, "beta given"),
        ({"parameters": [parameter("flag", "None", ["None", "True"])]}, "flag=true"),
    ],
)
def test_dtypes_and_parameters_that_nothing_exercises(changes, words):
    assert missing(covered(ASPECTS, **changes)) == (words,)


def test_an_input_that_may_be_left_out_is_exercised_where_it_is_given():
    weighted = [parameter("target", "None")]
    assert missing(covered(ASPECTS, weighted)) == ("target left out",)
    assert missing(covered([*ASPECTS, of(inputs={})], weighted)) == ()


@pytest.mark.parametrize("aspect", ["value", "gradient:input", "error"])
def test_aspects_that_nothing_exercises(aspect):
    checks = [each for each in ASPECTS if each["aspect"] != aspect]
    assert f"no aspect {aspect.partition(':')[0]}" in missing(covered(checks))


def test_a_check_that_did_not_run_covers_nothing():
    found = covered([*ASPECTS, of(features=["reduction:sum"], outcome="not_run")])
    assert "reduction=sum" in missing(found)
    assert found.checks == 3


def test_every_check_is_counted_in_every_table():
    records = list(run())
    for each in coverage(collect([results(records)])):
        aspects, values = each.tables
        for table, names in ((aspects, each.operator), (values, "reduction ")):
            cells = [
                cell for name, row in table.rows if table is aspects or name.startswith(names) for cell in row
            ]
            assert sum(cell.count for cell in cells if cell) == each.checks


def test_the_view_says_what_is_missing_and_leads_to_the_rest():
    told = results([of(features=["reduction:none"])])
    told.header["selection"]["whole"] = False
    text = html_report(collect([told]))
    page = Page(text)
    assert "This run was of a part of the checks" in page.text()
    assert "torch.nn.KLDivLoss : no aspect gradient, no aspect error" in page.text()
    link = "#checks?operator=kl_div&api=torch.nn.KLDivLoss&feature=reduction%3Anone"
    assert link in page.values("href")


@pytest.mark.parametrize(("whole", "complete", "told"), [(True, True, 0), (True, False, 1), (False, True, 1)])
def test_a_part_of_a_run_is_told(whole, complete, told):
    run = results([of()], complete=complete)
    run.header["selection"]["whole"] = whole
    assert Page(html_report(collect([run]))).text().count("This run was of a part of the checks") == told


def test_without_signatures_checks_are_counted_all_the_same():
    told = results([of()])
    del told.header["apis"]
    (found,) = coverage(collect([told]))
    assert [table.title for table in found.tables] == ["Aspects and dtypes"]
