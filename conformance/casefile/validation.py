"""The published schema, applied: the only truth about the form of a case file.

jsonschema, which takes nearly as long to import as NumPy, comes with the first file to validate: whether a
file is a case file at all is asked of any YAML that pytest meets, before frameworks are started.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING, Any

from conformance.casefile.accepted import accept, was_accepted
from conformance.casefile.errors import Problems, SchemaError
from conformance.casefile.messages import describe

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

_LOCAL = "#/$defs/"
_ENOUGH = 1000  # errors; a hostile file has millions, each of them an object


@functools.cache
def schema() -> dict[str, Any]:
    """The schema of case files, JSON Schema draft 2020-12."""
    text = resources.files("conformance.casefile").joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def validate(tree: Any, path: str, against: dict[str, Any] | None = None) -> None:
    """Check a file's `tree` (of reader.read_tree) against the schema of case files, or another.

    Another schema refers to nothing but its own `$defs`; beside a `pattern` it may have an
    `errorMessage`, and beside `required` the `alternatives` to it. Raises SchemaError with all that the
    file breaks.
    """
    problems = Problems(path, SchemaError, tree)
    validator = _own() if against is None else _validator(against)
    describe(itertools.islice(validator.iter_errors(tree), _ENOUGH), tree, problems)
    problems.raise_any()


def validate_once(text: str, tree: Any, path: str, against: dict[str, Any] | None = None) -> None:
    """As `validate`, of the tree of a file's `text`; what was accepted before is not looked at again."""
    asked = against or schema()
    if not was_accepted(text, asked):
        validate(tree, path, against)
        accept(text, asked)


@functools.cache
def _own() -> Validator:
    return _validator(schema())


def _validator(against: dict[str, Any]) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    definitions = against.get("$defs", {})

    def reference(validator: Any, target: str, instance: Any, _: Any) -> Iterator[ValidationError]:
        # All references are local; jsonschema's general lookup would take a third of all time.
        yield from validator.descend(instance, definitions[target.removeprefix(_LOCAL)])

    made: type[Validator] = extend(  # type: ignore[no-untyped-call]  # jsonschema has no types
        Draft202012Validator, {"$ref": reference, "pattern": _pattern}
    )
    return made(against)


def _pattern(_: Any, expression: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    # JSON Schema means ECMA-262, where $ is the very end; Python's also matches before a last newline.
    if isinstance(instance, str) and not _compiled(expression).search(instance):
        yield ValidationError(f"does not match {expression}")


@functools.cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\$$", r"\\Z", expression))
