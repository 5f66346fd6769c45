"""The HTML page: whole, safe, self-contained, and small."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
import subprocess
import sys
from html import unescape
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings

from conformance.report.collect import OUTCOMES, collect
from conformance.report.html import html_report, write_html
from conformance.report.visible import visible
from conformance.results import ResultsError
from tests.report.hostile import strange
from tests.report.kl_check import check
from tests.report.pages import Page, report, rows
from tests.report.records import run
from tests.report.test_report_summary import results
from tests.report.test_report_tolerance import hostile, poisoned

RECORDS = list(run())


@pytest.fixture(scope="module")
def text():
    return html_report(collect([results(RECORDS)]))


def test_the_page_is_well_formed_and_says_the_numbers(text):
    page = Page(text)
    words = page.text()
    assert "277 checks in 3 environments ✗ 12 defects of documented behaviour, 13 divergences" in words
    assert "mindspore-ascend could not run: no module named mindspore on host ascend01" in words
    assert "mindspore mindspore 2.10.0 3.11.7 2.4.6 cpu Linux-x86_64 2" in words
    for outcome in OUTCOMES:
        assert f"o-{outcome}" in text


def test_the_views_stand_in_order(text):
    order = [value for value in Page(text).values("id") if value.startswith("view-")]
    assert order == [
        *("view-overview", "view-compatibility", "view-numbers", "view-coverage"),
        *("view-checks", "view-check", "view-compare"),
    ]


def test_every_link_has_its_target(text):
    page = Page(text)
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    targets = {link.partition("?")[0] for link in page.values("href")}
    assert {"#checks", "#check", "#compatibility"} <= targets
    for target in targets:
        assert target[1:] in ids or f"view-{target[1:]}" in ids


def test_every_link_to_checks_finds_some(text):
    known = rows(text)
    links = {link for link in Page(text).values("href") if link.startswith("#checks?")}
    assert len(links) > 100
    for link in links:
        filters = parse_qs(link.partition("?")[2], keep_blank_values=True)
        features = set(filters.pop("feature", ()))
        found = [
            row
            for row in known
            if all(row[name] in wanted for name, wanted in filters.items())
            and features <= set(row["features"])
        ]
        assert found, link


def test_a_finding_leads_to_as_many_checks_as_it_counts(text):
    known = rows(text)
    for link, words in re.findall(r'<a href="#checks\?([^"]+)">([\d,]+) checks?</a></p>', text):
        filters = parse_qs(unescape(link), keep_blank_values=True)
        found = [row for row in known if all(row[name] in wanted for name, wanted in filters.items())]
        assert len(found) == int(words.replace(",", ""))


def test_the_table_has_every_check(text):
    known = rows(text)
    assert [row["id"] for row in known] == [visible(record["id"]) for record in RECORDS]
    assert [row["outcome"] for row in known] == [record["outcome"] for record in RECORDS]


def test_every_check_that_is_not_right_has_its_whole_report(text):
    for record in RECORDS:
        if record["outcome"] not in ("pass", "unsupported", "observed", "not_run"):
            headline, sections = report(text, visible(record["id"]))
            assert headline
            assert visible(record["id"]) in sections["check"]


def test_conventions_are_shown_per_api_and_dtype(text):
    section = text.partition('id="conventions"')[2].partition("</section>")[0]
    words = Page(f"<section>{section.partition('>')[2]}</section>").text()
    assert "What is 0 log 0? kl_div: zero_target" in words
    assert "mindspore.ops.kl_div ≠ nan ≠ nan ≠ nan ≠ nan" in words
    assert "torch.nn.KLDivLoss ✓ zero ✓ zero ✓ zero ✓ zero" in words
    assert "oneflow.nn.KLDivLoss · · ✓ zero ✓ zero" in words


def test_a_convention_followed_now_and_then_says_how_often():
    answers = ["zero", "zero", "nan"]
    checks = [check(id=f"{n}", conventions={"zero_target": choice}) for n, choice in enumerate(answers)]
    assert "≠ nan, 1 of 3 ✓ zero, 2 of 3" in Page(html_report(collect([results(checks)]))).text()


def test_findings_are_folded_and_documented_promises_come_first(text):
    defects = text.partition('id="defects"')[2].partition("</section>")[0]
    headings = re.findall(r"</span>([\w.]+) <small>([^<]+)</small></h3>", defects)
    assert ("mindspore", "mismatch (value), float32_log") in headings
    assert ("mindspore", "mismatch (convention), zero_target=nan") in headings
    assert len(headings) == len(set(headings))
    assert text.index('id="defects"') < text.index('id="divergences"')


def test_a_report_has_exact_numbers_and_a_script(text):
    failing = next(record for record in RECORDS if record["hypothesis"] is not None)
    _, sections = report(text, failing["id"])
    assert failing["hypothesis"]["text"] in sections["why"]
    assert re.search(r"-?0x1\.[0-9a-f]+p[+-]\d+", "".join(sections.values()))
    assert "mindspore.set_context(mode=mindspore.PYNATIVE_MODE" in sections["reproducer"]


def test_nothing_is_fetched_and_one_script_and_one_style_are_allowed(text):
    page = Page(text)
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    assert page.values("src") == page.values("style") == []
    assert not [value for _, name, value in page.attributes if name.startswith("on")]
    style = re.search(r"<style>(.*)</style>", text, re.DOTALL)[1]
    (script,) = re.findall(r'<script id="program">(.*?)</script>', text, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in (script, style)]
    policy = (
        f"default-src 'none'; script-src 'sha256-{digests[0]}'; style-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert policy in page.values("content")
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|innerHTML|eval)\b", script)


def test_verdicts_are_shown_where_they_are_given():
    failing = next(record for record in RECORDS if record["outcome"] == "mismatch")
    text = html_report(collect([results(RECORDS)]), {failing["id"]: ("regression", 'was "pass" <yesterday>')})
    assert "1 regression" in Page(text).text()
    (row,) = (row for row in rows(text) if row["id"] == failing["id"])
    assert (row["verdict"], row["reason"]) == ("regression", 'was "pass" <yesterday>')


def test_several_files_and_an_incomplete_one():
    other = results([check()], "old.jsonl", {"torch": "2.6.0"}, complete=False)
    words = Page(html_report(collect([results(RECORDS), other]))).text()
    assert "old.jsonl is incomplete" in words
    assert "278 checks in 4 environments" in words
    assert "torch (20261121T014400Z)" in words
    assert "torch (old)" in words


def test_an_empty_run_has_a_page():
    words = Page(html_report(collect([results([], environments={})]))).text()
    assert "0 checks in 0 environments ✓ no defects of documented behaviour" in words


def test_a_thousand_failing_checks_stay_small():
    checks = [
        check(
            variant=f"seed:{n}", shape=(16, 30), reduction="none", outcome="mismatch", subtype="value",
            give=lambda want: want * 2, hypothesis={"name": f"cause-{n}", "text": f"cause {n}"},
        )
        for n in range(1000)
    ]  # fmt: skip
    text = html_report(collect([results(checks)]))
    assert len(text) < 1_500_000
    assert text.count('<article class="finding"') == 1000


ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>",
    "{{ 7 * 7 }}",
    "--></pre>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_of_others_is_never_markup(attack):
    checks = [poisoned(record, attack) for record in RECORDS[-20:] + RECORDS[:10]]
    run_results = results(checks)
    head = copy.deepcopy(run_results.header)
    head["environments"][attack] = {**head["environments"]["torch"], "version": attack}
    head["suite"]["command"] = head["started"] = attack
    head["unavailable"] = {attack: {"reason": attack, "mend": attack}}
    for convention in head["conventions"]["kl_div"].values():
        convention.update(question=attack, source=attack, choices={attack: attack})
    run_results.header.update(head)
    verdicts = {record["id"]: (attack, attack) for record in checks}
    run_results.header["apis"] = {
        attack + name: {**form, "kind": attack, "inputs": {attack: attack}, "dtypes": [attack]}
        for name, form in head["apis"].items()
    }
    page = Page(html_report(collect([run_results]), verdicts))
    assert page.scripts[-1] == Page(html_report(collect([]))).scripts[-1]
    assert set(page.tags) <= set(Page(html_report(collect([results(RECORDS)]))).tags)
    assert not {name for _, name, _ in page.attributes} & {"src", "onerror", "style"}
    assert "49" not in page.text().partition("could not run")[2][:40]


@settings(max_examples=25, deadline=None)
@given(record=strange(lambda: RECORDS[-20:]), word=hostile)
def test_any_record_that_the_reader_accepts_has_a_page(record, word):
    Page(html_report(collect([results([record, poisoned(record, word)], environments={})])))


def test_the_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # beside the results there may be those of a power run
    path = write_html(tmp_path / "new" / "index.html", collect([results(RECORDS[:3])]))
    assert path.read_text("utf-8").rstrip().endswith("</html>")
    assert [each.name for each in path.parent.iterdir()] == ["index.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match=r"index\.html: cannot be written"):
        write_html(tmp_path / "file" / "index.html", collect([]))


def test_reports_need_no_framework_and_no_run_layer():
    code = (
        "import sys, conformance.report.html, conformance.report.terminal\n"
        "bad = ('conformance.run', 'conformance.environments', 'conformance.compare', "
        "'torch', 'mindspore', 'oneflow')\n"
        "sys.exit(str([name for name in sys.modules if name.startswith(bad)] or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_unseen_characters_are_seen(text):
    assert "\u202e" not in text
    turned = next(each for each in RECORDS if "\u202e" in ((each["exception"] or {}).get("message") or ""))
    assert "\\u202e" in report(text, turned["id"])[1]["exception"]
