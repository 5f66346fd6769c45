"""JUnit XML, which is pytest's own: that of our items follows the schema that Jenkins reads it by."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import xmlschema

import tests.outputs
from tests.fakes.project import BROKEN_ENVIRONMENT, ONE_CASE, expect, write_project

pytest_plugins = ["pytester"]

SCHEMA = Path(tests.outputs.__path__[0]) / "schemas" / "junit-10.xsd"
HOSTILE = ONE_CASE.replace("one call", r'"]]> <x attr=\"&amp;\"> --"')


def test_every_outcome_follows_the_schema(separate, pytester):
    behaviours = ["right", "wrong", "raises", "noisy", "abort", "wide"]
    write_project(pytester.path, behaviours, HOSTILE, BROKEN_ENVIRONMENT)
    expect(
        pytester.path,
        "{checks: '*/fake.wide.kl_div/fake/*', outcome: mismatch, reason: ']]> & <b> off in dtype'}",
    )
    result = separate("cases", "--junitxml", "junit.xml")
    result.assert_outcomes(passed=2, failed=4, xfailed=1, skipped=5)
    xmlschema.XMLSchema(str(SCHEMA)).validate(str(pytester.path / "junit.xml"))
    cases = list(ElementTree.parse(pytester.path / "junit.xml").iter("testcase"))
    assert len(cases) == 12
    failures = {
        case.attrib["name"].split("/")[3]: case.find("failure")
        for case in cases
        if "/fake/" in case.attrib["name"]
    }
    assert (
        failures["fake.raises.kl_div"].attrib["message"].startswith("new_failure: fake.raises.kl_div raises")
    )
