"""The summary on a terminal, with rich: the same words without colour, at 80 columns, or in a pipe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.report.figures import duration, plural, short
from conformance.report.quality import share_words
from conformance.report.summary import Column, Notable, Summary
from conformance.report.visible import visible

STYLES = {
    "pass": "green",
    "degraded": "yellow",
    "mismatch": "bold red",
    "not_rejected": "bold red",
    "wrong_error": "bold red",
    "error": "bold red",
    "crash": "bold red",
    "timeout": "bold red",
    "harness_error": "bold magenta",
    "invalid_case": "bold magenta",
    "not_run": "magenta",
}
CLOSING = {
    "new_failure",
    "regression",
    "changed",
    "fixed",
    "stale",
    "harness_error",
    "invalid_case",
    "not_run",
}
_FIRST, _OTHER = 16, 11  # columns of the outcome's name, and of an environment's number


def print_summary(
    summary: Summary,
    console: Console,
    results: Sequence[str | Path] = (),
    html: str | Path | None = None,
    seconds: float | None = None,
) -> None:
    """Print the summary; `results` and `html` are the files to read it in again, `seconds` the whole run."""
    for line in _head(summary, seconds):
        _say(console, line)
    for columns in _fitting(summary.columns, console.width):
        console.print()
        console.print(_table(summary, columns))
    _notables(summary, console)
    _quality(summary, console)
    _verdicts(summary, console)
    _unavailable(summary, console)
    _files(console, results, html)


def _say(console: Console, text: Text | str, style: str = "") -> None:
    """One line that is never broken or shortened, so that ids and commands can be copied."""
    console.print(Text(text, style) if isinstance(text, str) else text, soft_wrap=True, highlight=False)


def _head(summary: Summary, seconds: float | None) -> Iterator[Text]:
    words = f"{plural(summary.total, 'check')} in {plural(len(summary.columns), 'environment')}"
    if seconds is not None:
        words += f", {duration(seconds)}"
    defects = sum(column.defects for column in summary.columns)
    divergences = sum(column.divergences for column in summary.columns)
    yield Text(words, "bold")
    if summary.total:
        yield Text(
            f"{plural(defects, 'defect')} of documented behaviour, "
            f"{plural(divergences, 'divergence')} where the documentation promises nothing",
            "bold red" if defects else "green",
        )
    for name in summary.incomplete:
        yield Text(f"{name} is incomplete: its run was stopped", "bold magenta")


def _fitting(columns: Sequence[Column], width: int) -> Iterator[Sequence[Column]]:
    """As many environments side by side as the width holds."""
    widest = max([_OTHER, *(min(len(column.label), 24) + 2 for column in columns)])
    many = max(1, (width - _FIRST - _OTHER) // widest)
    for start in range(0, len(columns), many):
        yield columns[start : start + many]


def _table(summary: Summary, columns: Sequence[Column]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(Text(f"{column.label}\n{column.version}"), justify="right", overflow="fold")
    whole = len(columns) == len(summary.columns) > 1
    if whole:
        table.add_column("all", justify="right")

    def row(name: str, style: str, numbers: Sequence[int]) -> None:
        cells = [*numbers, sum(numbers)] if whole else numbers
        table.add_row(
            Text(name, style), *(Text(f"{n:,}" if n else ".", style if n else "dim") for n in cells)
        )

    for outcome in summary.outcomes():
        row(outcome, STYLES.get(outcome, ""), [column.counts[outcome] for column in columns])
    row("total", "bold", [column.total for column in columns])
    row("defects", "bold red", [column.defects for column in columns])
    return table


def _notables(summary: Summary, console: Console) -> None:
    width = max((len(column.label) for column in summary.columns), default=0)

    def block(title: str, pick: Callable[[Column], Notable | None], words: Callable[[float], str]) -> None:
        found = [
            (column.label, notable) for column in summary.columns if (notable := pick(column)) is not None
        ]
        if found:
            _say(console, f"\n{title}", "bold")
        for label, notable in found:
            _say(console, f"  {label:<{width}}  {words(notable.value):>8}  {notable.id}")

    block("largest error, as a multiple of the allowance", lambda column: column.worst, _ratio)
    block("slowest", lambda column: column.slowest, duration)


def _quality(summary: Summary, console: Console) -> None:
    if not summary.quality:
        return
    _say(console, "\nerror / allowance, of the checks that keep to it", "bold")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("  ", "", ""):
        table.add_column(name, no_wrap=True)
    for name in ("checks", "median", "99 %", "largest", "beyond"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in summary.quality:
        figures = line.grade
        table.add_row(
            f"  {line.environment}",
            line.mode,
            line.aspect,
            f"{figures.within:,}",
            *map(share_words, (figures.median, figures.high, figures.largest)),
            Text(f"{figures.beyond:,}" if figures.beyond else ".", "" if figures.beyond else "dim"),
        )
    console.print(table)


def _ratio(value: float) -> str:
    return "inf" if math.isinf(value) else short(value)


def _verdicts(summary: Summary, console: Console) -> None:
    if not summary.verdicts:
        return
    _say(console, "\nverdicts", "bold")
    for word, count in sorted(summary.verdicts.items(), key=lambda item: (item[0] in CLOSING, item[0])):
        _say(console, f"  {word:<14} {count:>6,}", "bold red" if word in CLOSING else "")


def _unavailable(summary: Summary, console: Console) -> None:
    if not summary.unavailable:
        return
    _say(console, "\ncould not run", "bold magenta")
    for name, why in summary.unavailable.items():
        _say(console, f"  {name}: {visible(why['reason'])}")
        if why["mend"]:
            _say(console, f"    mend it with: {visible(why['mend'])}")


def _files(console: Console, results: Sequence[str | Path], html: str | Path | None) -> None:
    rows = [("results", str(path)) for path in results]
    if html is not None:
        rows.append(("report", str(html)))
    if rows:
        console.print()
    for name, path in rows:
        _say(console, f"{name:<8} {visible(path)}")
