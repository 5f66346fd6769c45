"""Whatever is in the file: an operator or a CaseFileError, and messages of one line each."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.casefile import CaseFileError, SchemaError, load, read_tree, schema
from conformance.casefile.tree import plain
from conformance.casefile.validation import validate
from conformance.model import Operator

EXAMPLE = (Path(__file__).parent / "example" / "soft_loss.yaml").read_text()
TREE = plain(read_tree(EXAMPLE, "example"))
TREE["apis"]["torch.nn.SoftLoss"]["parameters"]["flag"].pop("mapped")  # its key true would be quoted
SOME = settings(deadline=None, max_examples=150)

KEYS = sorted(
    {key for part in schema()["$defs"].values() for key in part.get("properties", {})}
    | set(schema()["properties"])
)
WORDS = [
    *KEYS, "soft_loss", "x", "y", "reduction", "flag", "mean", "none", "torch-2.7", "zero_target",
    "normal", "float32", "int64", "torch.nn.SoftLoss", "torch.*", "[", "[!", "everything",
    "0x1p+9999", "0x1p-9999", "010", "", "\n", "a b", "class", "dtype", "shape", "seed", "layout",
    "strided", "\x85", "\ud7ff", "\u0661",
]  # fmt: skip
SNIPPETS = [
    "*a", "&a ", "!!x ", "!", "<<: ", "{", "}", "[", "]", ": ", "- ", "\n", "\t", "'", '"', "|",
    ">", "#", "%", "@", "`", "? ", ",", "---\n", "...\n", "\r", "\0", "\x1b", "\ufeff", "\u2028",
    "yes", "010", "1_0", ".nan", "1e999", "null", "~", "9" * 30, "\\U00110000", "\n  ", "true",
]  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
    | st.integers(min_value=1 << 64)
)
keys = st.sampled_from(WORDS) | st.text(max_size=5)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def attempt(tmp_path_factory) -> Callable[[bytes], Operator | CaseFileError]:
    """Load bytes as soft_loss.yaml, and look at what came of it."""
    path = tmp_path_factory.mktemp("robustness") / "soft_loss.yaml"

    def load_bytes(content: bytes) -> Operator | CaseFileError:
        path.write_bytes(content)
        try:
            operator = load(path, known_operators={"soft_loss"}, shown_as="soft_loss.yaml")
        except CaseFileError as caught:
            error = caught
        else:
            assert isinstance(operator, Operator)
            return operator
        lines = str(error).split("\n")
        assert len(lines) == len(error.problems) <= 50
        assert all(line.startswith("soft_loss.yaml:") and line.isprintable() for line in lines)
        last = content.count(b"\n") + content.count(b"\r") + 2
        assert all(1 <= problem.location.line <= last for problem in error.problems)
        return error

    return load_bytes


def test_the_example_and_its_plain_tree_load(attempt):
    """Else the mutations below would mutate something that is refused anyhow."""
    assert isinstance(attempt(EXAMPLE.encode()), Operator)
    assert isinstance(attempt(dump(TREE)), Operator)


@SOME
@given(st.binary(max_size=300))
def test_random_bytes(attempt, content):
    attempt(content)


@SOME
@given(st.text(max_size=300) | st.lists(st.sampled_from([*SNIPPETS, *WORDS]), max_size=60).map("".join))
@example("operator: \\U00110000")
def test_random_text(attempt, text):
    attempt(text.encode("utf-8", "replace"))


@SOME
@given(st.data())
def test_damaged_text(attempt, data):
    text = EXAMPLE
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from([0, 0, 1, 2, 10, 100])))
        text = text[:start] + data.draw(st.sampled_from(SNIPPETS) | st.just(text[start:end] * 2)) + text[end:]
    attempt(text.encode("utf-8", "surrogatepass"))


@SOME
@given(st.data())
def test_damaged_bytes(attempt, data):
    content = bytearray(EXAMPLE.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    attempt(bytes(content))


def dump(tree: Any) -> bytes:
    return yaml.dump(tree, Dumper=NoAliases, allow_unicode=True, sort_keys=False).encode(
        "utf-8", "surrogatepass"
    )


class NoAliases(yaml.SafeDumper):
    """Writes equal lists out, as case files want them, and all text in quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


NoAliases.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a tree."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, dict | list):
            yield from places(value)


def place(tree: Any, draw: st.DrawFn) -> tuple[Any, Any]:
    """A (container, key) of a tree, drawn by its number: drawing from a list of trees is slow."""
    found = list(places(tree))
    return found[draw(st.integers(0, len(found) - 1))]


@st.composite
def damaged_trees(draw: st.DrawFn) -> Any:
    """A valid structure with a few values replaced, removed, moved or renamed."""
    tree = copy.deepcopy(TREE)
    for _ in range(draw(st.integers(1, 2))):
        container, key = place(tree, draw)
        other, other_key = place(tree, draw)
        change = draw(st.sampled_from(["value", "scalar", "copy", "remove", "add", "rename"]))
        if change in ("value", "scalar"):
            container[key] = draw(trees if change == "value" else scalars)
        elif change == "copy":
            container[key] = copy.deepcopy(other[other_key])
        elif change == "add" and isinstance(container, dict):
            container[draw(keys)] = copy.deepcopy(other[other_key])
        elif change == "rename" and isinstance(container, dict):
            container[draw(keys)] = container.pop(key)
        else:
            container.pop(key)
    return tree


@settings(deadline=None, max_examples=300)
@given(damaged_trees())
def test_damaged_trees(attempt, tree):
    """What is nearly valid reaches the later steps."""
    attempt(dump(tree))


@SOME
@given(damaged_trees())
def test_plain_jsonschema_agrees(tree):
    """Our shortcuts through the schema change no verdict, but where Python's $ is not that of ECMA-262."""
    try:
        validate(tree, "f.yaml")
        accepted = True
    except SchemaError:
        accepted = False
    if accepted or "\\n" not in json.dumps(tree):
        assert accepted == Draft202012Validator(schema()).is_valid(tree)


@SOME
@given(st.dictionaries(st.sampled_from([*schema()["properties"], "other"]), trees, min_size=3))
def test_random_trees(attempt, tree):
    attempt(json.dumps(tree).encode())  # mostly YAML; with NaN and Infinity as text


@pytest.mark.parametrize(
    "text",
    [
        "cases: [" + "{}, " * 100_000 + "]",
        "{" + ", ".join(f"k{n}: 1" for n in range(100_000)) + "}",
        "k" * 1_000_000 + ": 1",
        "operator: " + "x" * 1_000_000,
        "- " * 100_000,
        "a: " + "9" * 1_000_000,
        "a: " + "'" * 1_000_000,
        "a: " + "1:" * 500_000,
        "a: " + "0_" * 500_000,
        EXAMPLE.replace("-1.25", "0x" + "f" * 1_000_000 + "p0"),
        EXAMPLE.replace("-1.25", "0x1p999999999"),
        EXAMPLE.replace('"oneflow.*"', '"' + "*a" * 100 + '"'),
        EXAMPLE.replace("{count: 3}", "{count: 1e300}"),
        EXAMPLE.replace("[2, 2]", "[1000000000, 1000000000]", 1),
    ],
    ids=range(14),
)
def test_large_and_greedy_files_end_soon(attempt, text):
    attempt(text.encode())


@pytest.mark.parametrize("shape", ["[1000000000, 0]", "[0, 1000000000, 1000000000]"])
def test_large_empty_shapes_take_no_memory(attempt, shape):
    operator = attempt(
        EXAMPLE.replace("shape: [0, 3]}", f"shape: {shape}" + "}", 1)
        .replace("[0, 3], seed", f"{shape}, seed")
        .encode()
    )
    assert isinstance(operator, Operator | CaseFileError)
