"""The head of a case file: documents, conventions, and the table of APIs."""

from __future__ import annotations

from typing import Any

from conformance.casefile.errors import Path
from conformance.casefile.scalars import resolve
from conformance.casefile.scope import Scope
from conformance.casefile.tree import LinedDict, plain
from conformance.casefile.words import as_word, suggest
from conformance.model import Api, Convention, Document, Parameter, Scalar


def documents(tree: LinedDict) -> dict[str, Document]:
    """The documents of a file's `tree` by key."""
    return {str(key): Document(str(key), **plain(entry)) for key, entry in tree["documents"].items()}


def conventions(tree: LinedDict, scope: Scope) -> dict[str, Convention]:
    """The conventions of a file's `tree` by name."""
    made = {}
    for name, entry in plain(tree.get("conventions", {})).items():
        scope.known(entry["reference"], entry["choices"], ("conventions", name, "reference"), "choice")
        made[name] = Convention(name, **entry)
    return made


def apis(tree: LinedDict, scope: Scope) -> dict[str, Api]:
    """The rows of a file's API table by dotted name."""
    return {str(name): _api(str(name), entry, scope, ("apis", name)) for name, entry in tree["apis"].items()}


def _api(name: str, tree: LinedDict, scope: Scope, path: Path) -> Api:
    parameters = tuple(
        _parameter(str(key), entry, scope, (*path, "parameters", key))
        for key, entry in tree.get("parameters", {}).items()
    )
    inputs = _inputs(tree, scope, path)
    _keywords(parameters, inputs, tree, scope, path)
    return Api(
        name=name,
        framework=name.partition(".")[0],
        kind=str(tree["kind"]),
        document=scope.known(tree["document"], scope.documents, (*path, "document"), "document"),
        location=scope.location(path),
        inputs=inputs,
        parameters=parameters,
        dtypes=scope.words(tree, "dtypes", path) if "dtypes" in tree else None,
        index_dtypes=scope.words(tree, "index_dtypes", path) if "index_dtypes" in tree else None,
        fixed=_fixed(parameters, tree, scope, path),
        platforms=scope.words(tree, "platforms", path) if "platforms" in tree else ("cpu",),
        versions=str(tree.get("versions", "")),
        documented=frozenset(scope.words(tree, "documented", path)),
        unsupported=plain(tree.get("unsupported", {})),
        raises=plain(tree.get("raises", {})),
    )


def _inputs(tree: LinedDict, scope: Scope, path: Path) -> dict[str, str]:
    if "inputs" not in tree:
        return {name: name for name in scope.inputs if name not in scope.optional}
    path = (*path, "inputs")
    for name in tree["inputs"]:
        scope.known(name, scope.inputs, (*path, name), "input")
    for name in scope.inputs:
        if name not in tree["inputs"] and name not in scope.optional:
            scope.problems.add(path, f'the input "{name}" is missing')
    names: dict[str, str] = plain(tree["inputs"])
    return names


def _parameter(name: str, tree: LinedDict, scope: Scope, path: Path) -> Parameter:
    wanted = scope.attributes.get(name)
    if name not in scope.attributes and name not in scope.optional:
        known = (*scope.attributes, *scope.optional)
        scope.problems.add(path, "unknown attribute or optional input", suggest(name, known))
        wanted = ""  # nothing is known of its values
    values = tree.get("values")
    if values is not None:
        scope.unique(values, (*path, "values"))
    return Parameter(
        name=name,
        keyword=str(tree.get("keyword", name)),
        default=scope.scalar(tree["default"], (*path, "default"), wanted) if "default" in tree else wanted,
        values=None
        if values is None
        else tuple(
            scope.scalar(value, (*path, "values", index), wanted) for index, value in enumerate(values)
        ),
        mapped=_mapped(tree, scope, path, wanted),
    )


def _fixed(parameters: tuple[Parameter, ...], tree: LinedDict, scope: Scope, path: Path) -> dict[str, Scalar]:
    path = (*path, "fixed")
    made = {
        str(name): scope.attribute(name, value, (*path, name))
        for name, value in tree.get("fixed", {}).items()
    }
    for parameter in parameters:
        if parameter.name in made:
            message = "is a parameter, too"
            scope.problems.add((*path, parameter.name), message, "what is fixed cannot be given")
    return made


def _mapped(tree: LinedDict, scope: Scope, path: Path, wanted: Scalar) -> dict[Scalar, Scalar]:
    mapped = tree.get("mapped")
    if mapped is None:
        return {}
    values: list[Any] | None = tree.get("values")
    made: dict[Scalar, Scalar] = {}
    for word, spelling in mapped.items():
        here = (*path, "mapped", word)
        # YAML keys are text to the schema; as a value of the attribute, true is true and 2 is 2.
        key = scope.scalar(word if word in mapped.quoted else resolve(word), here, wanted)
        if values is not None and not any(
            key == value and type(key) is type(plain(value)) for value in values
        ):
            scope.problems.add(here, "is none of the values", suggest(str(word), map(as_word, values)))
        if key in made:  # as Python has it, true and 1 are one key
            scope.problems.add(here, "means the same as a key before it", "remove one of them")
        made[key] = scope.scalar(spelling, here, wanted)
    return made


def _keywords(
    parameters: tuple[Parameter, ...], inputs: dict[str, str], tree: LinedDict, scope: Scope, path: Path
) -> None:
    """No name stands for two things in a call; the constructor of a class is a call of its own."""
    of_inputs = [
        ((*path, "inputs", name), f'the input "{name}"', keyword) for name, keyword in inputs.items()
    ]
    of_attributes = [
        ((*path, "parameters", parameter.name), f'the attribute "{parameter.name}"', parameter.keyword)
        for parameter in parameters
    ]
    calls = [of_inputs, of_attributes] if tree["kind"] == "class" else [of_inputs + of_attributes]
    for named in calls:
        taken: dict[str, str] = {}
        for place, what, keyword in named:
            other = taken.setdefault(keyword, what)
            if other is not what:
                message = f'"{keyword}" is already the name of {other}'
                scope.problems.add(place, message, "give each its own name")
