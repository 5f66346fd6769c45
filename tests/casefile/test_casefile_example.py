"""One file with every feature of the layout, and the model that it means."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conformance.casefile import load
from conformance.casefile.tree import LinedDict, LinedList
from conformance.model import (
    DTYPES,
    Api,
    Case,
    Convention,
    Document,
    Generator,
    InputSpec,
    Literal,
    Location,
    Operator,
    Parameter,
    Printed,
    Raw,
)

EXAMPLE = Path(__file__).parent / "example" / "soft_loss.yaml"
SHOWN = "cases/soft_loss.yaml"


@pytest.fixture(scope="module")
def operator() -> Operator:
    return load(EXAMPLE, known_operators=["soft_loss"], shown_as=SHOWN)


def case(operator: Operator, name: str) -> Case:
    return next(case for case in operator.cases if case.id == name)


def sources(operator: Operator, name: str) -> list[object]:
    return [spec.source for spec in case(operator, name).inputs]


def test_head(operator):
    assert (operator.name, operator.path, operator.inputs) == ("soft_loss", SHOWN, ("x", "y"))
    assert operator.attributes == {"reduction": "mean", "flag": False, "size": None, "beta": 1.0, "on": "off"}
    assert operator.documents == {
        "torch-2.7": Document("torch-2.7", "SoftLoss, PyTorch 2.7", "2.7", "https://example.org/2.7"),
        "paper": Document("paper", "2024-01-01 a paper", "unknown", "unknown"),
    }
    choices = {"zero": "0", "nan": "NaN"}
    zero = Convention("zero_target", "What is 0 log 0?", "zero", "a book", choices)
    assert operator.conventions == {"zero_target": zero}


def test_apis(operator):
    assert list(operator.apis) == ["torch.nn.SoftLoss", "oneflow.soft_loss"]
    assert operator.apis["oneflow.soft_loss"] == Api(
        name="oneflow.soft_loss",
        framework="oneflow",
        kind="function",
        document="paper",
        location=Location(SHOWN, 33),
        inputs={"x": "x", "y": "y"},
        parameters=(),
        dtypes=None,
        platforms=("cpu",),
    )
    full = operator.apis["torch.nn.SoftLoss"]
    assert full == Api(
        name="torch.nn.SoftLoss",
        framework="torch",
        kind="class",
        document="torch-2.7",
        location=Location(SHOWN, 18),
        inputs={"y": "target", "x": "input"},
        parameters=(
            Parameter("size", "size", None),
            Parameter("reduction", "reduce", "mean", ("none", "no", "mean"), {"none": None, "mean": "010"}),
            Parameter("flag", "flag", False, (True, False), {True: 1, False: "no-flag"}),
            Parameter("beta", "beta", 1.0),
        ),
        dtypes=("float32", "float64", "int64"),
        platforms=("cpu", "ascend"),
        versions=">=1.0, <3",
        documented=frozenset({"any-shape", "0-d"}),
        unsupported={"flag": "no such parameter", "dtype:float16": "said so"},
        raises={"invalid-reduction": "ValueError", "shape mismatch": "torch.Error"},
    )
    assert list(full.inputs) == ["y", "x"]  # the API's documented order


def test_case_with_everything(operator):
    found = case(operator, "everything")
    x = Generator("normal", None, 3, {"scale": 1e-7, "stream": "shared"})
    assert str(found.inputs[1].source.value) == "[[0.5, nan], [-inf, 3.0]]"
    assert replace(found, inputs=found.inputs[:1]) == Case(
        id="everything",
        summary="every key that a case can have",
        location=Location(SHOWN, 38),
        inputs=(InputSpec("x", x, "float64", "strided"),),
        attributes={"flag": True, "on": "yes"},
        dtypes=("float16", "bfloat16"),
        matrix={
            "reduction": ("none", "mean"),
            "dtype": ("float16", "bfloat16"),
            "shape": ((2, 2), (0, 3), ()),
            "seed": (0, 1, 2),
            "layout": ("contiguous", "transposed", "expanded"),
            "size": (None, True, "true", 1, -0.5),
        },
        exclude=({"reduction": "none", "dtype": "float16"}, {"shape": (0, 3), "seed": 2, "size": True}),
        apis=("torch.nn.SoftLoss", "oneflow.*"),
        features=("broadcasting",),
        conventions=("zero_target",),
        printed=Printed("tensor(-0.225)", "paper", "repr"),
        formula="printed",
        formula_document="torch-2.7",
        positional=("reduction",),
        keywords=True,
        refused=True,
        document="paper",
    )


def test_true_is_not_one(operator):
    sizes = case(operator, "everything").matrix["size"]
    assert list(map(type, sizes)) == [type(None), bool, str, int, float]
    parameters = operator.apis["torch.nn.SoftLoss"].parameters
    assert {type(value) for value in parameters[2].mapped} == {bool}


def test_defaults_of_a_case(operator):
    found = case(operator, "literals")
    assert found == Case(
        "literals", "numbers as people mean them", found.location, found.inputs, dtypes=DTYPES, matrix={}
    )


def test_literal_numbers(operator):
    numbers, scalar = (source.value for source in sources(operator, "literals"))
    assert numbers == [1e-7, 1500.0, -0.5, 500.0, 1, 0.0, math.inf, -math.inf, 1.0, 0.25]
    assert math.copysign(1, numbers[5]) == -1
    assert scalar == -1.25


def test_literals_with_options(operator):
    assert case(operator, "options").inputs == (
        InputSpec("x", Literal([[1, -2]]), "int64", "transposed"),
        InputSpec("y", Literal([True, False]), "bool"),
    )


def test_shapes(operator):
    empty, flat = (source.value for source in sources(operator, "shapes"))
    assert isinstance(empty, np.ndarray)
    assert empty.shape == (0, 3)
    assert flat == [[1, 2], [3, 4], [5, 6]]


def test_raw_values(operator):
    assert sources(operator, "no-tensors") == [Raw("text"), Raw([[1, 2.5]], ndarray=True)]
    assert sources(operator, "no-tensors-either") == [Raw([1, [True, "yes", None]]), Raw(None)]


def test_seeds_and_shapes_of_generators(operator):
    assert case(operator, "listed-seeds").matrix == {"seed": (4, 7)}
    assert sources(operator, "listed-seeds") == [
        Generator("constant", (3,), 0, {"value": 2}),
        Generator("normal", (), 0),
    ]


def test_nothing_of_the_tree_is_left(operator):
    """Values go to workers through execnet, which refuses subclasses of str, list and dict."""

    def types(value: object) -> set[type]:
        if isinstance(value, dict):
            return {type(value)}.union(*(types(item) for pair in value.items() for item in pair))
        if isinstance(value, list | tuple | frozenset):
            return {type(value)}.union(*map(types, value))
        fields = getattr(value, "__dataclass_fields__", None) or getattr(value, "__struct_fields__", None)
        if fields:
            return set().union(*(types(getattr(value, name)) for name in fields))
        return {type(value)}

    plain = {str, int, float, bool, type(None), dict, list, tuple, frozenset, np.ndarray}
    assert types(operator) <= plain
    assert types(LinedList(1)) - plain == {LinedList}  # the walk would see one
    assert types(LinedDict(1)) - plain == {LinedDict}
