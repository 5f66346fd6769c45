"""The HTML report: one self-contained page, made from result files alone."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.report.collect import Verdicts, collect
from conformance.report.figures import plural
from conformance.report.page import page, ratio_words, seconds_words
from conformance.report.power import power_page
from conformance.report.quality import share_words
from conformance.results import ResultsError, RunResults
from conformance.results.power import PowerForm, read_power

TEMPLATES = Path(__file__).with_name("templates")


def html_report(
    runs: Sequence[RunResults], verdicts: Verdicts | None = None, power: PowerForm | None = None
) -> str:
    """The page about `runs`; `verdicts` maps check ids to the gate's word and reason.

    `power` is what a power run has found about the cases themselves.

    Nothing in it comes from elsewhere, it has no script, and its content security policy allows nothing
    but its own style sheet.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        ratio_words=ratio_words, seconds_words=seconds_words, share_words=share_words, plural=plural
    )
    style = (TEMPLATES / "style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    made_of = [(run.path.name, run.header["started"], run.header["suite"]["command"]) for run in runs]
    return environment.get_template("index.html").render(
        page=page(collect(runs), made_of, verdicts),
        power=power_page(power) if power else None,
        style=Markup(style),  # our own file, no data in it
        style_hash=digest,
    )


def write_html(path: str | Path, runs: Sequence[RunResults], verdicts: Verdicts | None = None) -> Path:
    """Writes the page to `path` in one step: a page that is there is whole. Raises ResultsError.

    What a power run has left beside the results (`power.json`) becomes a part of it.
    """
    path = Path(path)
    text = html_report(runs, verdicts, _power_beside(runs))
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, "utf-8")
        os.replace(fresh, path)
    except OSError as problem:
        with suppress(OSError):
            fresh.unlink()
        raise ResultsError(path, f"cannot be written: {problem.strerror or problem}") from problem
    return path


def _power_beside(runs: Sequence[RunResults]) -> PowerForm | None:
    found = [run.path.with_name("power.json") for run in runs]
    return next((read_power(path) for path in found if path.is_file()), None)
