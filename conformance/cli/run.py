"""`conformance run`: run checks, print progress and the summary, write results and the HTML report."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from conformance.cli.options import (
    choose_environments,
    device_option,
    environment_option,
    expectations_option,
    keyword_option,
    marker_option,
    modes_option,
    paths_argument,
    shard_option,
)
from conformance.environments import DEADLINE, Pool


@click.command("run", short_help="Run cases in every environment and judge the results.")
@paths_argument
@environment_option
@keyword_option
@marker_option
@click.option(
    "--results",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Results file to write.  [default: reports/<time>.jsonl, with reports/latest.jsonl pointing to it]",
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    default=DEADLINE,
    show_default=True,
    metavar="SECONDS",
    help="Longest time for one call.",
)
@device_option
@modes_option
@shard_option
@click.option(
    "--resume",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="RESULTS",
    help="Go on with the results of a run that was killed: only what they lack is run.",
)
@expectations_option
@click.option("--no-strict", is_flag=True, help="An unexpected pass does not close the gate.")
@click.option(
    "--html/--no-html",
    default=True,
    help="Write the HTML report, reports/index.html or beside --results.  [default: --html]",
)
def command(
    paths: tuple[Path, ...],
    environments: tuple[str, ...],
    keywords: str,
    markers: str,
    results: Path | None,
    deadline: float,
    device: str | None,
    modes: str | None,
    shard: str | None,
    resume: Path | None,
    expectations: Path | None,
    no_strict: bool,
    html: bool,
) -> int:
    """Run the cases at PATHS (default: all) in every environment, and judge the results.

    Without --environment these are the declared ones, or the frameworks of this interpreter where none
    of them is built.
    """
    began = time.monotonic()
    if results and resume:
        raise click.UsageError("--results names a new file, --resume goes on with one: give one of them")
    chosen = choose_environments(environments)
    with _terminable(), Pool(chosen, deadline=deadline) as pool:
        pool.start()
        # Frameworks take seconds to import. Our own modules, half a second, and the plan are made meanwhile.
        from conformance.cli.execution import Order, execute

        order = Order(
            paths,
            keywords,
            markers,
            results,
            deadline,
            device,
            modes,
            shard,
            resume,
            expectations,
            not no_strict,
            html,
        )
        return execute(order, chosen, pool, began)


@contextmanager
def _terminable() -> Iterator[None]:
    """Have what ends a process politely do what Ctrl-C does: workers are ended, results are closed."""
    polite = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.default_int_handler) for number in polite}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
