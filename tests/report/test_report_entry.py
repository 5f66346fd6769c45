"""What tables and findings know of a check says the same as its whole record."""

from __future__ import annotations

import pytest

from conformance.gate import Gate
from conformance.report import collect
from tests.outputs.made import expected
from tests.report.records import run
from tests.report.test_report_summary import results

RECORDS = list(run())


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"outcome": "error"},
        {"subtypes": ("nonfinite",)},
        {"convention": "zero_target=nan"},
        {"fingerprints": ("0123456789abcdef",)},
    ],
)
def test_the_gate_rules_on_entries_as_on_records(wanted):
    entries = collect([results(RECORDS)]).entries
    expectation = expected("*", framework=None, **wanted)
    by_record, by_entry = Gate([expectation]), Gate([expectation])
    for record, entry in zip(RECORDS, entries, strict=True):
        assert by_entry.add(entry.facts()) == by_record.add(record)
    assert len(by_record.rulings) > 100


def test_equal_texts_are_held_once():
    entries = collect([results(RECORDS)]).entries
    for name in ("case", "variant", "api", "call", "features", "detail", "returned"):
        found = {}
        for entry in entries:
            value = getattr(entry, name)
            assert found.setdefault(value, value) is value
