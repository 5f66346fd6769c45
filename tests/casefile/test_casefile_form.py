"""Files that break the schema: line, key, what is wrong, and what is allowed."""

# ruff: noqa: E501  (tables of exact messages, one to a line)
from __future__ import annotations

import pytest

from conformance.casefile import SchemaError, load

CASE = "op.yaml:21: cases.first."
API = "op.yaml:15: apis.torch.nn.Op."
X = "op.yaml:22: cases.first.inputs.x"
CASE_KEYS = (
    "known: id, summary, inputs, attributes, matrix, exclude, apis, features, conventions, positional, keywords, "
    "gradients and 5 more"
)
SCALARS = "must be null, true or false, a number or text"
VALUES = "must be null, true or false, a number, text or a mapping"
INPUTS = "must be a number, lists of numbers, or a mapping with value, generator or raw"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("atributes: {}", 'atributes: unknown key; did you mean "attributes"?'),
        ("Keywords: true", 'Keywords: unknown key; did you mean "keywords"?'),
        ("mode: none", 'mode: unknown key; "mode" goes under "attributes" or "matrix"'),
        ("date: 2024-01-01", f"date: unknown key; {CASE_KEYS}"),
        ('"a b\\nc": 1', f'"a b\\nc": unknown key; {CASE_KEYS}'),
        ("keywords: yes", 'keywords: must be true or false, not the text "yes"; write true'),
        ("keywords: False", 'keywords: must be true or false, not the text "False"; write false'),
        ('keywords: "true"', 'keywords: must be true or false, not the text "true"; leave out the quotes'),
        ("keywords: 1", "keywords: must be true or false, not the number 1"),
        ("keywords: null", "keywords: must be true or false, not null"),
        ("apis: []", "apis: must not be empty"),
        ("apis: torch", 'apis: must be a list, not the text "torch"'),
        ("apis: [torch nn]", 'apis[0]: "torch nn" must be a dotted name or a glob, as "torch.*"'),
        ("document: 3", "document: must be text, not a number; put it in quotes"),
        ("document: true", "document: must be text, not true; put it in quotes"),
        ("formula: {name: printed}", 'formula: the key "document" is missing'),
        ("formula: printed", 'formula: must be a mapping, not the text "printed"'),
        ("printed: {text: -0.225, document: paper}", "printed.text: must be text, not a number; put it in quotes"),
        ('printed: {text: "1"}', 'printed: the key "document" is missing'),
        ('printed: {text: " ", document: paper}', 'printed.text: " " must not be empty'),
        (
            'printed: {text: "1", document: paper, style: rper}',
            'printed.style: "rper" is not allowed here; did you mean "repr"?',
        ),
        ("attributes: {mode: [1]}", f"attributes.mode: {VALUES}, not a list"),
        ("attributes: {mode: {}}", 'attributes.mode: the key "callable" is missing'),
        (
            "attributes: {mode: {callable: manhatan}}",
            'attributes.mode.callable: "manhatan" is not allowed here; did you mean "manhattan"?',
        ),
        ("attributes: {mode: {callable: cosine, p: 2}}", "attributes.mode.p: unknown key; known: callable"),
        ("attributes: {a-b: 1}", 'attributes.a-b: the key "a-b" must be letters, digits and _, not starting with a digit'),
        ("exclude: [{dtype: float61}]", 'exclude[0].dtype: "float61" is not allowed here; did you mean "float64"?'),
        ("exclude: [{}]", "exclude[0]: must not be empty"),
        ("exclude: {mode: mean}", "exclude: must be a list, not a mapping"),
        ('features: [""]', 'features[0]: "" must be a word or a few words on one line'),
        ("features: [" + "a" * 201 + "]", "features[0]: is longer than 200 characters"),
        ("features: [3]", "features[0]: must be text, not a number; put it in quotes"),
    ],
)  # fmt: skip
def test_cases(line, message, edited, refused):
    assert refused(edited("    inputs:", f"    {line}\n    inputs:")) == [CASE + message]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("010", f': "010" {INPUTS}; write 10, without leading zeros'),
        ("[1, 1_000]", '[1]: "1_000" must be a number; write 1000, without underscores'),
        ("[0x1F]", '[0]: "0x1F" must be a number; write 31'),
        ("[0b1]", '[0]: "0b1" must be a number; write 1'),
        ("[[1:30]]", '[0][0]: "1:30" must be a number; write the number out'),
        ("[inf]", '[0]: "inf" must be a number; write .inf'),
        ("[1e999]", '[0]: "1e999" must be a number; it is larger than any float64: write .inf'),
        ('["0x1F"]', '[0]: "0x1F" must be a number'),
        ('["0x1p+1\\n"]', '[0]: "0x1p+1\\n" must be a number'),
        ('["0.5"]', '[0]: "0.5" must be a number; leave out the quotes'),
        ("[1, null]", "[1]: null must be a number"),
        ("[1, {a: 1}]", "[1]: a mapping must be a number"),
        ("null", f": null {INPUTS}"),
        ("ones", f': "ones" {INPUTS}'),
        ("{}", ': needs one of "value", "generator", "raw"'),
        ("{vale: [1]}", '.vale: unknown key; did you mean "value"?'),
        ("{generater: normal, shape: [3]}", '.generater: unknown key; did you mean "generator"?'),
        ("{literal: 1}", ".literal: unknown key; known: value, dtype, layout, shape, generator, raw"),
        ("{raw: [1], dtype: float32}", ".dtype: unknown key; known: raw, ndarray"),
        ("{raw: {a: 1}}", ".raw: must be null, true or false, a number, text or a list, not a mapping"),
        ("{raw: 1, ndarray: on}", '.ndarray: must be true or false, not the text "on"; write true'),
        ("{value: 1, raw: 1}", ".value: unknown key; known: raw, ndarray"),
        ("{value: [1], dtype: flaot32}", '.dtype: "flaot32" is not allowed here; did you mean "float32"?'),
        ("{value: 1, layout: cubic}", '.layout: "cubic" is not allowed here; known: contiguous, transposed, strided, expanded'),
        ("{generator: 1_000}", '.generator: "1_000" must be letters, digits and _, not starting with a digit'),
        ("{generator: normal, seed: -1}", ".seed: -1 is less than 0"),
        ("{generator: normal, seed: 1.5}", ".seed: must be a whole number, not the number 1.5"),
        ("{generator: normal, seed: .nan}", ".seed: must be a whole number, not the number .nan"),
        ("{generator: normal, seed: 010}", '.seed: must be a whole number, not the text "010"; write 10, without leading zeros'),
        ("{generator: normal, seed: 9223372036854775808}", ".seed: 9223372036854775808 is more than 9223372036854775807"),
        ("{generator: normal, shape: 3}", ".shape: must be a list, not the number 3"),
        ("{generator: normal, shape: [3, x]}", '.shape[1]: must be a whole number, not the text "x"'),
        ("{generator: normal, shape: [-1]}", ".shape[0]: -1 is less than 0"),
        ("{generator: normal, shape: [" + "1, " * 33 + "]}", ".shape: has more than 32 items"),
        ("{generator: normal, scale: [1]}", f".scale: {SCALARS}, not a list"),
    ],
)  # fmt: skip
def test_inputs(value, message, edited, refused):
    assert refused(edited("[[1, 2], [3, 4]]", value)) == [X + message]


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("seed: {count: 0}", "seed.count: 0 is less than 1"),
        ("seed: {count: 1000000}", "seed.count: 1000000 is more than 100000"),
        ("seed: {count: 1.5}", "seed.count: must be a whole number, not the number 1.5"),
        ("seed: {cuont: 3}", 'seed.cuont: unknown key; did you mean "count"?'),
        ("seed: {}", 'seed: the key "count" is missing'),
        ("seed: 3", "seed: must be a list or a mapping, not the number 3"),
        ("dtype: [float32, float8]", 'dtype[1]: "float8" is not allowed here; did you mean "float64"?'),
        (
            "dtype: [int64]",
            'dtype[0]: "int64" is not allowed here; known: float16, bfloat16, float32, float64',
        ),
        ("dtype: float32", 'dtype: must be a list, not the text "float32"'),
        ("layout: [Strided]", 'layout[0]: "Strided" is not allowed here; did you mean "strided"?'),
        ("mode: []", "mode: must not be empty"),
        ("mode: [[mean]]", f"mode[0]: {VALUES}, not a list"),
        (
            "mode: [{callable: [cosine]}]",
            "mode[0].callable: a list is not allowed here; known: cosine, manhattan, squared_euclidean",
        ),
    ],
)
def test_matrix(axis, message, edited, refused):
    text = edited("    matrix:\n", f"    matrix:\n      {axis}\n")
    assert refused(text) == [f"op.yaml:25: cases.first.matrix.{message}"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("unsuported: {}", 'unsuported: unknown key; did you mean "unsupported"?'),
        ("dtypes: [float8]", 'dtypes[0]: "float8" is not allowed here; did you mean "float64"?'),
        ("dtypes: []", "dtypes: must not be empty"),
        ("versions: 2.10", "versions: must be text, not a number; put it in quotes"),
        ('versions: ">=x"', 'versions: ">=x" must be a range of versions, as ">=1.0" or ">=1.0,<3"'),
        ('unsupported: {flag: ""}', 'unsupported.flag: "" must not be empty'),
        ("unsupported: [flag]", "unsupported: must be a mapping, not a list"),
        ('unsupported: {" ": a}', 'unsupported." ": the key " " must be a word or a few words on one line'),
        ("raises: {a: 3}", "raises.a: must be text, not a number; put it in quotes"),
        ('raises: {a: "Value Error"}', 'raises.a: "Value Error" must be the name of an exception class, as ValueError'),
        ("inputs: {x: 1}", "inputs.x: must be text, not a number; put it in quotes"),
        ("documented: word", 'documented: must be a list, not the text "word"'),
    ],
)  # fmt: skip
def test_apis(line, message, edited, refused):
    assert refused(edited("    document: paper", f"    {line}\n    document: paper")) == [API + message]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: class", "kind: klass", '14: apis.torch.nn.Op.kind: "klass" is not allowed here; did you mean "class"?'),
        ("    kind: class\n", "", '13: apis.torch.nn.Op: the key "kind" is missing'),
        ("torch.nn.Op", "Op", '13: apis.Op: the key "Op" must be a dotted name that starts with the framework, as torch.nn.KLDivLoss'),
        ("default: mean", "defalt: mean", '17: apis.torch.nn.Op.parameters.mode.defalt: unknown key; did you mean "default"?'),
        ("operator: op", "operator: Op", '1: operator: "Op" must be lower-case letters, digits and _, as in kl_div'),
        ("operator: op\n", "", '1: the key "operator" is missing'),
        ("operator: op\n", "operater: op\n", '1: operater: unknown key; did you mean "operator"?'),
        ("inputs: [x, y]", "inputs: []", "2: inputs: must not be empty"),
        ("{title: A paper}", "{title: A paper, version: 2.10}", "5: documents.paper.version: must be text, not a number; put it in quotes"),
        ("{title: A paper}", "{}", '5: documents.paper: the key "title" is missing'),
        ("{title: A paper}", "A paper", '5: documents.paper: must be a mapping, not the text "A paper"'),
        ("    source: a book\n", "", '7: conventions.zero: the key "source" is missing'),
        ("source: a book", "sauce: a book", '10: conventions.zero.sauce: unknown key; did you mean "source"?'),
        ('"0"', "0", "11: conventions.zero.choices.nothing: must be text, not a number; put it in quotes"),
        ("id: first", "id: First", '19: cases.First.id: "First" must be lower-case letters, digits and -, as in zero-target'),
        ("id: first", 'id: "first\\n"', '19: cases[0].id: "first\\n" must be lower-case letters, digits and -, as in zero-target'),
        ("id: first", "id: 5", "19: cases[0].id: must be text, not a number; put it in quotes"),
        ("- id: first\n    summary", "- summary", '19: cases[0]: the key "id" is missing'),
        ("  - id: first", "  - 7\n  - id: first", "19: cases[0]: must be a mapping, not the number 7"),
    ],
)  # fmt: skip
def test_elsewhere(old, new, message, edited, refused):
    assert refused(edited(old, new)) == [f"op.yaml:{message}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("[]", "must be a mapping, not a list"), ("word", 'must be a mapping, not the text "word"')],
)
def test_no_mapping_at_all(text, message, refused):
    assert refused(text) == [f"op.yaml:1: {message}"]


def test_all_problems_of_a_file_at_once_by_line(edited, tmp_path):
    text = edited("summary: the first", "sumary: the first").replace("kind: class", "kind: klass")
    path = tmp_path / "op.yaml"
    path.write_text(text + "    refused: no\n")
    with pytest.raises(SchemaError) as caught:
        load(path, shown_as="op.yaml")
    assert [(problem.location.line, problem.key) for problem in caught.value.problems] == [
        (14, "apis.torch.nn.Op.kind"),
        (20, "cases.first.sumary"),
        (26, "cases.first.refused"),
    ]
    first = caught.value.problems[0]
    error = caught.value
    assert (error.location, error.key, error.message, error.hint) == (
        first.location,
        "apis.torch.nn.Op.kind",
        '"klass" is not allowed here',
        'did you mean "class"?',
    )


def test_case_keys_come_before_attributes_of_nearly_the_same_name(edited, refused):
    text = edited("beta: 1.0", "keyword: 1.0").replace("    inputs:", "    keyword: true\n    inputs:")
    assert refused(text) == [CASE + 'keyword: unknown key; did you mean "keywords"?']


def test_long_texts_are_shortened(edited, refused):
    (message,) = refused(edited("id: first", "id: " + "A" * 90))
    assert message == f'op.yaml:19: cases[0].id: "{"A" * 56}... ' + (
        "must be lower-case letters, digits and -, as in zero-target"
    )
