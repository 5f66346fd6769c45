"""Reproducer scripts are readable Python, and no text of others becomes code in them."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.report import reproducer
from tests.report.hostile import strange
from tests.report.records import run
from tests.report.test_report_tolerance import poisoned

RECORDS = list(run())
KINDS = list({(record["outcome"], record["subtype"]): record for record in RECORDS}.values())


def test_scripts_are_readable_python_without_long_lines():
    for record in KINDS:
        script = reproducer(record) or ""
        ast.parse(script)
        assert script.isascii()
        assert all(len(line) <= 130 for line in script.splitlines())


INJECTIONS = [
    '"""\nboom()\n"""', "');boom();('", '");boom();("', "\\\nboom()\n", "\nboom()\n#",
    "{boom()}", "\u2028boom()\n",
    "\x0cboom()", "\rboom()", "x=boom()", "\\", '"', "'", "\x00", "\ud800", "%s", "${boom()}",
]  # fmt: skip


def _calls(script):
    tree = ast.parse(script)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_becomes_code(text):
    for record in KINDS:
        script = reproducer(poisoned(record, text))
        assert script is None or "boom" not in _calls(script)
        for name in ("api", "framework", "device", "log", "detail", "id"):
            script = reproducer({**record, name: text})
            assert script is None or "boom" not in _calls(script)


@settings(max_examples=60, deadline=None)
@given(record=strange(lambda: KINDS), text=st.sampled_from(INJECTIONS))
def test_strange_records_give_python_all_the_same(record, text):
    for each in (record, poisoned(record, text)):
        script = reproducer(each)
        assert script is None or "boom" not in _calls(script)
