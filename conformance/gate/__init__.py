"""Results against expectations: verdicts, and whether the gate is open. Needs no framework."""

from conformance.gate.expectations import Expectation, ExpectationError
from conformance.gate.judged import Judged, judge
from conformance.gate.load import beside, covers, load_expectations
from conformance.gate.verdict import Gate, Ruling, Stale, Verdict

__all__ = [
    "Expectation",
    "ExpectationError",
    "Gate",
    "Judged",
    "Ruling",
    "Stale",
    "Verdict",
    "beside",
    "covers",
    "judge",
    "load_expectations",
]
