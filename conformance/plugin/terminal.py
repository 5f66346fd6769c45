"""What pytest prints of the suite at the end of a session."""

from __future__ import annotations

from typing import Any

from conformance.plugin.suite import Suite


def summarise(reporter: Any, suite: Suite) -> None:
    """Write the results file, the environments that could not run, and expectations that are stale."""
    sink, stale = suite.sink, suite.gate.stale
    if sink is None or not (sink.path or sink.unavailable or stale or suite.failure):
        return
    reporter.write_sep("=", "conformance")
    for name, event in sink.ready.items():
        told = event.description
        reporter.write_line(
            f"{name}: {told['framework']} {told['version']}, Python {told['python']}, {told['device']}"
        )
    for name, lost in sink.unavailable.items():
        reporter.write_line(f"{name}: cannot run: {lost.reason}", red=True)
        reporter.write_line(f"    to mend it: {lost.remedy}")
    for each in stale:
        reporter.write_line(f"stale expectation: {each}", red=True)
    if suite.failure:
        reporter.write_line(suite.failure, red=True)
    if sink.path:
        reporter.write_line(f"results: {sink.path}")
