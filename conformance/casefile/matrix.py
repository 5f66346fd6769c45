"""The matrix of a case: its axes, and the combinations that it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.casefile.errors import Path, quoted
from conformance.casefile.inputs import whole
from conformance.casefile.scope import Scope, identity
from conformance.casefile.tree import LinedDict
from conformance.casefile.words import suggest

AXES = ("dtype", "shape", "layout", "seed", "index_dtype")


def axes(tree: LinedDict, scope: Scope, path: Path) -> dict[str, tuple[Any, ...]]:
    """The axes of a case with their values, in the order of the file; shapes as tuples, seeds as ints."""
    made: dict[str, tuple[Any, ...]] = {}
    for name, values in tree.get("matrix", {}).items():
        here = (*path, "matrix", name)
        if isinstance(values, LinedDict):
            made["seed"] = tuple(range(int(values["count"])))
            continue
        if name not in AXES and name not in scope.attributes:
            scope.problems.add(here, "unknown axis", suggest(name, (*AXES, *scope.attributes)))
        scope.unique(values, here)
        made[str(name)] = tuple(
            _value(name, value, scope, (*here, index)) for index, value in enumerate(values)
        )
    return made


def exclude(
    tree: LinedDict, among: Mapping[str, tuple[Any, ...]], scope: Scope, path: Path
) -> tuple[dict[str, Any], ...]:
    """The combinations that a case leaves out; each names axes and values of `among`, the matrix."""
    known = {axis: {identity(value) for value in values} for axis, values in among.items()}
    made = []
    for index, entry in enumerate(tree.get("exclude", ())):
        here = (*path, "exclude", index)
        made.append(
            {str(name): _excluded(name, value, known, scope, (*here, name)) for name, value in entry.items()}
        )
    return tuple(made)


def _excluded(name: str, value: Any, known: Mapping[str, set[Any]], scope: Scope, path: Path) -> Any:
    value = _value(name, value, scope, path)
    if name not in known:
        scope.problems.add(path, "is no axis of the matrix", suggest(name, known))
    elif identity(value) not in known[name]:
        words = [str(word) for word in known[name] if isinstance(word, str)]
        hint = suggest(value, words) if isinstance(value, str) else ""
        scope.problems.add(path, f"{quoted(value)} is no value of this axis", hint)
    return value


def _value(axis: str, value: Any, scope: Scope, path: Path) -> Any:
    if axis == "shape":
        return whole(value)
    if axis == "seed":
        return int(value)
    return scope.scalar(value, path, scope.attributes.get(axis, ""))
