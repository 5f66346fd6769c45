"""Load case files: one at a time, or all of a folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from conformance.casefile.cases import cases
from conformance.casefile.discover import find
from conformance.casefile.errors import CaseFileError, ContentError, Problems, quoted
from conformance.casefile.head import apis, conventions, documents
from conformance.casefile.matrix import AXES
from conformance.casefile.reader import read_tree
from conformance.casefile.scope import Scope
from conformance.casefile.source import read_text
from conformance.casefile.tree import LinedDict
from conformance.casefile.validation import validate_once
from conformance.casefile.words import suggest
from conformance.model import Operator, Scalar


def load(
    path: str | os.PathLike[str], known_operators: Collection[str] | None = None, shown_as: str | None = None
) -> Operator:
    """The operator that the case file at `path` describes.

    `known_operators` are the names that have a reference; None leaves that unchecked. `shown_as` is
    the path that errors and locations show, the given one by default.
    Raises CaseFileError, and nothing else, for a file that cannot be used (see errors.CaseFileError).
    """
    shown = shown_as or os.fspath(path)
    text = read_text(path, shown)
    tree = read_tree(text, shown)
    validate_once(text, tree, shown)
    return _operator(tree, Path(path).stem, shown, known_operators)


def load_all(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    known_operators: Collection[str] | None = None,
) -> tuple[list[Operator], list[CaseFileError]]:
    """The operators of all case files among `paths`, and the errors of those that cannot be used.

    A folder stands for the case files below it (see discover.is_casefile), in the order of their
    paths; a file for itself, whatever it holds. One bad file never stops the others. Of two files
    of one operator the second is an error.
    """
    operators: dict[str, Operator] = {}
    errors: list[CaseFileError] = []
    for path in find([paths] if isinstance(paths, str | os.PathLike) else paths):
        loaded = _load_among(operators, path, known_operators)
        if isinstance(loaded, Operator):
            operators[loaded.name] = loaded
        else:
            errors.append(loaded)
    return list(operators.values()), errors


def _load_among(
    others: Mapping[str, Operator], path: Path, known_operators: Collection[str] | None
) -> Operator | CaseFileError:
    try:
        operator = load(path, known_operators)
        _refuse_twin(operator, others.get(operator.name))
    except CaseFileError as error:
        return error
    return operator


def _refuse_twin(operator: Operator, other: Operator | None) -> None:
    if other is not None:
        problems = Problems(operator.path, ContentError)
        problems.at(
            1, "operator", f"{quoted(operator.name)} has a case file already, {other.path}", "merge the two"
        )
        problems.raise_any()


def _operator(tree: LinedDict, stem: str, path: str, known_operators: Collection[str] | None) -> Operator:
    problems = Problems(path, ContentError, tree)
    name = _name(tree, stem, problems, known_operators)
    scope = Scope(path, problems)
    scope.inputs = scope.words(tree, "inputs", ())
    scope.optional = scope.words(tree, "optional", ())
    for index, word in enumerate(scope.optional):
        scope.known(word, scope.inputs, ("optional", index), "input")
    scope.attributes = _attributes(tree, scope)
    scope.documents = documents(tree)
    scope.conventions = conventions(tree, scope)
    scope.apis = apis(tree, scope)
    made = cases(tree["cases"], scope)
    problems.raise_any()
    return Operator(
        name,
        path,
        scope.inputs,
        scope.attributes,
        scope.documents,
        scope.conventions,
        scope.apis,
        made,
        scope.optional,
    )


def _name(tree: LinedDict, stem: str, problems: Problems, known_operators: Collection[str] | None) -> str:
    name = str(tree["operator"])
    if name != stem:
        hint = f"write {quoted(stem)}, or name the file {name}.yaml"
        problems.add(("operator",), f"{quoted(name)} is not the name of the file", hint)
    if known_operators is not None and name not in known_operators:
        problems.add(
            ("operator",), f"{quoted(name)} has no reference", suggest(name, sorted(known_operators))
        )
    return name


def _attributes(tree: LinedDict, scope: Scope) -> dict[str, Scalar]:
    made = {}
    for name, default in tree.get("attributes", {}).items():
        path = ("attributes", name)
        if name in AXES:
            scope.problems.add(
                path, "is the name of an axis of every matrix", "give the attribute another name"
            )
        elif name in scope.inputs:
            scope.problems.add(path, "is the name of an input too", "give each its own name")
        made[str(name)] = scope.scalar(default, path)
    return made
