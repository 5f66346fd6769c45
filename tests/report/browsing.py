"""What tests in a browser share: the page that they look at, and how they wait for it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from conformance.report.collect import collect
from conformance.report.html import write_html
from tests.report.kl_check import check
from tests.report.records import run
from tests.report.test_report_summary import results

needs_chromium = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="no chromium and chromedriver here (Debian: chromium, chromium-driver)",
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


def write_page(path: Path) -> str:
    """The address of a page about RECORDS and two thousand checks more."""
    many = [check(case=f"many-{n}", dtype="float32") for n in range(2000)]
    many[1999]["sweep"] = SWEEP
    many += [check(api=api, case="defaults", call=api) for api in COMPARED]
    told = results(RECORDS + many)
    told.header["environments"]["torch"]["signatures"] = {"torch.nn.KLDivLoss": SIGNATURE}
    return write_html(path, collect([told])).as_uri()


def wait(condition):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come")


def found(browser):
    return int(browser.find_element("id", "found").text.partition(" of ")[0].replace(",", ""))
