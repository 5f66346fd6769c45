"""The table of checks and the page of a check as a person uses them, in a real browser."""

from __future__ import annotations

import csv
import json

import pytest

from tests.report.browsing import FAILING, RECORDS, found, needs_chromium, wait

pytest.importorskip("selenium", reason="selenium drives the browser")
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = needs_chromium


def saved(browser, downloads, name):
    browser.find_element(By.ID, f"save-{name}").click()
    path = downloads / f"checks.{name}"
    return wait(lambda: path.exists() and path.read_text("utf-8"))


def test_filtering_is_in_the_fragment_which_restores_it(browser, visit):
    visit("checks")
    assert found(browser) == len(RECORDS) + 2002
    browser.find_element(By.CSS_SELECTOR, "#filter-outcome option[value='mismatch']").click()
    mismatches = sum(each["outcome"] == "mismatch" for each in RECORDS)
    wait(lambda: found(browser) == mismatches)
    browser.find_element(By.ID, "search").send_keys("oneflow bfloat16")
    wanted = [
        each
        for each in RECORDS
        if each["outcome"] == "mismatch" and {"oneflow", "bfloat16"} <= set(each["id"].split("/"))
    ]
    wait(lambda: found(browser) == len(wanted))
    link = browser.current_url.partition("#")[2]
    visit(link)
    assert found(browser) == len(wanted)
    assert browser.find_element(By.ID, "search").get_attribute("value") == "oneflow bfloat16"
    assert browser.find_element(By.ID, "filter-outcome").get_attribute("value") == "mismatch"


def test_sorting_by_the_budget_puts_the_farthest_off_first(browser, visit):
    visit("checks?sort=-used&outcome=pass&outcome=degraded&outcome=mismatch")
    budgets = [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, "#check-body .k-used")]
    assert budgets[0].endswith((" times", "no distance"))
    times = [float(text.removesuffix(" times")) for text in budgets if text.endswith("times")]
    assert times == sorted(times, reverse=True) != []


def test_exactly_the_filtered_rows_are_saved(browser, visit, downloads):
    visit("checks?outcome=crash&outcome=timeout")
    wanted = {each["id"] for each in RECORDS if each["outcome"] in ("crash", "timeout")}
    assert {row["id"] for row in json.loads(saved(browser, downloads, "json"))} == wanted
    assert {row["id"] for row in csv.DictReader(saved(browser, downloads, "csv").splitlines())} == wanted


def test_only_rows_in_sight_are_in_the_document_and_keys_walk_through_all(browser, visit):
    visit("checks?q=many-")
    assert found(browser) == 2000
    assert len(browser.find_elements(By.CSS_SELECTOR, "#check-body tr")) < 150
    browser.find_element(By.ID, "check-box").send_keys(*[Keys.ARROW_DOWN] * 101)
    focused = browser.switch_to.active_element
    assert focused.text.startswith("many-100 ")
    focused.send_keys(Keys.ENTER)
    wait(lambda: "many-100" in browser.find_element(By.CSS_SELECTOR, "#check").text)


def test_a_slash_goes_to_the_search(browser, visit):
    visit("overview")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    wait(lambda: browser.switch_to.active_element.get_attribute("id") == "search")


def test_a_failing_check_shows_its_report_and_its_script_can_be_copied(browser, visit, address):
    visit(f"check?id={FAILING}")
    text = browser.find_element(By.ID, "check").text
    assert "The same call" in text
    assert "0x1." in text
    origin = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", origin)
    button = next(
        each for each in browser.find_elements(By.CLASS_NAME, "copy") if each.text == "Copy the script"
    )
    button.click()
    wait(lambda: button.text == "Copied")
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    compile(copied, "reproducer", "exec")
    assert "def main():" in copied


def test_links_lead_from_a_finding_to_its_checks_and_back(browser, visit):
    visit("overview")
    link = browser.find_element(By.CSS_SELECTOR, "#defects .finding .links a:last-of-type")
    wanted = int(link.text.split()[0].replace(",", ""))
    link.click()
    wait(lambda: found(browser) == wanted)
    browser.find_element(By.CSS_SELECTOR, "#check-body a").click()
    wait(lambda: browser.find_element(By.ID, "check").is_displayed())
    browser.back()
    wait(lambda: browser.find_element(By.ID, "view-checks").is_displayed())
    assert found(browser) == wanted


def test_a_cell_of_the_matrix_leads_to_the_checks_behind_it(browser, visit):
    visit("compatibility")
    browser.find_element(By.CSS_SELECTOR, ".features a.cell").click()
    wait(lambda: browser.find_element(By.ID, "view-checks").is_displayed())
    assert 0 < found(browser) < len(RECORDS)
