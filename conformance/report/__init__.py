"""Reports: made from records alone, as text, as a script that repeats a check, and as an HTML page.

The page is the module `html`, and the tables for other programs are `flat`. Neither is imported here: Jinja2
and all that a page shows take longer to import than NumPy, and most sessions write none.
"""

from collections.abc import Sequence

from conformance.report.blocks import Report
from conformance.report.collect import Collection, collect
from conformance.report.headline import Conventions, headline
from conformance.report.reproducer import reproducer
from conformance.report.summary import Summary, Tally, counted, summarise
from conformance.report.terminal import print_summary
from conformance.report.text import report_text
from conformance.report.tolerance import tolerance_report
from conformance.results import CheckRecord, Peer


def tolerance_text(
    record: CheckRecord, peers: Sequence[Peer] = (), conventions: Conventions | None = None
) -> str:
    """The tolerance report of one check as plain text; see `tolerance_report`."""
    return report_text(tolerance_report(record, peers, conventions))


__all__ = [
    "Collection",
    "Report",
    "Summary",
    "Tally",
    "collect",
    "counted",
    "headline",
    "print_summary",
    "report_text",
    "reproducer",
    "summarise",
    "tolerance_report",
    "tolerance_text",
]
