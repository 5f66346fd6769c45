"""YAML to a tree with lines, and what of YAML is refused; with both of PyYAML's parsers."""

from __future__ import annotations

import sys

import pytest
import yaml

from conformance.casefile import YamlError, read_tree
from conformance.casefile.reader import MAX_DEPTH, CaseLoader
from conformance.casefile.tree import Doubtful, LinedDict, LinedList

OR_QUOTE = "or put text that starts with {} in quotes"
ALIAS = 'the alias "*a" is not allowed; write the value out, ' + OR_QUOTE.format("*")
ANCHOR = 'the anchor "&a" is not allowed; leave it out, ' + OR_QUOTE.format("&")
TAG = 'the tag "{}" is not allowed; leave it out, ' + OR_QUOTE.format("!")
NO_VALUE = 'has no value; write null, "" or {}, or remove the key'
PLAIN_KEY = "a key must be plain text; put text that starts with { or [ in quotes"


@pytest.fixture(params=[CaseLoader, yaml.SafeLoader], ids=["default", "pure"])
def loader(request):
    return request.param


def refused(text: str, loader: type) -> list[str]:
    with pytest.raises(YamlError) as caught:
        read_tree(text, "f.yaml", loader)
    return [str(problem).removeprefix("f.yaml:") for problem in caught.value.problems]


def test_the_c_parser_is_used_where_there_is_one():
    assert issubclass(CaseLoader, yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)


def test_values_and_lines(loader):
    text = """\
# a comment
a: 1
"b": [x, 'yes',
  yes, {c: ~}]
d:
  - |
    two
    lines
  -
    e: >-
      folded
      text
"""
    tree = read_tree(text, "f.yaml", loader)
    assert tree == {
        "a": 1,
        "b": ["x", "yes", "yes", {"c": None}],
        "d": ["two\nlines\n", {"e": "folded text"}],
    }
    assert isinstance(tree, LinedDict)
    assert (tree.line, tree.lines, tree.quoted) == (2, {"a": 2, "b": 3, "d": 5}, {"b"})
    items = tree["b"]
    assert isinstance(items, LinedList)
    assert (items.line, items.lines) == (3, [3, 3, 4, 4])
    assert [type(item) for item in items] == [str, str, Doubtful, LinedDict]
    assert tree["d"].lines == [6, 10]
    assert tree["d"][1].lines == {"e": 10}


def test_markers_of_one_document_are_allowed(loader):
    assert read_tree("%YAML 1.1\n---\na: 1\n...\n", "f.yaml", loader) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["1: the file is empty"]),
        ("# only a comment\n", ["1: the file is empty"]),
        ("---\n", ["2: the file is empty"]),
        ("a: 1\n---\nb: 2", ["2: a second document; remove the --- and everything after it"]),
        ("a: 1\nb: 2\na: 3", ["3: a: duplicate key; it is already on line 1; remove one of them"]),
        ("a: 1\n'a': 3", ["2: a: duplicate key; it is already on line 1; remove one of them"]),
        ("x: {a: 1,\n a: {b: 2}}", ["2: x.a: duplicate key; it is already on line 1; remove one of them"]),
        ("x: &a 1\ny: *a", [f"1: x: {ANCHOR}", f"2: y: {ALIAS}"]),
        ("x: &a [1]", [f"1: x: {ANCHOR}"]),
        ("- 1\n- *a", [f"2: [1]: {ALIAS}"]),
        ("*a", [f"1: {ALIAS}"]),
        ("x: {*a : 1}", [f"1: x: {ALIAS}"]),
        ("x: {<<: {b: 1}}", ["1: x.<<: merge keys are not allowed; write the keys out"]),
        (
            "x: !!python/object/apply:os.system [ls]",
            ["1: x: " + TAG.format("!!python/object/apply:os.system")],
        ),
        ("x: !!str 1", ["1: x: " + TAG.format("!!str")]),
        ("x: ! 1", ["1: x: " + TAG.format("!")]),
        ("x: !mine {a: 1}", ["1: x: " + TAG.format("!mine")]),
        ("x:\n  - 1\n  - !!binary aGk=", ["3: x[1]: " + TAG.format("!!binary")]),
        ("!!str x: 1", ["1: " + TAG.format("!!str")]),
        ("x:\ny: 1", [f"1: x: {NO_VALUE}"]),
        ("x: [1, {a}]", [f"1: x[1].a: {NO_VALUE}"]),
        ("x:\n- 1\n-", [f"3: x[1]: {NO_VALUE}"]),
        ("'': 1", ['1: "": an empty key; write its name']),
        ("x: {{ a }}", [f"1: x: {PLAIN_KEY}"]),
        ("x: {[1]: a}", [f"1: x: {PLAIN_KEY}"]),
        ("? [1]\n: 2", [f"1: {PLAIN_KEY}"]),
        ('x: "\\0"', ["1: x: the text holds the control character U+0000; remove it"]),
        ('x: "a\\eb"', ["1: x: the text holds the control character U+001B; remove it"]),
        ('"\\a": 1', ["1: the text holds the control character U+0007; remove it"]),
    ],
)
def test_refused(text, messages, loader):
    assert refused(text, loader) == messages


BLOCK = "check that the lines of this block start in the same column, and its quotes and brackets"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: b: c", 'put text that holds ": " in quotes, and check the columns of the lines'),
        ("a: [1,\n", "is a bracket not closed, or a value missing?"),
        ("a: [1 2", "is a bracket not closed, or a comma missing?"),
        ("a: {b: 1", "is a bracket not closed, or a comma missing?"),
        ("a: 'x\n", "is a quote not closed?"),
        ("a: @b", "put text that starts with a special sign in quotes, and indent with spaces"),
        ("a:\n\tb: 1", "put text that starts with a special sign in quotes, and indent with spaces"),
        ("a: >=1.0", "put text that starts with > or | in quotes"),
        ("a: [*.x]", "put text that starts with * or & in quotes"),
        ("a: !e!x 1", "leave the tag out, or put text that starts with ! in quotes"),
        ("a:\n  b: 1\n c: 2", BLOCK),
        ("- 1\na: 2", BLOCK),
        ("a: 'it's'", BLOCK),
        ("a: [1]]", BLOCK),
        ("a: 1\nb\nc: 1", "is the colon after a key missing?"),
    ],
)
def test_hints_of_what_is_no_yaml(text, hint, loader):
    """The two parsers find the same errors in words of their own."""
    with pytest.raises(YamlError) as caught:
        read_tree(text, "f.yaml", loader)
    assert caught.value.message.startswith("not YAML: ")
    assert caught.value.hint == hint


def test_all_problems_at_once(loader):
    text = "a: 1\na: 2\nb: &c 3\nd: !!int 4\ne:\nf: *c\n"
    assert [message[:2] for message in refused(text, loader)] == ["2:", "3:", "4:", "5:", "6:"]


def test_exact_words_of_the_c_parser():
    if not yaml.__with_libyaml__:
        pytest.skip("PyYAML without libyaml")
    assert refused("a: 1\nb: [1,\n 2\nc: 3", CaseLoader) == [
        "4: not YAML: while parsing a flow sequence that starts on line 2: did not find expected ',' or ']'; "
        "is a bracket not closed, or a comma missing?"
    ]
    assert refused("a:\n\tb: 1", CaseLoader) == [
        "2: not YAML: while scanning for the next token: found character that cannot start any token; "
        "put text that starts with a special sign in quotes, and indent with spaces"
    ]


def test_nesting(loader):
    deepest = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert read_tree(deepest, "f.yaml", loader) is not None
    assert refused(f"\n[{deepest}]", loader) == [
        f"2: {'[0]' * MAX_DEPTH}: nested more than {MAX_DEPTH} deep; is a bracket not closed?"
    ]


@pytest.mark.parametrize("bomb", ["[", "{a: ", "- "])
def test_deep_nesting_neither_hangs_nor_overflows(bomb, loader):
    (message,) = refused(bomb * (sys.getrecursionlimit() * 100), loader)
    assert "nested more than" in message


def test_alias_bomb_is_refused_before_it_grows(loader):
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert "the anchor" in refused("\n".join(lines), loader)[0]


def test_the_first_fifty_problems_are_enough(loader):
    assert len(refused("\n".join(["a: 1"] * 10_000), loader)) == 50


def test_escapes_beyond_unicode(loader):
    (message,) = refused('a: 1\nx: "\\U00110000"', loader)
    assert "not YAML: " in message or "control character" in message


def test_lone_surrogates(loader):
    assert len(refused('x: "\\ud800"', loader)) == 1
