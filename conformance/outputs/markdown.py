"""The summary as Markdown, for job pages and comments. All text of others is inside code spans."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.outputs.account import LONGEST, Account, Finding
from conformance.report import Summary
from conformance.report.visible import clipped, visible

SHOWN = 20  # findings of each kind; what is left is counted


def markdown(account: Account) -> str:
    """A heading with the verdict, what closes the gate, and the outcomes, one column an environment."""
    return "\n".join(_lines(account)) + "\n"


def code(text: str) -> str:
    """`text` (one line) as a code span that nothing in it can end, also in a table."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    # Inside, a space on either side is stripped; one is needed next to a backtick, and by empty text.
    pad = (
        " "
        if not text.strip(" ") or text.startswith("`") or text.endswith("`") or text != text.strip(" ")
        else ""
    )
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def _lines(account: Account) -> Iterator[str]:
    summary = account.summary
    yield f"## Conformance: gate {account.verdict}"
    yield ""
    for name, why in summary.unavailable.items():
        yield f"- {code(name)} could not run: {code(_one_line(why['reason']))}"
    if summary.unavailable:
        yield ""
    closing = [finding for finding in account.findings if finding.closes]
    if closing:
        yield from _findings("What closes it", closing)
    yield from _outcomes(summary)
    divergences = [finding for finding in account.findings if finding.verdict == "divergence"]
    if divergences:
        yield "<details><summary>Divergences where the documentation promises nothing</summary>"
        yield ""
        yield from _findings("", divergences)
        yield "</details>"
        yield ""


def _findings(title: str, findings: list[Finding]) -> Iterator[str]:
    if title:
        yield f"### {title}"
        yield ""
    yield "| verdict | outcome | checks | environment | case | what |"
    yield "| --- | --- | ---: | --- | --- | --- |"
    for each in findings[:SHOWN]:
        environments = ", ".join(map(code, each.environments))
        place = code(f"{each.place.path}:{each.place.line}")
        checks = f"{each.checks:,}" if each.checks else ""
        cells = (each.verdict, code(each.rule), checks, environments, place, code(each.sentence))
        yield f"| {' | '.join(cells)} |"
    if len(findings) > SHOWN:
        rest = findings[SHOWN:]
        yield f"| | | {sum(each.checks for each in rest):,} | | | and {len(rest):,} more |"
    yield ""


def _outcomes(summary: Summary) -> Iterator[str]:
    columns = summary.columns
    yield f"### {summary.total:,} checks"
    yield ""
    yield "| outcome | " + " | ".join(code(column.label) for column in columns) + " | all |"
    yield "| --- |" + " ---: |" * (len(columns) + 1)
    yield "| | " + " | ".join(code(f"{column.framework} {column.version}") for column in columns) + " | |"
    for outcome in summary.outcomes():
        counts = [column.counts[outcome] for column in columns]
        yield f"| {outcome} | " + " | ".join(f"{count:,}" for count in (*counts, sum(counts))) + " |"
    yield ""


def _one_line(text: str) -> str:
    return clipped(visible(" ".join(text.split())), LONGEST)
