"""From the errors of jsonschema to problems that say what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from conformance.casefile.errors import Path, Problems, quoted
from conformance.casefile.scalars import resolve
from conformance.casefile.tree import Doubtful
from conformance.casefile.words import as_word, nearest, suggest

Error: TypeAlias = Any  # jsonschema.ValidationError, whose attributes are typed as perhaps unset

_TYPES = {
    "null": "null",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
}


def describe(errors: Iterable[Error], tree: Any, problems: Problems) -> None:
    """Add a problem for each error, and for each key of an error about several keys."""
    missing: list[Error] = []
    meant: set[tuple[Path, str | None]] = set()
    for error in errors:
        path: Path = tuple(error.absolute_path)
        if "propertyNames" in error.absolute_schema_path:
            problems.add((*path, str(error.instance)), f"the key {_value_message(error)}")
        elif error.validator == "additionalProperties":
            for key in _unknown(error):
                meant.add((path, nearest(key, _known(error))))
                problems.add((*path, key), "unknown key", _key_hint(key, error, path, tree))
        elif error.validator == "required":
            missing.append(error)
        elif error.validator in ("anyOf", "oneOf"):
            _describe_choice(error, problems)
        else:
            problems.add(path, _value_message(error), _value_hint(error))
    for error in missing:
        _describe_missing(error, meant, problems)


def _describe_choice(error: Error, problems: Problems) -> None:
    """Of several forms, the errors of the one that has the value's type; else the types of all."""
    path: Path = tuple(error.absolute_path)
    wrong_type = {
        inner.schema_path[0] for inner in error.context if not inner.path and inner.validator == "type"
    }
    for inner in error.context:
        if inner.schema_path[0] not in wrong_type:
            problems.add(tuple(inner.absolute_path), _value_message(inner), _value_hint(inner))
            return
    types = [form.get("type", "object") for form in error.validator_value]
    problems.add(path, f"must be {_types(types)}, not {_kind_of(error.instance, types)}")


def _unknown(error: Error) -> list[str]:
    return [key for key in error.instance if key not in error.schema.get("properties", {})]


def _known(error: Error) -> list[str]:
    return [*error.schema.get("properties", {}), *error.schema.get("alternatives", ())]


def _key_hint(key: str, error: Error, path: Path, tree: Any) -> str:
    attributes = tree.get("attributes")
    is_case = len(path) == 2 and path[0] == "cases"
    if is_case and isinstance(attributes, dict) and nearest(key, _known(error)) is None:
        attribute = nearest(key, attributes)
        if attribute is not None:
            return f'{quoted(attribute)} goes under "attributes" or "matrix"'
    return suggest(key, _known(error))


def _describe_missing(error: Error, meant: set[tuple[Path, str | None]], problems: Problems) -> None:
    path: Path = tuple(error.absolute_path)
    words = [*error.validator_value, *error.schema.get("alternatives", ())]
    if "alternatives" in error.schema:
        if path not in {place for place, _ in meant}:
            problems.add(path, "needs one of " + ", ".join(map(quoted, words)))
        return
    for word in words:
        if word not in error.instance and (path, word) not in meant:
            problems.add(path, f"the key {quoted(word)} is missing")


def _value_message(error: Error) -> str:
    value, limit = error.instance, error.validator_value
    kind = str(error.validator)
    if kind == "type" and isinstance(limit, list) and "errorMessage" in error.schema:
        return f"{quoted(value)} {error.schema['errorMessage']}"
    if kind == "type":
        return f"must be {_types(limit)}, not {_kind_of(value, limit)}"
    if kind == "enum":
        return f"{quoted(value)} is not allowed here"
    if kind == "pattern":
        return f"{quoted(value)} {error.schema.get('errorMessage', error.message)}"
    message: str = {
        "minLength": "must not be empty" if limit == 1 else f"is shorter than {limit} characters",
        "maxLength": f"is longer than {limit} characters",
        "minItems": "must not be empty",
        "minProperties": "must not be empty",
        "maxItems": f"has more than {limit} items",
        "minimum": f"{quoted(value)} is less than {limit}",
        "maximum": f"{quoted(value)} is more than {limit}",
    }.get(kind, error.message)
    return message


def _value_hint(error: Error) -> str:
    value, kind = error.instance, error.validator
    if kind == "enum":
        return suggest(value if isinstance(value, str) else "", map(as_word, error.validator_value))
    if kind not in ("type", "pattern"):
        return ""
    wanted = error.schema.get("type", ())
    if isinstance(value, Doubtful) and wanted != "string":
        return value.fix
    if wanted == "string" and not isinstance(value, str | dict | list):
        return "put it in quotes"
    return "leave out the quotes" if isinstance(value, str) and _is_meant(resolve(value), wanted) else ""


def _is_meant(value: object, wanted: str | list[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in wanted
    return isinstance(value, int | float) and ("number" in wanted or "integer" in wanted)


def _types(limit: str | list[str]) -> str:
    words = [_TYPES[limit]] if isinstance(limit, str) else [_TYPES[word] for word in limit]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" or {words[-1]}"


def _kind_of(value: object, wanted: str | list[str]) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return quoted(value)
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a number" if "string" in wanted else f"the number {quoted(value)}"  # 2.10 is no longer 2.10
