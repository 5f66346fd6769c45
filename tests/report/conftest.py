"""A browser without a network, and the page that most tests look at in it."""

from __future__ import annotations

import shutil

import pytest

from tests.report.browsing import FLAGS, wait, write_page


@pytest.fixture(scope="session")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")  # not left running beside other tests, which look for stray processes
def browser(tmp_path_factory, downloads):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium drives the browser")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with webdriver.Chrome(options=options, service=service) as driver:
        yield driver


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("page") / "index.html")


@pytest.fixture
def visit(browser, address):
    def go(fragment="", page=None):
        browser.get("about:blank")  # so that each visit starts anew
        browser.get(f"{page or address}#{fragment}")
        wait(lambda: browser.execute_script("return document.documentElement.dataset.ready"))

    yield go
    assert [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
