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

from conformance.casefile import CaseFileError, read_text, read_tree, validate
from conformance.casefile.discover import NO_CASES, find
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
        for file in _files(path):
            entries += _load(file)
    return entries


def beside(folders: Iterable[Path]) -> list[Path]:
    """The folders of expectations that belong to the case files in `folders`."""
    found = {folder.resolve() / NO_CASES for folder in folders}
    return sorted(folder for folder in found if folder.is_dir())


def covers(files: Iterable[Path], folders: Iterable[Path]) -> bool:
    """Whether `files` are all case files below `folders`, so that what matches no check of them is stale."""
    known = {file.resolve() for file in files}
    return all(path.resolve() in known for path in find(folders))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in (".yaml", ".yml"))


def _load(path: Path) -> Iterator[Expectation]:
    try:
        tree = read_tree(read_text(path), str(path))
        validate(tree, str(path), schema())
    except CaseFileError as problem:
        raise ExpectationError(str(problem)) from problem
    for entry in tree["expectations"]:
        location = Location(str(path), entry.line)
        checks = entry["checks"]
        for pattern in [checks] if isinstance(checks, str) else checks:
            yield Expectation(
                checks=str(pattern),
                framework=tree.get("framework"),
                outcome=entry["outcome"],
                reason=str(entry["reason"]),
                location=location,
                subtype=entry.get("subtype"),
                convention=entry.get("convention"),
                fingerprint=entry.get("fingerprint"),
                when=_conditions(entry.get("when", {}), location),
                link=entry.get("link"),
                until=_date(entry.get("until"), location),
                flaky=bool(entry.get("flaky", False)),
            )


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
