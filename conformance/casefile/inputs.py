"""The inputs of a case: literals, generators, and what is deliberately no tensor."""

from __future__ import annotations

from typing import Any

from conformance.casefile.errors import Path
from conformance.casefile.literals import array, shaped_array
from conformance.casefile.scope import Scope
from conformance.casefile.tree import Doubtful, LinedDict, plain
from conformance.model import Generator, InputSpec, Literal, Raw

_NO_OPTIONS = frozenset(("generator", "shape", "seed", "dtype", "layout"))


def spec(name: str, tree: Any, scope: Scope, path: Path) -> InputSpec:
    """The input `name` of a case, from what the case gives for it."""
    if not isinstance(tree, LinedDict):
        return InputSpec(name, Literal(array(tree, path, scope.problems)))
    if "generator" not in tree and "raw" in tree:
        return InputSpec(name, _raw(tree, scope, path))
    dtype = str(tree["dtype"]) if "dtype" in tree else None
    layout = str(tree.get("layout", "contiguous"))
    source = _generator(tree, scope, path) if "generator" in tree else _literal(tree, dtype, scope, path)
    return InputSpec(name, source, dtype, layout)


def whole(shape: Any) -> tuple[int, ...]:
    """A shape as ints: to a schema, 3.0 is a whole number too."""
    return tuple(int(length) for length in shape)


def _generator(tree: LinedDict, scope: Scope, path: Path) -> Generator:
    return Generator(
        name=str(tree["generator"]),
        shape=whole(tree["shape"]) if "shape" in tree else None,
        seed=int(tree.get("seed", 0)),
        options={
            str(key): scope.scalar(value, (*path, key))
            for key, value in tree.items()
            if key not in _NO_OPTIONS
        },
    )


def _literal(tree: LinedDict, dtype: str | None, scope: Scope, path: Path) -> Literal:
    if "shape" in tree:
        return Literal(shaped_array(tree["value"], whole(tree["shape"]), path, scope.problems, dtype))
    return Literal(array(tree["value"], (*path, "value"), scope.problems, dtype))


def _raw(tree: LinedDict, scope: Scope, path: Path) -> Raw:
    path = (*path, "raw")
    if tree.get("ndarray", False):
        return Raw(array(tree["raw"], path, scope.problems), ndarray=True)
    _refuse_doubtful(tree["raw"], scope, path)
    return Raw(plain(tree["raw"]))


def _refuse_doubtful(value: Any, scope: Scope, path: Path) -> None:
    if isinstance(value, Doubtful):
        scope.scalar(value, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_doubtful(item, scope, (*path, index))
