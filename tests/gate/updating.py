"""Updates expectations as the command does, and checks what it foresaw."""

from __future__ import annotations

import datetime

from conformance.gate import judge, load_expectations
from conformance.gate.revision import revise
from conformance.gate.update import changes, outcome
from conformance.gate.update import write as write_changes
from conformance.results import pick_results
from tests.fakes.results_files import entries, failing, write
from tests.report.kl_check import APIS

TODAY = datetime.date(2026, 6, 15)
TORCH = [api for api in APIS if api.startswith("torch")]
REASON = "reason: as was measured"


KEPT = f"""\
  # why this one
  - checks:  "kl_div/kept/*"   # a comment
    outcome:   mismatch
    {REASON}   # another

# between
"""


def update(where, *results):
    """Update the file or folder `where`; the changes that were written. All is known or right then."""
    known = load_expectations([where] if where.exists() else [])
    judged = judge(results, known, TODAY)
    revision = revise(judged)
    told = {name for new in revision.added.values() for entry in new for name in entry.told()}
    records = {
        record["id"]: record
        for path in results
        for record in pick_results(path, lambda brief: brief["id"] in told)
    }
    changed = changes(revision, [where], records)
    write_changes(changed)
    after = load_expectations([where]) if where.exists() else []
    foreseen = {each.checks for each in outcome(changed, known)}
    assert foreseen == {each.checks for each in after}
    gate = judge(results, after, TODAY).gate
    assert not gate.closing
    return changed


def updated(tmp_path, text, *checks, framework="torch", first=None):
    """The entries of an expectations file that had the entries `text`, after results of `checks`."""
    path = entries(tmp_path / "known.yaml", text, framework)
    update(path, write(tmp_path / "r.jsonl", checks, first))
    return path.read_text().partition("expectations:\n")[2] or path.read_text()


def kept():
    """A failing check that is known already."""
    return failing(case="kept")
