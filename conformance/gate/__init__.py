"""Results against expectations: verdicts, and whether the gate is open. Needs no framework."""

from conformance.gate.expectations import Expectation, ExpectationError
from conformance.gate.load import beside, covers, load_expectations
from conformance.gate.verdict import Gate, Ruling, Verdict

__all__ = [
    "Expectation",
    "ExpectationError",
    "Gate",
    "Ruling",
    "Verdict",
    "beside",
    "covers",
    "load_expectations",
]
