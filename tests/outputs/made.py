"""Accounts of small runs, with hostile text where frameworks, cases and files put theirs."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from conformance.gate import Expectation, Gate
from conformance.model import Location
from conformance.outputs import Account, account
from conformance.report import collect
from conformance.results import RunResults
from tests.report.kl_check import check, footer, header

TODAY = datetime.date(2026, 11, 21)

HOSTILE = [
    "`</code></details><script>alert(1)</script>",
    "``` | cell | ```` [link](http://evil.example) ![i](http://evil.example/i.png) @everyone #1",
    "::error file=x::pwned\n::set-output name=a::b\r\n##[error]pwned %0A%25",
    'a" onload="x" \'><img src=x onerror=y>&amp;<!--',
    "{0} {{1}} {",
    "\x1b]0;title\x07\u202e\u2066\u200b\ud800",
    "",
    " ",
    "`",
]


def failing(**changes: Any) -> dict[str, Any]:
    """A check that returns twice what is right."""
    return check(give=lambda want: want * 2, outcome="mismatch", subtype="value", **changes)


def hostile(text: str) -> dict[str, Any]:
    """A failing check with `text` wherever another program or file puts text of its own."""
    record = failing(location=f"{text}:3", summary=text, detail=text, log=text)
    names = ("id", "operator", "case", "variant", "api", "environment", "framework", "framework_version")
    record |= dict.fromkeys(names, text)
    record |= {"outcome": "error", "subtype": None}
    record["exception"] = {"class": text, "message": text, "traceback": text}
    return record


def made(
    records: list[dict[str, Any]], *expectations: Expectation, complete: bool = True, strict: bool = True
) -> Account:
    """The account of a run with these records, judged by these expectations."""
    gate = Gate(list(expectations), strict)
    for record in records:
        gate.add(record)
    planned = ((record, "") for record in records)
    gate.find_stale(planned, TODAY)
    run = RunResults(Path("run.jsonl"), header(), records, footer(records, complete))  # type: ignore[arg-type]
    return account(collect([run]), gate)


def expected(checks: str, **changes: Any) -> Expectation:
    """An expectation of a wrong value."""
    told: dict[str, Any] = {
        "checks": checks,
        "framework": "torch",
        "outcome": "mismatch",
        "reason": "off by a factor of two",
        "location": Location("cases/expectations/torch.yaml", 7),
    }
    return Expectation(**told | changes)
