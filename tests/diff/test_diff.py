"""Two results files side by side."""

from __future__ import annotations

import json

import pytest

from conformance.diff import FORMATS, Kind, UnknownEnvironmentError, compare
from conformance.results import ResultsError
from tests.fakes.results_files import failing, first_line, write
from tests.report.kl_check import check

PASS, FAIL = check(case="a"), failing(case="a")
UNSUPPORTED = check(case="a", outcome="unsupported", error=None)
DEGRADED = check(case="a", outcome="degraded", detail="naive summation")
CRASH = failing(case="a", outcome="crash", subtype=None, hypothesis=None)
OTHER = failing(case="a") | {"fingerprint": "ffffffffffff"}
REWORDED = failing(case="a", hypothesis={"name": "two-fold", "text": "the formula times 2"})
NOT_RUN = check(case="a", outcome="not_run", error=None)


@pytest.fixture
def difference(tmp_path):
    """Compares two lists of checks."""

    def make(old, new, *, first=None, then=None, **options):
        before = write(tmp_path / "old.jsonl", old, first)
        return compare(before, write(tmp_path / "new.jsonl", new, then), **options)

    return make


def using(ratio, **changes):
    """A passing check that uses up so much of its bound."""
    record = check(case="a", **changes)
    record["error"]["max_bound_ratio"] = ratio
    return record


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (PASS, FAIL, Kind.NEWLY_FAILING),
        (DEGRADED, CRASH, Kind.NEWLY_FAILING),
        (UNSUPPORTED, FAIL, Kind.NEWLY_FAILING),
        (NOT_RUN, FAIL, Kind.NEWLY_FAILING),
        (PASS, DEGRADED, Kind.WORSE),
        (PASS, UNSUPPORTED, Kind.WORSE),
        (PASS, NOT_RUN, Kind.WORSE),
        (FAIL, NOT_RUN, Kind.WORSE),
        (FAIL, CRASH, Kind.CHANGED),
        (FAIL, OTHER, Kind.CHANGED),
        (FAIL, PASS, Kind.NEWLY_PASSING),
        (DEGRADED, PASS, Kind.NEWLY_PASSING),
        (FAIL, DEGRADED, Kind.IMPROVED),
        (UNSUPPORTED, PASS, Kind.NEWLY_PASSING),
        (using(0.3), using(0.6), Kind.GROWN),
        (using(0.01), using(0.1), Kind.GROWN),
        (using(0.3), using(0.59), None),
        (using(0.01), using(0.09), None),
        (using(0.6), using(0.3), None),
        (using(0.6), using(None), None),
        (PASS, PASS, None),
        (FAIL, FAIL, None),
        (FAIL, REWORDED, None),
    ],
)
def test_what_has_become_of_a_check(difference, old, new, kind):
    found = difference([old], [new])
    assert [change.kind for change in found.changes] == ([] if kind is None else [kind])
    assert found.same == (kind is None)
    assert bool(found.regressions) is (kind in (Kind.NEWLY_FAILING, Kind.WORSE, Kind.CHANGED))


def test_what_is_new_and_what_is_gone_are_no_regressions(difference):
    found = difference([PASS, check(case="gone")], [PASS, failing(case="new")])
    assert [(change.kind, change.id.split("/")[1]) for change in found.changes] == [
        (Kind.APPEARED, "new"),
        (Kind.VANISHED, "gone"),
    ]
    assert found.regressions == 0


def test_the_order_of_checks_does_not_matter(difference):
    checks = [check(case=case) for case in "abcdef"]
    assert difference(checks, checks[::-1]).same == len(checks)


def test_the_factor_is_asked_for(difference):
    assert difference([using(0.3)], [using(0.4)], factor=1.3).of(Kind.GROWN)


class TestEnvironments:
    def head(self, *names, framework="torch"):
        first = first_line()
        form = next(each for each in first["environments"].values() if each["framework"] == framework)
        return {**first, "environments": dict.fromkeys(names, form)}

    def at(self, name, **changes):
        record = check(case="a", **changes)
        return {**record, "id": record["id"].replace("/torch/", f"/{name}/"), "environment": name}

    def test_one_of_a_framework_each_is_the_same(self, difference):
        found = difference([self.at("old")], [self.at("new")], first=self.head("old"), then=self.head("new"))
        assert (found.same, found.mapped) == (1, {"old": "new"})

    def test_of_several_each_stands_for_itself_unless_it_is_said(self, difference):
        heads = {"first": self.head("a", "b"), "then": self.head("b", "c")}
        old, new = [self.at("a"), self.at("b")], [self.at("b"), self.at("c")]
        assert len(difference(old, new, **heads).changes) == 2
        assert difference(old, new, mapped={"a": "c"}, **heads).same == 2

    def test_what_is_said_is_taken_first(self, difference):
        heads = {"first": self.head("a"), "then": self.head("b")}
        first, then = heads["first"], heads["then"]
        first["unavailable"] = {"x": {"reason": "", "mend": ""}}
        found = difference([self.at("a"), self.at("x")], [self.at("b")], mapped={"x": "b"}, **heads)
        assert found.mapped == {"x": "b"}
        assert then["environments"].keys() == {"b"}
        assert (found.same, [change.kind for change in found.changes]) == (1, [Kind.VANISHED])

    @pytest.mark.parametrize(
        ("mapped", "message"),
        [
            ({"x": "new"}, "the old file has no environment 'x'; it has old"),
            ({"old": "x"}, "the new file has no environment 'x'; it has new"),
        ],
    )
    def test_names_that_are_none(self, difference, mapped, message):
        with pytest.raises(UnknownEnvironmentError) as caught:
            difference([], [], first=self.head("old"), then=self.head("new"), mapped=mapped)
        assert str(caught.value) == message


def test_two_versions_of_the_suite_are_refused(difference):
    first = first_line()
    first["suite"]["version"] = "0.0.7"
    with pytest.raises(ResultsError, match=r"old\.jsonl:1: was made by version 0\.0\.7 of the suite, .*new"):
        difference([PASS], [PASS], first=first)


class TestFormats:
    @pytest.fixture
    def mixed(self, difference):
        good = [check(case=f"n{at}") for at in range(8)]
        bad = [failing(case=f"n{at}") for at in range(8)]
        return difference(
            [*good, FAIL, using(0.3, dtype="float64")], [*bad, PASS, using(0.9, dtype="float64")]
        )

    def test_text_folds_by_cause_and_ends_with_the_verdict(self, mixed):
        text = FORMATS["text"](mixed)
        assert (
            "newly failing: pass, now mismatch (value), doubled, torch.nn.KLDivLoss, 8 checks in torch"
            in text
        )
        assert "  and 3 more\n" in text
        assert "(error/bound 0.3 -> 0.9)" in text
        assert text.endswith("\n8 regressions\n")

    def test_json_has_every_change(self, mixed):
        form = json.loads(FORMATS["json"](mixed))
        assert (form["regressions"], form["counts"]["newly passing"]) == (8, 1)
        assert len(form["changes"]) == 10
        assert form["changes"][0] == {
            "kind": "newly failing",
            "regression": True,
            "id": check(case="n0")["id"],
            "old": {**form["changes"][0]["old"], "outcome": "pass", "subtype": None, "cause": ""},
            "new": {
                **form["changes"][0]["new"],
                "outcome": "mismatch",
                "subtype": "value",
                "cause": "doubled",
            },
        }

    def test_markdown_is_one_table_a_kind(self, mixed):
        text = FORMATS["markdown"](mixed)
        assert text.startswith("## 8 regressions\n")
        assert "### newly failing\n\n| what | API | environment | checks | such as |\n| --- |" in text
        assert all(line.count(" | ") == 4 for line in text.splitlines() if line.startswith("| pass"))

    @pytest.mark.parametrize("style", FORMATS)
    def test_names_of_others_do_no_harm(self, difference, style):
        hostile = failing(case="a`|<b>\x1b[31m\n# x")
        text = FORMATS[style](difference([], [hostile]))
        assert "\x1b" not in text
        assert "\n# x" not in text
        if style == "markdown":
            row = next(line for line in text.splitlines() if "KLDivLoss" in line and "such" not in line)
            assert row.replace("\\|", "").count("|") == 6

    def test_nothing_differs(self, difference):
        assert FORMATS["text"](difference([PASS], [PASS])).endswith("no regression\n")
