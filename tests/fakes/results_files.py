"""Results files to judge: real records, of which tests change what they are about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance import __version__
from tests.report.kl_check import check, footer, header


def first_line(**selection: Any) -> dict[str, Any]:
    """A header of this version, of a run of everything in which no environment was missing."""
    told = header()
    told["suite"]["version"] = __version__
    told["selection"] |= {"planned": 0, "checks": 0, **selection}
    return {**told, "unavailable": {}}


def failing(**changes: Any) -> dict[str, Any]:
    """A check whose output is twice what it should be."""
    given = {
        "give": lambda want: want * 2,
        "outcome": "mismatch",
        "subtype": "value",
        "hypothesis": {"name": "doubled", "text": "the formula times 2"},
        **changes,
    }
    return check(**given)


def write(
    path: Path, checks: Iterable[dict[str, Any]], first: dict[str, Any] | None = None, **footer_changes: Any
) -> Path:
    """A complete results file at `path`."""
    records = list(checks)
    lines = [first or first_line(), *records, {**footer(records), **footer_changes}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def entries(path: Path, text: str, framework: str | None = "torch") -> Path:
    """An expectations file at `path` with the entries `text`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = f"framework: {framework}\n" if framework else ""
    path.write_text(f"{about}expectations:\n{text}")
    return path
