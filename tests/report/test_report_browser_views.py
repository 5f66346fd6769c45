"""The other views in a real browser: what they say, that everyone can use them, and that nothing runs."""

from __future__ import annotations

import base64
import importlib.resources
import re

import pytest

from conformance.report.collect import collect
from conformance.report.html import write_html
from tests.report.browsing import FAILING, PASSING, RECORDS, SWEEP, needs_chromium, wait
from tests.report.kl_check import check, parameter
from tests.report.test_report_flat import TWICE
from tests.report.test_report_summary import results
from tests.report.test_report_tolerance import poisoned

pytest.importorskip("selenium", reason="selenium drives the browser")
from selenium.webdriver.common.by import By

pytestmark = needs_chromium

ATTACK = (
    '"><img src=x onerror=document.title="ran"></script><script>document.title="ran"</script>\x1b[31m\u202e'
)
VIEWS = (
    *(
        "overview",
        "compatibility",
        "coverage",
        "numbers?dtype=float32",
        "compare?a=torch.nn.KLDivLoss&b=oneflow.nn.KLDivLoss",
    ),
    *("checks?outcome=mismatch&sort=-used", "check?id={failing}", "check?id={passing}"),
)
AXE = "axe_selenium_python"  # the package that has axe-core in it
pytest.importorskip(AXE, reason="axe-selenium-python brings axe-core")


def test_two_apis_are_compared(browser, visit):
    visit("compare?a=torch.nn.KLDivLoss&b=mindspore.ops.kl_div")
    text = browser.find_element(By.ID, "compare").text
    assert "both agree with the reference" in text
    assert "1 the calls themselves differ" in text
    assert "The input “input” is called “logits”." in text
    assert "B has no “log_target”: it always is False." in text
    assert "Signature, as documented" in text
    assert "torch.nn.KLDivLoss, torch 2.13.0: eps is not documented (default 0.0)" in text
    browser.find_element(By.ID, "compare-swap").click()
    wait(lambda: "a=mindspore.ops.kl_div" in browser.current_url)


def test_errors_along_every_value_are_a_line(browser, visit):
    visit("numbers")
    assert browser.find_elements(By.CSS_SELECTOR, "#sweep-picture canvas")
    words = browser.find_element(By.ID, "sweep").text
    assert "many-1999, value" in words
    assert "torch.nn.KLDivLoss (7 wrong)" in words
    visit("numbers?dtype=float64")
    assert not browser.find_element(By.ID, "sweep").is_displayed()


def test_several_runs_have_a_trend_and_each_check_a_history(browser, visit, tmp_path):
    old, new = (
        results([check(case="a", **more)], name) for name, more in (("old.jsonl", {}), ("new.jsonl", TWICE))
    )
    old.header["started"], new.header["started"] = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"
    page = write_html(tmp_path / "runs.html", collect([old, new])).as_uri()
    visit("runs", page)
    words = browser.find_element(By.ID, "view-runs").text
    assert re.search(r"100\.0 % .*0\.0 % ", " ".join(words.split()))
    assert "1 fail (+1)" in words
    visit("checks", page)
    browser.find_element(By.CSS_SELECTOR, "#check-body a").click()
    wait(lambda: "History of this check" in browser.find_element(By.ID, "check").text)
    history = browser.find_elements(By.CSS_SELECTOR, "[aria-label='History of this check'] tbody tr")
    for row, label in zip(history, ("(old)", "(new)"), strict=True):
        assert label in row.text


def test_the_theme_switches(browser, visit):
    visit("overview")
    seen = set()
    for _ in range(3):
        browser.find_element(By.ID, "theme").click()
        seen.add(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == 2


@pytest.mark.parametrize("view", ["overview", "coverage", "checks?q=many-", "check?id={failing}"])
def test_it_prints_in_light_colours_and_without_what_is_for_the_mouse(browser, visit, view):
    visit(view.format(failing=FAILING))
    printed = base64.b64decode(browser.print_page())
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 15_000
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not browser.find_element(By.TAG_NAME, "nav").is_displayed()
        assert not any(button.is_displayed() for button in browser.find_elements(By.TAG_NAME, "button"))
        colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert colour == "rgb(255, 255, 255)"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (380, "dark")])
def test_every_view_is_accessible_and_fits(browser, visit, width, scheme):
    axe = importlib.resources.files(AXE).joinpath("node_modules/axe-core/axe.min.js").read_text("utf-8")
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", feature)
    try:
        for view in VIEWS:
            visit(view.format(failing=FAILING, passing=PASSING))
            browser.execute_script(axe)
            violations = browser.execute_async_script(
                "axe.run(document, {preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']"
                ".filter((tag) => axe.getRules([tag]).length)})"
                ".then((all) => arguments[0](all.violations.map((one) => [one.id, one.nodes[0].html])),"
                " (problem) => arguments[0](String(problem)))"
            )
            assert violations == [], view
            wide = browser.execute_script("return document.documentElement.scrollWidth > innerWidth")
            assert not wide, view
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_text_of_others_neither_runs_nor_breaks_a_view(browser, visit, tmp_path):
    checks = [poisoned(each, ATTACK) for each in RECORDS[-20:] + RECORDS[:10]]
    checks[0]["sweep"] = {**SWEEP, "input": ATTACK}
    told = results(checks)
    shown = {"parameters": [{"name": ATTACK, "default": ATTACK, "keyword_only": False}], "inputs": [ATTACK]}
    for form in told.header["environments"].values():
        form |= {"signatures": dict.fromkeys(told.header["apis"], shown), "version": ATTACK}
    for form in told.header["apis"].values():
        form |= {"operator": ATTACK, "kind": ATTACK, "inputs": {ATTACK: ATTACK}, "fixed": {ATTACK: ATTACK}}
        form["parameters"] = [parameter(ATTACK, ATTACK, [ATTACK])]
    page = write_html(tmp_path / "hostile.html", collect([told])).as_uri()
    for view in ("overview", "compatibility", "coverage", "numbers", "compare", "checks"):
        visit(view, page)
        assert browser.title == "Operator conformance"
        assert browser.find_elements(By.TAG_NAME, "img") == []
    browser.find_element(By.CSS_SELECTOR, "#check-body a").click()
    wait(lambda: browser.find_element(By.ID, "check").text)
    assert browser.title == "Operator conformance"
    assert "\u202e" not in browser.find_element(By.TAG_NAME, "main").text
