"""One check as the report's tables and findings know it: short texts and numbers, and where its whole is."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from conformance.report.figures import short
from conformance.report.visible import clipped, visible
from conformance.results import Number, Outline, number

FAILING = frozenset({"mismatch", "not_rejected", "wrong_error", "error", "crash", "timeout"})
SHOWN = 4  # elements of a returned value


class Entry(msgspec.Struct, gc=False):
    """One check. What is alike in many of them is held once; none of it is harmless, unless it says so.

    `environment` is the label under which the report shows the environment `name`; `run` and `place` say
    where the whole record is. `used` is error / allowance of the worst element (see `budget_used`), `ratio`
    the same of any oracle, None where nothing was compared; `ulps` is its error in units in the last place.
    `returned` is what came back in a few harmless words, `shape` the shapes of the `inputs`, `terms` the size
    of the largest; `swept` says whether the whole record has a sweep.
    """

    run: int
    place: int
    environment: str
    id: str
    operator: str
    case: str
    variant: str
    api: str
    name: str
    dtype: str
    device: str
    mode: str
    aspect: str
    framework: str
    version: str
    level: str
    oracle: str
    features: tuple[str, ...]
    undocumented: tuple[str, ...]
    declared: str | None
    stale: bool
    call: str
    location: str
    inputs: tuple[str, ...]
    outcome: str
    subtype: str | None
    convention: str | None
    cause: str
    conventions: dict[str, str]
    detail: str
    returned: str
    shape: str
    terms: int
    total: int
    used: float | None
    ratio: float | None
    ulps: float | None
    seconds: float
    fingerprint: str | None
    swept: bool

    @property
    def failing(self) -> bool:
        """Whether the framework did something that is not right."""
        return self.outcome in FAILING

    @property
    def defect(self) -> bool:
        """Whether it broke a promise of its documentation."""
        return self.level == "must" and self.outcome in FAILING

    def facts(self) -> dict[str, Any]:
        """What the gate rules by."""
        return {
            "id": self.id,
            "framework": self.framework,
            "framework_version": self.version,
            "environment": self.name,
            "device": self.device,
            "mode": self.mode,
            "level": self.level,
            "outcome": self.outcome,
            "subtype": self.subtype,
            "convention": self.convention,
            "detail": self.detail,
            "fingerprint": self.fingerprint,
        }


class Entries:
    """Makes entries of outlines; equal parts of them become one."""

    def __init__(self) -> None:
        self._sets: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
        self._conventions: dict[tuple[tuple[str, str], ...], dict[str, str]] = {(): {}}

    def entry(self, run: int, place: int, outline: Outline) -> Entry:
        """The entry of an outline, under the environment's own name."""
        error, intern = outline.error, sys.intern
        shape, terms = _sizes(outline)
        outcome, oracle = outline.outcome.value, outline.oracle.value
        subtype = outline.subtype and outline.subtype.value
        told = error.total - error.vacuous if error is not None else 0
        ratio = _number(error.max_bound_ratio) if error is not None else None
        return Entry(
            run=run,
            place=place,
            environment=outline.environment,
            id=outline.id,
            operator=intern(outline.operator),
            case=intern(outline.case),
            variant=intern(outline.variant),
            api=intern(outline.api),
            name=intern(outline.environment),
            dtype=intern(outline.dtype),
            device=intern(outline.device),
            mode=intern(outline.mode),
            aspect=intern(outline.aspect),
            framework=intern(outline.framework),
            version=intern(outline.framework_version),
            level=outline.level.value,
            oracle=oracle,
            features=self._shared(outline.features),
            undocumented=self._shared(outline.undocumented),
            declared=outline.declared and intern(outline.declared),
            stale=outline.stale_declaration,
            call=intern(outline.call),
            location=intern(outline.location),
            inputs=self._shared(list(outline.inputs)),
            outcome=outcome,
            subtype=subtype,
            convention=outline.convention and intern(outline.convention),
            cause=intern(_cause(outline)),
            conventions=self._followed(outline.conventions),
            detail=intern(outline.detail or ""),
            returned=intern(_returned(outline)),
            shape=intern(shape),
            terms=terms,
            total=error.total if error is not None else 0,
            used=budget_used(oracle, outcome, subtype, told, ratio),
            ratio=ratio,
            ulps=_number(error.max_ulp) if error is not None else None,
            seconds=number(outline.seconds),
            fingerprint=outline.fingerprint,
            swept=outline.sweep is not None,
        )

    def _shared(self, words: Sequence[str]) -> tuple[str, ...]:
        key = tuple(words)
        return self._sets.setdefault(key, key)

    def _followed(self, conventions: dict[str, str]) -> dict[str, str]:
        return self._conventions.setdefault(tuple(conventions.items()), conventions)


def budget_used(
    oracle: str, outcome: str, subtype: str | None, told: int, ratio: float | None
) -> float | None:
    """Error / allowance of a check's worst element; None where nothing was measured by the reference.

    `told` is how many elements the reference can tell anything of, `ratio` the largest of theirs. An answer
    under another convention is measured against another question; what is infinite where a number is right,
    or the reverse, has no distance, but is beyond every allowance.
    """
    if told <= 0 or oracle != "reference" or outcome == "vacuous" or subtype == "convention":
        return None
    return math.inf if ratio is None or math.isnan(ratio) else ratio


def _number(form: Number | None) -> float | None:
    return None if form is None else number(form)


def _cause(outline: Outline) -> str:
    """The shortest name of why: a convention, an explanation, or the class of an exception."""
    if outline.convention:
        return outline.convention
    if outline.hypothesis is not None:
        return outline.hypothesis.name
    return outline.exception.name if outline.exception is not None else ""


def _sizes(outline: Outline) -> tuple[str, int]:
    return _sizes_of(tuple([form.shape for form in outline.inputs.values() if form.shape is not None]))


@functools.lru_cache(maxsize=256)  # the same few for thousands of checks
def _sizes_of(shapes: tuple[tuple[int, ...], ...]) -> tuple[str, int]:
    words = " ".join(["x".join(map(str, shape)) or "0-d" for shape in shapes])
    return words, max(map(math.prod, shapes), default=1)


def _returned(outline: Outline) -> str:
    """The first elements, or what came instead."""
    if outline.exception is not None:
        return visible(outline.exception.name)
    form = outline.actual
    if form is None:
        return ""
    if form.text is not None:
        return visible(clipped(" ".join(form.text.split()), 60))
    if form.exception is not None:
        return visible(form.exception)
    if form.type is not None:
        return visible(clipped(f"{form.type}: {form.repr}", 60))
    values = form.values or (form.sample.values if form.sample is not None else [])
    size = math.prod(form.shape or ())
    listed = ", ".join([short(value, 4) for value in values[:SHOWN]])
    return listed if size <= SHOWN else f"{listed}, ... ({size:,} elements)"
