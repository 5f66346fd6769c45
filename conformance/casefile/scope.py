"""What the head of a case file defines, for the checks of everything below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.casefile.errors import Path, Problems, quoted
from conformance.casefile.tree import Doubtful, LinedDict
from conformance.casefile.words import suggest
from conformance.model import Api, Convention, Document, Location, NamedCallable, Scalar


@dataclass(slots=True)
class Scope:
    """The names that a file has defined so far, and where its problems go."""

    path: str
    problems: Problems
    inputs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)
    conventions: Mapping[str, Convention] = field(default_factory=dict)
    apis: Mapping[str, Api] = field(default_factory=dict)

    def location(self, path: Path) -> Location:
        """Where `path` stands in the file."""
        return Location(self.path, self.problems.line(path))

    def known(self, word: str, allowed: Iterable[str], path: Path, kind: str) -> str:
        """`word`, and a problem at `path` where it is none of `allowed`."""
        names = allowed if isinstance(allowed, Mapping | tuple) else tuple(allowed)
        if word not in names:
            self.problems.add(path, f"unknown {kind} {quoted(word)}", suggest(word, names))
        return str(word)

    def document(self, tree: Mapping[str, Any], path: Path) -> str | None:
        """The document that `tree`, at `path`, names under `document`, or None."""
        key = tree.get("document")
        return None if key is None else self.known(key, self.documents, (*path, "document"), "document")

    def unique(self, values: Iterable[Any], path: Path) -> None:
        """A problem at each item of a list that an earlier item equals (true and 1 are different)."""
        seen: dict[Any, int] = {}
        for index, value in enumerate(values):
            first = seen.setdefault(identity(value), index)
            if first != index:
                self.problems.add(
                    (*path, index), f"{quoted(value)} stands here twice", f"it is item {first} too"
                )

    def words(self, tree: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
        """The list of words under `key`, each given once; empty without the key."""
        found = tuple(str(word) for word in tree.get(key, ()))
        self.unique(found, (*path, key))
        return found

    def scalar(self, value: Scalar, path: Path, wanted: Scalar = None) -> Scalar:
        """A plain value, or a function by name. Doubtful text is text where `wanted`, the default, is one."""
        if isinstance(value, LinedDict):
            return NamedCallable(str(value["callable"]))
        if isinstance(value, Doubtful) and not isinstance(wanted, str):
            self.problems.add(
                path, f"{quoted(value)} is ambiguous", f"{value.fix}, or put it in quotes if text is meant"
            )
        return str(value) if isinstance(value, str) else value

    def attribute(self, name: str, value: Scalar, path: Path) -> Scalar:
        """The value of an attribute of the operator; a problem where it has none of that name."""
        if name not in self.attributes:
            self.problems.add(path, "unknown attribute", suggest(name, self.attributes))
            return value
        return self.scalar(value, path, self.attributes[name])


def identity(value: Any) -> Any:
    """A key under which equal values meet: 1 equals 1.0 but not true, NaN equals NaN."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list | tuple):
        return tuple(identity(item) for item in value)
    if isinstance(value, dict):
        return NamedCallable(value["callable"])
    return "nan" if value != value else value
