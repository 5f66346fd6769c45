"""The published schema: valid, closed, described, and all of it understood by the messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.casefile import SchemaError, read_tree, schema
from conformance.casefile.literals import HEX_FLOAT
from conformance.casefile.validation import validate
from conformance.model import DTYPES, INTEGER_DTYPES, LAYOUTS

EXAMPLE = Path(__file__).parent / "example" / "soft_loss.yaml"
ANNOTATIONS = {"errorMessage", "alternatives"}  # ours; validators ignore what they do not know


def subschemas(node: Any, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within a schema, with its place."""
    if not isinstance(node, dict):
        return
    yield place, node
    for key in ("properties", "$defs"):
        for name, inner in node.get(key, {}).items():
            yield from subschemas(inner, f"{place}/{key}/{name}")
    for key in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
        yield from subschemas(node.get(key), f"{place}/{key}")


def all_subschemas() -> list[tuple[str, dict[str, Any]]]:
    return list(subschemas(schema()))


def test_schema_is_valid():
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_property_and_definition_has_a_description():
    named = [
        (place, node)
        for place, node in all_subschemas()
        if place.split("/")[-2:-1] in (["properties"], ["$defs"])
    ]
    assert len(named) > 70
    assert [place for place, node in named if not node.get("description", "").strip()] == []


def test_every_mapping_is_closed_or_says_what_other_values_are():
    mappings = [(place, node) for place, node in all_subschemas() if "properties" in node]
    mappings += [(place, node) for place, node in all_subschemas() if node.get("type") == "object"]
    bare = [place for place, node in mappings if "additionalProperties" not in node]
    assert bare == ["#/$defs/input/if"]
    assert schema()["additionalProperties"] is False


def test_every_reference_is_local_and_exists():
    references = [node["$ref"] for _, node in all_subschemas() if "$ref" in node]
    assert len(references) > 40
    assert {reference.rpartition("/")[0] for reference in references} == {"#/$defs"}
    assert {reference.rpartition("/")[2] for reference in references} == set(schema()["$defs"])


def test_every_pattern_has_words_for_people():
    assert [
        place for place, node in all_subschemas() if "pattern" in node and "errorMessage" not in node
    ] == []


def test_no_keyword_is_misspelt():
    known = set(Draft202012Validator.VALIDATORS) | ANNOTATIONS
    known |= {"$schema", "$defs", "title", "description", "default", "then", "else"}
    assert {key for _, node in all_subschemas() for key in node} <= known


def test_words_of_the_model():
    definitions = schema()["$defs"]
    assert definitions["dtype"]["enum"] == [*DTYPES, *INTEGER_DTYPES]
    assert definitions["layout"]["enum"] == list(LAYOUTS)
    axes = definitions["case"]["properties"]["matrix"]["properties"]
    assert axes["dtype"]["items"]["enum"] == list(DTYPES)


def test_hex_floats_are_the_same_everywhere():
    definitions = schema()["$defs"]
    assert definitions["literal"]["pattern"] == definitions["input"]["pattern"] == f"^{HEX_FLOAT.pattern}$"


def test_plain_jsonschema_accepts_the_example_too():
    """Editors use the schema without our validator's shortcuts."""
    tree = read_tree(EXAMPLE.read_text(), "example")
    assert list(Draft202012Validator(schema()).iter_errors(tree)) == []
    tree["cases"][0]["keyword"] = True
    assert [error.validator for error in Draft202012Validator(schema()).iter_errors(tree)] == [
        "additionalProperties"
    ]


FOREIGN = {
    "required": ["a"],
    "properties": {
        "a": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}}]},
        "b": {"type": "string", "minLength": 5},
        "c": {"type": "string", "pattern": "^x$"},
        "d": {"const": 3},
    },
}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("b: long enough", 'f.yaml:1: the key "a" is missing'),
        ("a: 1", "f.yaml:1: a: must be text or a list, not a number"),
        ('a: ""', "f.yaml:1: a: must not be empty"),
        ("a:\n- x\n- 1", "f.yaml:3: a[1]: must be text, not a number; put it in quotes"),
        ("a: x\nb: abc", "f.yaml:2: b: is shorter than 5 characters"),
        ("a: x\nc: y", 'f.yaml:2: c: "y" does not match ^x$'),
        ("a: x\nd: 4", "f.yaml:2: d: 3 was expected"),
        ("3", "f.yaml:1: must be a mapping, not the number 3"),
    ],
)
def test_another_schema(text, message):
    with pytest.raises(SchemaError) as caught:
        validate(read_tree(text, "f.yaml"), "f.yaml", {"type": "object", **FOREIGN})
    assert str(caught.value) == message
