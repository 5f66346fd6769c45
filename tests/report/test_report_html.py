"""The HTML page: whole, safe, self-contained, and small."""

from __future__ import annotations

import base64
import copy
import hashlib
import html.parser
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings

from conformance.report import page as page_module
from conformance.report.collect import OUTCOMES
from conformance.report.html import html_report, write_html
from conformance.results import ResultsError
from tests.report.hostile import strange
from tests.report.kl_check import check
from tests.report.records import run
from tests.report.test_report_summary import results
from tests.report.test_report_tolerance import hostile, poisoned

RECORDS = list(run())
VOID = {"meta", "br", "rect"}


class Page(html.parser.HTMLParser):
    """Tags balanced, and what the page says in which element."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts, self.headings = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID or (tag == "rect" and not self.get_starttag_text().endswith("/>")):
            self.open.append(tag) if tag != "meta" and tag != "br" else None

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and self.open[-1] in ("h2", "h3"):
            self.headings.append(data.strip())

    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def values(self, name):
        return [value for _, key, value in self.attributes if key == name]


@pytest.fixture(scope="module")
def text():
    return html_report([results(RECORDS)])


def test_the_page_is_well_formed_and_says_the_numbers(text):
    page = Page(text)
    words = page.text()
    assert "277 checks in 3 environments: 12 defects of documented behaviour, 13 divergences" in words
    assert "mindspore-ascend could not run: no module named mindspore on host ascend01" in words
    assert "mindspore mindspore 2.10.0 3.11.7 2.4.6 cpu Linux-x86_64 2" in words
    for outcome in OUTCOMES:
        assert f"o-{outcome}" in text


def test_the_sections_stand_in_order(text):
    order = [value for value in Page(text).values("id") if not re.search(r"-\d+$", value)]
    assert order == [
        "summary", "environments", "conventions", "outcomes", "quality", "defects", "divergences", "degraded",
        "ours", "unsupported", "stale", "vacuous", "words",
    ]  # fmt: skip


def test_every_link_has_its_target(text):
    page = Page(text)
    links = page.values("href")
    assert links
    assert all(link.startswith("#") and link[1:] in page.values("id") for link in links)
    assert len(set(page.values("id"))) == len(page.values("id"))


def test_conventions_are_shown_per_api_and_dtype(text):
    section = text.partition('id="conventions"')[2].partition("</section>")[0]
    words = Page(f"<section>{section.partition('>')[2]}</section>").text()
    assert "What is 0 log 0? kl_div: zero_target" in words
    assert "mindspore.ops.kl_div nan nan nan nan" in words
    assert "torch.nn.KLDivLoss zero zero zero zero" in words
    assert "oneflow.nn.KLDivLoss · · zero zero" in words


def test_a_convention_followed_now_and_then_says_how_often():
    answers = ["zero", "zero", "nan"]
    checks = [check(id=f"{n}", conventions={"zero_target": choice}) for n, choice in enumerate(answers)]
    assert "nan, 1 of 3 zero, 2 of 3" in Page(html_report([results(checks)])).text()


def test_findings_are_folded_and_documented_promises_come_first(text):
    defects = text.partition('id="defects"')[2].partition("</section>")[0]
    headings = re.findall(r"</span>([\w.]+) <small>([^<]+)</small></h3>", defects)
    assert ("mindspore.nn.KLDivLoss", "mismatch (value), float32_log") in headings
    assert ("mindspore.ops.kl_div", "mismatch (convention), zero_target=nan") in headings
    assert len(headings) == len(set(headings))
    assert text.index('id="defects"') < text.index('id="divergences"')
    for record in RECORDS:
        if record["outcome"] in ("mismatch", "error", "crash", "timeout", "not_rejected", "wrong_error"):
            where = "defects" if record["level"] == "must" else "divergences"
            assert record["id"] in text.partition(f'id="{where}"')[2].partition("</section>")[0]


def test_the_first_of_each_finding_is_shown_in_full_with_its_script(text):
    assert text.count("<details><summary>Report of the worst check</summary>") == text.count(
        '<article class="finding"'
    )
    assert "0x1.96a23cd8d4ae7p+0" in text
    assert "mindspore.set_context(mode=mindspore.PYNATIVE_MODE" in text


def test_nothing_is_fetched_and_the_style_is_the_one_allowed(text):
    page = Page(text)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert "img" not in page.tags
    assert page.values("src") == page.values("style") == []
    assert not [value for _, name, value in page.attributes if name.startswith("on")]
    style = re.search(r"<style>(.*)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policy in page.values("content")
    assert "url(" not in style
    assert "@import" not in style


def test_verdicts_are_shown_where_they_are_given():
    failing = next(record for record in RECORDS if record["outcome"] == "mismatch")
    text = html_report([results(RECORDS)], {failing["id"]: ("regression", 'was "pass" <yesterday>')})
    assert "1 regression" in Page(text).text()
    assert 'title="was &#34;pass&#34; &lt;yesterday&gt;">regression</span>' in text


def test_several_files_and_an_incomplete_one():
    other = results([check()], "old.jsonl", {"torch": "2.6.0"}, complete=False)
    words = Page(html_report([results(RECORDS), other])).text()
    assert "old.jsonl is incomplete" in words
    assert "278 checks in 4 environments" in words
    assert "torch (20261121T014400Z)" in words
    assert "torch (old)" in words


def test_an_empty_run_has_a_page():
    words = Page(html_report([results([], environments={})])).text()
    assert "0 checks in 0 environments: no defects of documented behaviour" in words


def many(count):
    """Checks that fail in `count` different ways, and more that pass."""
    failing = [
        check(
            variant=f"seed:{n}", shape=(16, 30), reduction="none", outcome="mismatch", subtype="value",
            give=lambda want: want * 2, hypothesis={"name": f"cause-{n}", "text": f"cause {n}"},
        )
        for n in range(count)
    ]  # fmt: skip
    return failing + [check(case=f"good-{n}") for n in range(1000 - count)]


@pytest.mark.parametrize("count", [30, 900])
def test_a_thousand_checks_stay_small(count):
    text = html_report([results(many(count))])
    assert len(text) < 1_500_000
    assert text.count('<article class="finding"') == count
    assert len(text) > 100_000
    shown = text.count("<summary>Report of the worst check")
    assert shown == count if count == 30 else 30 < shown < count


def test_a_long_list_of_ids_is_cut_and_says_so():
    checks = [
        check(case=f"c{n}", outcome="mismatch", subtype="value", give=lambda want: want * 2)
        for n in range(500)
    ]
    text = html_report([results(checks)])
    assert f"and {500 - page_module.SHOWN_IDS} more" in text


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
    page = Page(html_report([run_results], verdicts))
    assert set(page.tags) <= set(Page(html_report([results(RECORDS)])).tags)
    assert not {name for _, name, _ in page.attributes} & {"src", "onerror", "style"}
    assert "49" not in page.text().partition("could not run")[2][:40]


@settings(max_examples=25, deadline=None)
@given(record=strange(lambda: RECORDS[-20:]), word=hostile)
def test_any_record_that_the_reader_accepts_has_a_page(record, word):
    Page(html_report([results([record, poisoned(record, word)], environments={})]))


def test_the_page_is_written_whole_or_not_at_all(tmp_path):
    path = write_html(tmp_path / "new" / "index.html", [results(RECORDS[:3])])
    assert path.read_text("utf-8").rstrip().endswith("</html>")
    assert [each.name for each in path.parent.iterdir()] == ["index.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match=r"index\.html: cannot be written"):
        write_html(tmp_path / "file" / "index.html", [])


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
    assert "No kernel for \\u202ekl_div_loss" in text
