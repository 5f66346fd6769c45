"""The page as a person uses it, in a real browser without a network."""

from __future__ import annotations

import csv
import importlib.resources
import json
import shutil
import time

import pytest

from conformance.report.collect import collect
from conformance.report.html import write_html
from tests.report.kl_check import check
from tests.report.records import run
from tests.report.test_report_summary import results
from tests.report.test_report_tolerance import poisoned

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium drives the browser")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="no chromium and chromedriver here (Debian: chromium, chromium-driver)",
)

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
FLAGS = (
    *(
        "--headless",
        "--no-sandbox",
        "--window-size=1280,900",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
    ),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ),
)
COMPARED = ("torch.nn.KLDivLoss", "mindspore.ops.kl_div")
SWEEP = {
    "input": "target",
    "start": [2.0**n for n in range(-24, 16)],
    "ulp": [1.5] * 39 + [None],
    "bound": [6.0] * 39 + ["Infinity"],
    "wrong": [0] * 39 + [7],
}
PARAMETERS = (("reduction", "'mean'"), ("log_target", "False"), ("eps", "0.0"))
SIGNATURE = {
    "parameters": [{"name": name, "default": default, "keyword_only": False} for name, default in PARAMETERS],
    "inputs": ["input", "target"],
}
RECORDS = list(run())
FAILING = next(each["id"] for each in RECORDS if each["hypothesis"] is not None)
PASSING = next(each["id"] for each in RECORDS if each["outcome"] == "pass")
AXE = "axe_selenium_python"  # the package that has axe-core in it
pytest.importorskip(AXE, reason="axe-selenium-python brings axe-core")


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(tmp_path_factory, downloads):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with webdriver.Chrome(options=options, service=service) as driver:
        yield driver


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    many = [check(case=f"many-{n}", dtype="float32") for n in range(2000)]
    many[1999]["sweep"] = SWEEP
    many += [check(api=api, case="defaults", call=api) for api in COMPARED]
    told = results(RECORDS + many)
    told.header["environments"]["torch"]["signatures"] = {"torch.nn.KLDivLoss": SIGNATURE}
    return write_html(tmp_path_factory.mktemp("page") / "index.html", collect([told])).as_uri()


def wait(condition):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come")


@pytest.fixture
def visit(browser, address):
    def go(fragment="", page=None):
        browser.get("about:blank")  # so that each visit starts anew
        browser.get(f"{page or address}#{fragment}")
        wait(lambda: browser.execute_script("return document.documentElement.dataset.ready"))

    yield go
    assert [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def found(browser):
    return int(browser.find_element(By.ID, "found").text.partition(" of ")[0].replace(",", ""))


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


def test_the_theme_switches(browser, visit):
    visit("overview")
    seen = set()
    for _ in range(3):
        browser.find_element(By.ID, "theme").click()
        seen.add(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == 2


def test_it_prints(browser, visit):
    visit("overview")
    assert len(browser.print_page()) > 20_000


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
    page = write_html(tmp_path / "hostile.html", collect([results(checks)])).as_uri()
    for view in ("overview", "compatibility", "coverage", "numbers", "compare", "checks"):
        visit(view, page)
        assert browser.title == "Operator conformance"
        assert browser.find_elements(By.TAG_NAME, "img") == []
    browser.find_element(By.CSS_SELECTOR, "#check-body a").click()
    wait(lambda: browser.find_element(By.ID, "check").text)
    assert browser.title == "Operator conformance"
    assert "\u202e" not in browser.find_element(By.TAG_NAME, "main").text
