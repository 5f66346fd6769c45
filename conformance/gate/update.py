"""Bringing expectations files up to date: which file gets what, and writing all of them or none."""

from __future__ import annotations

import codecs
import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.gate.deviations import Deviation
from conformance.gate.expectations import Expectation, ExpectationError
from conformance.gate.load import files_of, framework_of, read_expectations, text_of
from conformance.gate.revision import Revision
from conformance.gate.rewrite import HEAD, entry_text, rewritten
from conformance.results import CheckRecord


@dataclass(frozen=True, slots=True)
class Change:
    """The text of a file before (None where it is new) and after."""

    path: Path
    before: str | None
    after: str

    def diff(self) -> str:
        """The difference, as `diff -u` shows it."""
        old = (self.before or "").splitlines(keepends=True)
        name = str(self.path)
        lines = difflib.unified_diff(old, self.after.splitlines(keepends=True), name, name, n=1)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def changes(revision: Revision, where: Sequence[Path], records: Mapping[str, CheckRecord]) -> list[Change]:
    """What becomes of the files and folders `where` under `revision`; nothing is written.

    `records` has the whole records of what the reasons of new entries tell of. Raises ExpectationError for
    a file that cannot be changed, and where there is none for a framework.
    """
    added = {
        _file_for(framework, where): (framework, entries) for framework, entries in revision.added.items()
    }
    narrowed: dict[Path, dict[Expectation, list[str]]] = {}
    for entry, patterns in revision.narrowed.items():
        narrowed.setdefault(Path(entry.location.path), {})[entry] = patterns
    return [
        _change(path, narrowed.get(path, {}), *added.get(path, ("", [])), records)
        for path in sorted({*added, *narrowed})
    ]


def outcome(changed: Sequence[Change], known: Iterable[Expectation]) -> list[Expectation]:
    """The expectations that hold once `changed` is written, where now `known` do. Raises ExpectationError."""
    touched = {str(change.path) for change in changed}
    kept = [entry for entry in known if entry.location.path not in touched]
    return kept + [entry for change in changed for entry in read_expectations(change.after, change.path)]


def write(changed: Iterable[Change]) -> None:
    """Write the files, each in one step. Raises ExpectationError where that cannot be done."""
    ready: list[tuple[Path, Path]] = []
    try:
        for change in changed:
            change.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = change.path.with_name(f".{change.path.name}.{os.getpid()}")
            mark = b"" if change.before is None else _mark(change.path)
            fresh.write_bytes(mark + change.after.encode())
            ready.append((fresh, change.path))
        for fresh, path in ready:
            os.replace(fresh, path)
    except OSError as problem:
        for fresh, _ in ready:
            fresh.unlink(missing_ok=True)
        raise ExpectationError(
            f"{problem.filename}: cannot be written: {problem.strerror or problem}"
        ) from problem


def _mark(path: Path) -> bytes:
    """The byte order mark that a file begins with, or nothing."""
    return codecs.BOM_UTF8 if path.read_bytes().startswith(codecs.BOM_UTF8) else b""


def _file_for(framework: str, where: Sequence[Path]) -> Path:
    """The file that gets the new entries of a framework."""
    files = [file for path in where if path.exists() for file in files_of(path)]
    about = {file: framework_of(file) for file in files}
    fitting = [file for file in files if about[file] == framework] or [
        file for file in files if about[file] is None
    ]
    if fitting:
        return fitting[0]
    folder = next((path for path in where if not path.is_file()), None)
    if folder is None:
        told = ", ".join(f"{file} is about {name}" for file, name in about.items())
        raise ExpectationError(f"no file is about {framework}: {told}; name a folder of files")
    return folder / f"{framework}.yaml"


def _change(
    path: Path,
    narrowed: Mapping[Expectation, Sequence[str]],
    framework: str,
    entries: Sequence[Deviation],
    records: Mapping[str, CheckRecord],
) -> Change:
    added = [entry_text(entry, records) for entry in entries]
    if not path.exists():
        return Change(path, None, HEAD.format(framework=framework, name=framework) + "".join(added))
    before = text_of(path)
    return Change(path, before, rewritten(before, str(path), narrowed, added))
