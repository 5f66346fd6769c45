"""The cases of a case file."""

from __future__ import annotations

import fnmatch
from typing import Any

from conformance.casefile import inputs, matrix
from conformance.casefile.errors import Path, quoted
from conformance.casefile.scope import Scope
from conformance.casefile.tree import LinedDict, LinedList
from conformance.casefile.words import suggest
from conformance.model import DTYPES, INDEX, Case, Generator, InputSpec, Printed, Scalar


def cases(trees: LinedList, scope: Scope) -> tuple[Case, ...]:
    """The cases of a file, in its order; ids are unique in it."""
    first: dict[str, int] = {}
    made = []
    for index, tree in enumerate(trees):
        path: Path = ("cases", index)
        twin = first.setdefault(tree["id"], index)
        if twin != index:
            message = f"{quoted(tree['id'])} is already the id of the case on line {trees.lines[twin]}"
            scope.problems.add((*path, "id"), message, "ids are unique in a file")
        made.append(_case(tree, scope, path))
    return tuple(made)


def _case(tree: LinedDict, scope: Scope, path: Path) -> Case:
    attributes = _attributes(tree, scope, path)
    specs = _inputs(tree, scope, path)
    axes = matrix.axes(tree, scope, path)
    dtypes = axes.get("dtype", DTYPES)
    _contradictions(tree, specs, scope, path)
    formula = tree.get("formula")
    return Case(
        id=str(tree["id"]),
        summary=str(tree["summary"]),
        location=scope.location(path),
        inputs=specs,
        attributes=attributes,
        dtypes=dtypes,
        matrix=axes,
        exclude=matrix.exclude(tree, {**axes, "dtype": dtypes}, scope, path),
        apis=_apis(tree, scope, path),
        features=scope.words(tree, "features", path),
        conventions=_known_words(tree, "conventions", scope.conventions, "convention", scope, path),
        printed=_printed(tree, scope, path),
        formula=str(formula["name"]) if formula else None,
        formula_document=scope.document(formula, (*path, "formula")) if formula else None,
        positional=_known_words(
            tree,
            "positional",
            (*scope.attributes, *scope.optional),
            "attribute or optional input",
            scope,
            path,
        ),
        keywords=tree.get("keywords", False),
        gradients=_gradients(tree, specs, scope, path),
        compiled=tree.get("compiled", False),
        refused=tree.get("refused", False),
        document=scope.document(tree, path),
    )


def _attributes(tree: LinedDict, scope: Scope, path: Path) -> dict[str, Scalar]:
    path = (*path, "attributes")
    return {
        str(name): scope.attribute(name, value, (*path, name))
        for name, value in tree.get("attributes", {}).items()
    }


def _inputs(tree: LinedDict, scope: Scope, path: Path) -> tuple[InputSpec, ...]:
    path = (*path, "inputs")
    given = tree["inputs"]
    for name in given:
        scope.known(name, scope.inputs, (*path, name), "input")
    for name in scope.inputs:
        if name not in given and name not in scope.optional:
            scope.problems.add(
                path,
                f"the input {quoted(name)} is missing",
                "a case gives a value for every input that is not optional",
            )
    return tuple(
        inputs.spec(name, given[name], scope, (*path, name)) for name in scope.inputs if name in given
    )


def _contradictions(tree: LinedDict, specs: tuple[InputSpec, ...], scope: Scope, path: Path) -> None:
    axes = tree.get("matrix", {})
    for name in tree.get("attributes", {}):
        if name in axes:
            message = "is given under attributes and as an axis of the matrix"
            scope.problems.add((*path, "matrix", name), message, "keep one of them")
    for index, name in enumerate(tree.get("positional", ())):
        given = any(name in tree.get(key, {}) for key in ("attributes", "matrix", "inputs"))
        if not given and (name in scope.attributes or name in scope.optional):
            hint = "add it to attributes or to the matrix"
            hint = "add it to inputs" if name in scope.optional else hint
            scope.problems.add((*path, "positional", index), "is not given by the case", hint)
    generators = [spec.source for spec in specs if isinstance(spec.source, Generator)]
    if "seed" in axes and not generators:
        scope.problems.add((*path, "matrix", "seed"), "no input has a generator", "remove the axis")
    if "index_dtype" in axes and not any(spec.dtype == INDEX for spec in specs):
        message = "no input has the dtype index"
        scope.problems.add((*path, "matrix", "index_dtype"), message, "remove the axis")
    if "shape" in axes and all(generator.shape is not None for generator in generators):
        message = "no input takes its shape from the matrix"
        scope.problems.add(
            (*path, "matrix", "shape"), message, "remove the axis, or the shape of a generator"
        )


def _known_words(
    tree: LinedDict, key: str, allowed: Any, kind: str, scope: Scope, path: Path
) -> tuple[str, ...]:
    words = scope.words(tree, key, path)
    for index, word in enumerate(words):
        scope.known(word, allowed, (*path, key, index), kind)
    return words


def _gradients(tree: LinedDict, specs: tuple[InputSpec, ...], scope: Scope, path: Path) -> tuple[str, ...]:
    """The inputs to differentiate with respect to; each is a tensor of the check's dtype."""
    names = _known_words(tree, "gradients", scope.inputs, "input", scope, path)
    by_name = {spec.name: spec for spec in specs}
    for index, name in enumerate(names):
        spec = by_name.get(name)
        if spec is None or (spec.is_tensor and spec.dtype is None):
            continue
        message = f"the input {quoted(name)} is no tensor"
        if spec.is_tensor:
            message = f"the input {quoted(name)} has a dtype of its own"
        hint = "gradients are checked with respect to tensors of the check's dtype"
        scope.problems.add((*path, "gradients", index), message, hint)
    if names and tree.get("refused", False):
        hint = "leave out gradients, or refused"
        scope.problems.add((*path, "gradients"), "a call that ought to be refused has none", hint)
    return names


def _apis(tree: LinedDict, scope: Scope, path: Path) -> tuple[str, ...] | None:
    if "apis" not in tree:
        return None
    patterns = scope.words(tree, "apis", path)
    for index, pattern in enumerate(patterns):
        if not any(fnmatch.fnmatchcase(name, pattern) for name in scope.apis):
            is_glob = not frozenset("*?[").isdisjoint(pattern)
            message = "{} matches no API of this file" if is_glob else "unknown API {}"
            scope.problems.add(
                (*path, "apis", index), message.format(quoted(pattern)), suggest(pattern, scope.apis)
            )
    return patterns


def _printed(tree: LinedDict, scope: Scope, path: Path) -> Printed | None:
    printed = tree.get("printed")
    if printed is None:
        return None
    document = scope.known(printed["document"], scope.documents, (*path, "printed", "document"), "document")
    return Printed(str(printed["text"]), document, str(printed.get("style", "str")))
