"""What pytest prints of the suite at the end of a session."""

from __future__ import annotations

from typing import Any

from conformance.gate import Gate
from conformance.run import Sink


def summarise(reporter: Any, sink: Sink, gate: Gate) -> None:
    """Write the results file, the environments that could not run, and expectations that are stale."""
    if not (sink.path or sink.unavailable or gate.stale):
        return
    reporter.write_sep("=", "conformance")
    for name, event in sink.ready.items():
        told = event.description
        reporter.write_line(f"{name}: {told['framework']} {told['version']}, Python {told['python']}, {told['device']}")
    for name, lost in sink.unavailable.items():
        reporter.write_line(f"{name}: cannot run: {lost.reason}", red=True)
        reporter.write_line(f"    to mend it: {lost.remedy}")
    for entry in gate.stale:
        reporter.write_line(f"{entry.location}: stale expectation, no check matches {entry.checks}", red=True)
    if sink.path:
        reporter.write_line(f"results: {sink.path}")
