"""The HTML report: one self-contained page, made from result files alone."""

from __future__ import annotations

import base64
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.report.baseline import Baseline
from conformance.report.collect import Collection, Verdicts
from conformance.report.columns import columns
from conformance.report.compatibility import MARKS
from conformance.report.details import TOGETHER, details
from conformance.report.figures import plural
from conformance.report.packing import packed, packed_json
from conformance.report.page import SYMBOLS, page, seconds_words, tables
from conformance.report.power import power_page
from conformance.report.quality import share_words
from conformance.report.sweeps import sweeps
from conformance.results import ResultsError
from conformance.results.power import PowerForm, read_power

TEMPLATES: Final = Path(__file__).with_name("templates")
STYLES: Final = ("uplot.css", "style.css")
MODULES: Final = (
    "data.js",
    "filters.js",
    "checks.js",
    "check.js",
    "signatures.js",
    "compare.js",
    "pictures.js",
    "sweeps.js",
    "main.js",
)


def html_report(
    collection: Collection,
    verdicts: Verdicts | None = None,
    power: PowerForm | None = None,
    baseline: Baseline | None = None,
) -> str:
    """The page about `collection`; `verdicts` maps check ids to the gate's word and reason.

    `power` is what a power run has found about the cases themselves, `baseline` what has changed.

    Nothing in it comes from elsewhere. Its content security policy allows one script and one style sheet, by
    their hashes, and no connection; data travel compressed, in characters that mean nothing in HTML.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        seconds_words=seconds_words, share_words=share_words, plural=plural, symbols=SYMBOLS, marks=MARKS
    )
    style = "\n".join(map(_own, STYLES))
    script = _script()
    places, pieces = details(collection)
    changes = baseline.changes if baseline is not None else {}
    shown = page(collection, verdicts, baseline)
    return environment.get_template("index.html").render(
        page=shown,
        power=power_page(power) if power else None,
        policy=_policy(style, script),
        style=Markup(style),  # our own files, no data in them
        script=Markup(script),
        together=TOGETHER,
        meta=packed_json(tables(shown.compatibility, collection)),
        sweeps=packed_json(sweeps(collection)),
        columns=packed(columns(collection, verdicts or {}, changes, places)),
        pieces=pieces,
    )


def _own(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def _script() -> str:
    """The plotting library with its licence, then our modules, in a scope of their own."""
    own = "\n".join(map(_own, MODULES))
    return (
        f"/*!\nuPlot:\n{_own('uplot.LICENSE')}*/\n{_own('uplot.js')}\n"
        f'(async () => {{\n"use strict";\n{own}}})();\n'
    )


def _policy(style: str, script: str) -> str:
    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; script-src 'sha256-{digest(script)}'; style-src 'sha256-{digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def write_html(
    path: str | Path,
    collection: Collection,
    verdicts: Verdicts | None = None,
    baseline: Baseline | None = None,
) -> Path:
    """Writes the page to `path` in one step: a page that is there is whole. Raises ResultsError.

    What a power run has left beside the results (`power.json`) becomes a part of it.
    """
    return write_text(path, html_report(collection, verdicts, _power_beside(collection), baseline))


def write_text(path: str | Path, text: str) -> Path:
    """Writes `text` to `path` in one step. Raises ResultsError."""
    path = Path(path)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, "utf-8", newline="")
        os.replace(fresh, path)
    except OSError as problem:
        with suppress(OSError):
            fresh.unlink()
        raise ResultsError(path, f"cannot be written: {problem.strerror or problem}") from problem
    return path


def _power_beside(collection: Collection) -> PowerForm | None:
    found = [run.path.with_name("power.json") for run in collection.runs]
    return next((read_power(path) for path in found if path.is_file()), None)
