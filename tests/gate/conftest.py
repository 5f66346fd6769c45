"""Records and expectations, of which only what matters to the gate is given."""

from __future__ import annotations

from typing import Any

import pytest
from gate_records import ID, MakeExpectation, MakeRecord

from conformance.gate import Expectation
from conformance.gate.expectations import Conditions
from conformance.model import Location


@pytest.fixture
def record() -> MakeRecord:
    """The part of a check's record that the gate reads: of torch 2.13.0 on the CPU, passed, `must`."""

    def make(**changes: object) -> dict[str, object]:
        return {
            "id": ID,
            "environment": "torch",
            "framework": "torch",
            "framework_version": "2.13.0",
            "device": "cpu",
            "mode": "eager",
            "level": "must",
            "outcome": "pass",
            "subtype": None,
            "convention": None,
            "fingerprint": None,
            "detail": None,
            **changes,
        }

    return make


@pytest.fixture
def expectation() -> MakeExpectation:
    """An expectation of torch at known.yaml:7: a mismatch of every check, unless said otherwise.

    `subtype` and `fingerprint` may be single words, as in a file.
    """

    def make(**changes: Any) -> Expectation:
        for name in {"subtype", "fingerprint"} & changes.keys():
            word = changes.pop(name)
            changes[f"{name}s"] = (word,) if isinstance(word, str) else word
        given: dict[str, Any] = {
            "checks": "*",
            "framework": "torch",
            "outcome": "mismatch",
            "reason": "as was measured",
            "location": Location("known.yaml", 7),
            "when": Conditions(),
            **changes,
        }
        return Expectation(**{"entry": given["location"].line, **given})

    return make
