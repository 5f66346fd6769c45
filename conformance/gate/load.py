"""Reading expectations: `cases/expectations/<framework>.yaml`, or a maintainer's own file."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from conformance.casefile import CaseFileError, read_text, read_tree, validate_once
from conformance.casefile.discover import NO_CASES, find
from conformance.casefile.tree import LinedDict, LinedList
from conformance.gate.expectations import Conditions, Expectation, ExpectationError
from conformance.model import Location


@functools.cache
def schema() -> dict[str, Any]:
    """The published schema of expectations files, JSON Schema draft 2020-12."""
    text = resources.files("conformance.gate").joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def load_expectations(paths: Iterable[Path]) -> list[Expectation]:
    """The entries of files and folders of files, in order. Raises ExpectationError."""
    entries: list[Expectation] = []
    for path in paths:
        for file in files_of(path):
            entries += read_expectations(text_of(file), file)
    refuse_equal(entries)
    return entries


def refuse_equal(entries: Iterable[Expectation]) -> None:
    """Raise ExpectationError where one pattern stands twice under the same conditions."""
    known: dict[tuple[object, ...], Expectation] = {}
    for entry in entries:
        other = known.setdefault((entry.checks, entry.framework, entry.when), entry)
        if other is not entry:
            other.conflict(entry, entry.checks)


def beside(folders: Iterable[Path]) -> list[Path]:
    """The folders of expectations that belong to the case files in `folders`."""
    found = {folder.resolve() / NO_CASES for folder in folders}
    return sorted(folder for folder in found if folder.is_dir())


def covers(files: Iterable[Path], folders: Iterable[Path]) -> bool:
    """Whether `files` are all case files below `folders`, so that what matches no check of them is stale."""
    known = {file.resolve() for file in files}
    return all(path.resolve() in known for path in find(folders))


def framework_of(file: Path) -> str | None:
    """The framework that the entries of a file are about; None for any. Raises ExpectationError."""
    framework = _tree(text_of(file), file).get("framework")
    return None if framework is None else str(framework)


def files_of(path: Path) -> list[Path]:
    """The file `path` itself, or the files of the folder `path`."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in (".yaml", ".yml"))


def read_expectations(text: str, path: Path) -> Iterator[Expectation]:
    """The entries in the `text` of a file at `path`. Raises ExpectationError."""
    tree = _tree(text, path)
    for entry in tree["expectations"]:
        location = Location(str(path), entry.line)
        for line, pattern in _patterns(entry):
            yield Expectation(
                checks=pattern,
                framework=tree.get("framework"),
                outcome=entry["outcome"],
                reason=str(entry["reason"]),
                location=Location(str(path), line),
                entry=entry.line,
                subtypes=_words(entry.get("subtype")),
                convention=entry.get("convention"),
                fingerprints=_words(entry.get("fingerprint")),
                when=_conditions(entry.get("when", {}), location),
                link=entry.get("link"),
                until=_date(entry.get("until"), location),
                flaky=bool(entry.get("flaky", False)),
                review=bool(entry.get("review", False)),
            )


def text_of(path: Path) -> str:
    """The text of a file. Raises ExpectationError."""
    try:
        return read_text(path)
    except CaseFileError as problem:
        raise ExpectationError(str(problem)) from problem


def _tree(text: str, path: Path) -> LinedDict:
    try:
        tree: LinedDict = read_tree(text, str(path))
        validate_once(text, tree, str(path), schema())
    except CaseFileError as problem:
        raise ExpectationError(str(problem)) from problem
    return tree


def _patterns(entry: LinedDict) -> Iterator[tuple[int, str]]:
    """The patterns of an entry, each with its line."""
    checks = entry["checks"]
    if isinstance(checks, LinedList):
        yield from zip(checks.lines, map(str, checks), strict=True)
    else:
        yield entry.lines["checks"], str(checks)


def _words(given: str | list[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (str(given),) if isinstance(given, str) else tuple(map(str, given))


def _conditions(when: dict[str, Any], location: Location) -> Conditions:
    version = when.get("version")
    try:
        versions = None if version is None else SpecifierSet(version)
    except InvalidSpecifier as problem:
        raise ExpectationError(
            f"{location}: when.version: {version!r} is no version range; write it as PEP 440 does, '>=2.0,<3'"
        ) from problem
    return Conditions(versions, when.get("device"), when.get("mode"), when.get("platform"))


def _date(text: str | None, location: Location) -> datetime.date | None:
    try:
        return None if text is None else datetime.date.fromisoformat(text)
    except ValueError as problem:
        raise ExpectationError(f"{location}: until: {text!r} is no date; write it as 2026-12-31") from problem
