"""Files that follow the schema and contradict themselves."""

# ruff: noqa: E501  (tables of exact messages, one to a line)
from __future__ import annotations

import pytest

from conformance.casefile import ContentError, load
from conformance.model import NamedCallable

X = "op.yaml:22: cases.first.inputs.x"
ONE_LENGTH = "give all rows one length"
TEXT_TOO = "or put it in quotes if text is meant"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("apis: [torch.nn.Opp]", 'apis[0]: unknown API "torch.nn.Opp"; did you mean "torch.nn.Op"?'),
        ('apis: ["torch.*", "mindspore.*"]', 'apis[1]: "mindspore.*" matches no API of this file; known: torch.nn.Op'),
        ("apis: [torch.nn.Op, torch.nn.Op]", 'apis[1]: "torch.nn.Op" stands here twice; it is item 0 too'),
        ("conventions: [zeroo]", 'conventions[0]: unknown convention "zeroo"; did you mean "zero"?'),
        ("document: papr", 'document: unknown document "papr"; did you mean "paper"?'),
        ("formula: {name: f, document: x}", 'formula.document: unknown document "x"; known: paper'),
        ('printed: {text: "1", document: x}', 'printed.document: unknown document "x"; known: paper'),
        ("positional: [mod]", 'positional[0]: unknown attribute or optional input "mod"; did you mean "mode"?'),
        ("attributes: {mod: none}", 'attributes.mod: unknown attribute; did you mean "mode"?'),
        ("attributes: {flag: no}", f'attributes.flag: "no" is ambiguous; write false, {TEXT_TOO}'),
        ("attributes: {flag: True}", f'attributes.flag: "True" is ambiguous; write true, {TEXT_TOO}'),
        ("attributes: {size: None}", f'attributes.size: "None" is ambiguous; write null, {TEXT_TOO}'),
        ("attributes: {beta: 1_0}", f'attributes.beta: "1_0" is ambiguous; write 10, without underscores, {TEXT_TOO}'),
        ("attributes: {beta: 1:30}", f'attributes.beta: "1:30" is ambiguous; write the number out, {TEXT_TOO}'),
        ("gradients: [z]", 'gradients[0]: unknown input "z"; known: x, y'),
        ("gradients: [y, x, y]", 'gradients[2]: "y" stands here twice; it is item 0 too'),
        (
            "gradients: [x]\n    refused: true",
            "gradients: a call that ought to be refused has none; leave out gradients, or refused",
        ),
        ("features: [a, b, a]", 'features[2]: "a" stands here twice; it is item 0 too'),
        ("exclude: [{mode: none}]", "exclude[0].mode: is no axis of the matrix; known: shape, dtype"),
        ("exclude: [{dtype: float16}, {shape: [2, 3]}]", "exclude[1].shape: [2, 3] is no value of this axis"),
    ],
)  # fmt: skip
def test_cases(line, message, edited, refused):
    text = edited("    inputs:", f"    {line}\n    inputs:")
    assert refused(text) == [f"op.yaml:21: cases.first.{message}"]


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("mdoe: [mean]", 'mdoe: unknown axis; did you mean "mode"?'),
        (
            "device: [cpu]",
            "device: unknown axis; known: dtype, shape, layout, seed, index_dtype, mode, flag, size, beta",
        ),
        ("flag: [yes]", f'flag[0]: "yes" is ambiguous; write true, {TEXT_TOO}'),
        ("flag: [true, 1, true]", "flag[2]: true stands here twice; it is item 0 too"),
        ("beta: [1, 1.0]", "beta[1]: 1.0 stands here twice; it is item 0 too"),
        ("beta: [.nan, .nan]", "beta[1]: .nan stands here twice; it is item 0 too"),
        ("seed: [3, 3.0]", "seed[1]: 3.0 stands here twice; it is item 0 too"),
        ("dtype: [float32, float32]", 'dtype[1]: "float32" stands here twice; it is item 0 too'),
    ],
)
def test_matrix(axis, message, edited, refused):
    text = edited("    matrix:\n", f"    matrix:\n      {axis}\n")
    assert refused(text) == [f"op.yaml:25: cases.first.matrix.{message}"]


def test_a_function_is_named_and_each_once(edited, refused, tmp_path):
    axis = (
        "mode: [mean, {callable: cosine}, {callable: manhattan}]\n    exclude: [{mode: {callable: cosine}}]"
    )
    path = tmp_path / "op.yaml"
    path.write_text(
        edited("    matrix:\n      shape: [[2, 2]]\n", f"    matrix:\n      shape: [[2, 2]]\n      {axis}\n")
    )
    case = load(path).cases[0]
    assert case.matrix["mode"] == ("mean", NamedCallable("cosine"), NamedCallable("manhattan"))
    assert case.exclude == ({"mode": NamedCallable("cosine")},)
    twice = edited("    matrix:\n", "    matrix:\n      mode: [{callable: cosine}, {callable: cosine}]\n")
    assert refused(twice) == [
        "op.yaml:25: cases.first.matrix.mode[1]: a mapping stands here twice; it is item 0 too"
    ]
    absent = edited(
        "    matrix:\n", "    exclude: [{mode: {callable: cosine}}]\n    matrix:\n      mode: [mean]\n"
    )
    assert refused(absent) == ['op.yaml:24: cases.first.exclude[0].mode: "cosine" is no value of this axis']


@pytest.mark.parametrize(
    ("source", "what"),
    [("{raw: 1}", "is no tensor"), ("{value: [1], dtype: int64}", "has a dtype of its own")],
)
def test_a_gradient_is_of_a_tensor_of_the_checks_dtype(source, what, edited, refused):
    text = edited("y: {generator: normal}", f"y: {source}").replace(
        "    matrix:\n      shape: [[2, 2]]\n", ""
    )
    assert refused(text + "    gradients: [x, y]\n") == [
        f'op.yaml:24: cases.first.gradients[1]: the input "y" {what}; '
        "gradients are checked with respect to tensors of the check's dtype"
    ]


def test_gradients_and_compiled_reach_the_case(edited, tmp_path):
    path = tmp_path / "op.yaml"
    path.write_text(edited("    inputs:", "    gradients: [y, x]\n    compiled: true\n    inputs:"))
    (case,) = load(path).cases
    assert (case.gradients, case.compiled) == (("y", "x"), True)
    path.write_text(edited("a", "a"))
    (case,) = load(path).cases
    assert (case.gradients, case.compiled) == ((), False)


def test_a_shape_twice_in_the_matrix(edited, refused):
    text = edited("[[2, 2]]", "[[2, 2], [3], [2, 2]]")
    assert refused(text) == [
        "op.yaml:25: cases.first.matrix.shape[2]: [2, 2] stands here twice; it is item 0 too"
    ]


def test_excluded_words(edited, refused):
    text = edited("[[2, 2]]", "[[2, 2]]\n      mode: [mean]\n    exclude:\n      - {mode: maen}")
    assert refused(text) == [
        'op.yaml:28: cases.first.exclude[0].mode: "maen" is no value of this axis; did you mean "mean"?'
    ]


def test_attribute_and_axis(edited, refused):
    text = edited("[[2, 2]]", "[[2, 2]]\n      mode: [mean]\n    attributes: {mode: none}")
    assert refused(text) == [
        "op.yaml:26: cases.first.matrix.mode: is given under attributes and as an axis of the matrix; keep one of them"
    ]


def test_axes_that_change_nothing(edited, refused):
    text = edited("{generator: normal}", "{generator: normal, shape: [2]}")
    assert refused(text) == [
        "op.yaml:25: cases.first.matrix.shape: no input takes its shape from the matrix; "
        "remove the axis, or the shape of a generator"
    ]
    text = edited("{generator: normal}", "1").replace("shape: [[2, 2]]", "seed: {count: 2}")
    assert refused(text) == ["op.yaml:25: cases.first.matrix.seed: no input has a generator; remove the axis"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[[1, 2], [3]]", f"[1]: a row of 1 where those before it have 2; {ONE_LENGTH}"),
        ("[[1], [2, 3]]", f"[1]: a row of 2 where those before it have 1; {ONE_LENGTH}"),
        ("[[[1], [2]], [[3], 4]]", f"[1][1]: one number where those before it are lists of 1; {ONE_LENGTH}"),
        ("[1, [2]]", f"[1]: a list where the items before it are numbers; {ONE_LENGTH}"),
        ("[[], [1]]", f"[1]: a row of 1 where those before it have 0; {ONE_LENGTH}"),
        ("{value: [[1], []]}", f".value[1]: a row of 0 where those before it have 1; {ONE_LENGTH}"),
        ("{raw: [[1], []], ndarray: true}", f".raw[1]: a row of 0 where those before it have 1; {ONE_LENGTH}"),
        ("true", ": true in an array of numbers; give it as {value: ..., dtype: bool}"),
        ("{value: [true], dtype: int32}", ".value[0]: true in an array of int32; give it as {value: ..., dtype: bool}"),
        ("{value: [1], dtype: bool}", ".value[0]: 1 in an array of bool; write true or false"),
        ("{value: [1.5], dtype: int64}", ".value[0]: 1.5 in an array of int64, which holds whole numbers"),
        ("{value: 1e3, dtype: int64}", ".value: 1000.0 in an array of int64, which holds whole numbers; write 1000"),
        ("{value: .inf, dtype: int64}", ".value: .inf in an array of int64, which holds whole numbers"),
        ('{value: "0x1p1", dtype: int64}', '.value: "0x1p1" in an array of int64, which holds whole numbers'),
        ("{value: [9223372036854775808], dtype: int64}", ".value[0]: 9223372036854775808 is beyond int64"),
        ("{value: [-2147483649], dtype: int32}", ".value[0]: -2147483649 is beyond int32"),
        ('"0x1p+1024"', ': "0x1p+1024" is beyond float64'),
        ("0x1.00000000000001p0", ': "0x1.00000000000001p0" is no float64: it would be rounded; write 0x1.0000000000000p+0'),
        ('["0x1p-1075"]', '[0]: "0x1p-1075" is no float64: it would be rounded; write 0x0.0p+0'),
        ("{value: [1, 2, 3], shape: [2, 2]}", ".shape: the value has 3 numbers in one list, which is not [2, 2]"),
        ("{value: [[1], [2]], shape: [2, 2]}", ".shape: the value has the shape [2, 1], which is not [2, 2]"),
        ("{value: [], shape: [1]}", ".shape: the value has 0 numbers in one list, which is not [1]"),
        ("{value: 1, shape: [1]}", ".shape: the value has the shape [], which is not [1]"),
        ("{raw: no}", f'.raw: "no" is ambiguous; write false, {TEXT_TOO}'),
        ("{raw: [1, [010]]}", f'.raw[1][0]: "010" is ambiguous; write 10, without leading zeros, {TEXT_TOO}'),
        ("{raw: [a], ndarray: true}", '.raw[0]: "a" must be a number'),
        ("{raw: [null], ndarray: true}", ".raw[0]: null must be a number"),
        ("{raw: [nan], ndarray: true}", '.raw[0]: "nan" must be a number; write .nan'),
        ("{generator: normal, scale: 010}", f'.scale: "010" is ambiguous; write 10, without leading zeros, {TEXT_TOO}'),
    ],
)  # fmt: skip
def test_inputs(value, message, edited, refused):
    assert refused(edited("[[1, 2], [3, 4]]", value)) == [X + message]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0x1.fffffep+127", float.fromhex("0x1.fffffep+127")),
        ('"-0x1p-1074"', -5e-324),
        ('"0X.8P0"', 0.5),
        ('["0x0p+0", "-0x0.p9999"]', [0.0, 0.0]),
        ("{value: 1, shape: []}", 1),
        ("{value: [1], shape: []}", 1),
        ("{value: [[1, 2]], shape: [1, 2]}", [[1, 2]]),
        ("{value: [1, 2, 3, 4, 5, 6], shape: [3, 1, 2]}", [[[1, 2]], [[3, 4]], [[5, 6]]]),
        ("[[], []]", [[], []]),
        ("{value: [-9223372036854775808, 9223372036854775807], dtype: int64}", [-(1 << 63), (1 << 63) - 1]),
    ],
)
def test_literals_that_are_fine(value, expected, edited, tmp_path):
    path = tmp_path / "op.yaml"
    path.write_text(edited("[[1, 2], [3, 4]]", value))
    assert load(path).cases[0].inputs[0].source.value == expected


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("operator: op", "operator: opp", ['1: operator: "opp" is not the name of the file; write "op", or name the file opp.yaml']),
        ("inputs: [x, y]", "inputs: [x, y, x]", ['2: inputs[2]: "x" stands here twice; it is item 0 too']),
        ("size: null", "dtype: null", ["3: attributes.dtype: is the name of an axis of every matrix; give the attribute another name"]),
        ("size: null", "x: null", ["3: attributes.x: is the name of an input too; give each its own name"]),
        ("size: null", "size: None", [f'3: attributes.size: "None" is ambiguous; write null, {TEXT_TOO}']),
        ("reference: nothing", "reference: nothin", ['9: conventions.zero.reference: unknown choice "nothin"; did you mean "nothing"?']),
        ("document: paper", "document: papper", ['15: apis.torch.nn.Op.document: unknown document "papper"; did you mean "paper"?']),
        ("      mode:", "      modes:", ['17: apis.torch.nn.Op.parameters.modes: unknown attribute or optional input; did you mean "mode"?']),
        ("kind: class\n    document: paper\n    parameters:\n      mode: {default: mean,", "kind: function\n    document: paper\n    parameters:\n      mode: {keyword: x,", ['17: apis.torch.nn.Op.parameters.mode: "x" is already the name of the input "x"; give each its own name']),
        ("[mean, none]", "[mean, mean]", ['17: apis.torch.nn.Op.parameters.mode.values[1]: "mean" stands here twice; it is item 0 too']),
        ("[mean, none]", "[mean], mapped: {maen: 1}", ['17: apis.torch.nn.Op.parameters.mode.mapped.maen: is none of the values; did you mean "mean"?']),
        ("{default: mean, values: [mean, none]}", "{mapped: {1: a, 1.0: b}}", ["17: apis.torch.nn.Op.parameters.mode.mapped.1.0: means the same as a key before it; remove one of them"]),
        ("      mode: {default: mean", "      flag: {default: off", [f'17: apis.torch.nn.Op.parameters.flag.default: "off" is ambiguous; write false, {TEXT_TOO}']),
        ("    kind: class", "    inputs: {x: a}\n    kind: class", ['14: apis.torch.nn.Op.inputs: the input "y" is missing']),
        ("    kind: class", "    inputs: {x: a, y: a}\n    kind: class", ['14: apis.torch.nn.Op.inputs.y: "a" is already the name of the input "x"; give each its own name']),
        ("    kind: class", "    inputs: {x: a, y: b, z: c}\n    kind: class", ['14: apis.torch.nn.Op.inputs.z: unknown input "z"; known: x, y']),
        ("    kind: class", "    platforms: [cpu, cpu]\n    kind: class", ['14: apis.torch.nn.Op.platforms[1]: "cpu" stands here twice; it is item 0 too']),
        ("      y: {", "      z: 1\n      y: {", ['23: cases.first.inputs.z: unknown input "z"; known: x, y']),
        ("      x: [[1, 2], [3, 4]]\n", "", ['21: cases.first.inputs: the input "x" is missing; a case gives a value for every input that is not optional']),
        ("cases:\n", "cases:\n  - {id: first, summary: s, inputs: {x: 1, y: 2}}\n", [
            '20: cases.first.id: "first" is already the id of the case on line 19; ids are unique in a file']),
    ],
)  # fmt: skip
def test_elsewhere(old, new, messages, edited, refused):
    assert refused(edited(old, new)) == [f"op.yaml:{message}" for message in messages]


def test_two_cases_of_one_id_on_one_line(edited, refused):
    text = edited(
        "cases:\n",
        "cases: [{id: a, summary: s, inputs: {x: 1, y: 2}}, {id: a, summary: s, inputs: {x: 1, y: 2}}]\n",
    )
    text = text[: text.index("  - id: first")]
    assert refused(text) == [
        'op.yaml:18: cases.a.id: "a" is already the id of the case on line 18; ids are unique in a file'
    ]


def test_text_where_text_is_wanted_needs_no_quotes(edited, tmp_path):
    text = edited(
        "    inputs:",
        "    attributes: {mode: no}\n    document: 2024-01-01\n    features: [010, yes, 1:30]\n    inputs:",
    )
    path = tmp_path / "op.yaml"
    path.write_text(text.replace("  paper:", "  2024-01-01: {title: 1_000}\n  paper:"))
    operator = load(path)
    assert operator.cases[0].attributes == {"mode": "no"}
    assert operator.cases[0].document == "2024-01-01"
    assert operator.cases[0].features == ("010", "yes", "1:30")
    assert operator.documents["2024-01-01"].title == "1_000"


def test_the_constructor_of_a_class_may_have_the_names_of_its_inputs(edited, tmp_path):
    path = tmp_path / "op.yaml"
    path.write_text(edited("{default: mean,", "{keyword: x,"))
    assert [parameter.keyword for parameter in load(path).apis["torch.nn.Op"].parameters] == ["x"]


def test_problems_of_all_parts_come_together(edited, tmp_path):
    path = tmp_path / "op.yaml"
    text = edited("reference: nothing", "reference: x").replace("y: {generator", "z: {generator")
    path.write_text(text + "    document: x\n")
    with pytest.raises(ContentError) as caught:
        load(path)
    assert [problem.location.line for problem in caught.value.problems] == [9, 21, 23, 25, 26]
