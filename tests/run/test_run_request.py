"""What a worker is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from run_checks import check_of, checks

from conformance.model import Check
from conformance.plan import materialise
from conformance.run.references import inputs_of
from conformance.run.request import Argument, request, style_of

X, Y = Argument("x"), Argument("y")


def plain(value: object) -> Argument:
    return Argument(scalar=value)  # type: ignore[arg-type]


def message(check: Check, print_style: str | None = None) -> dict[str, Any]:
    return request(7, check, materialise(check.spec), print_style)


def array_of(value: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(ml_dtypes.bfloat16) if value["dtype"] == "bfloat16" else np.dtype(value["dtype"])
    return np.frombuffer(value["data"], dtype).reshape(value["shape"])


ATTRIBUTES = "attributes: {mode: none, flag: true}\n"


def test_a_class_is_constructed_with_the_attributes_and_called_with_the_inputs(tmp_path: Path) -> None:
    style = style_of(check_of(checks(tmp_path, ATTRIBUTES), "torch.nn.Op"))
    assert (style.kind, style.construct_args) == ("class", [])
    assert style.construct_kwargs == {"mode": plain("no"), "flag": plain(True)}
    assert (style.args, style.kwargs) == ([X, Y], {})


def test_a_function_gets_both(tmp_path: Path) -> None:
    style = style_of(check_of(checks(tmp_path, ATTRIBUTES), "torch.op"))
    assert (style.kind, style.construct_args, style.construct_kwargs) == ("function", [], {})
    assert (style.args, style.kwargs) == ([X, Y], {"mode": plain("none"), "flag": plain(True)})


def test_defaults_are_left_to_the_api(tmp_path: Path) -> None:
    style = style_of(check_of(checks(tmp_path), "torch.nn.Op"))
    assert (style.construct_args, style.construct_kwargs) == ([], {})
    assert style_of(check_of(checks(tmp_path), "torch.op")).kwargs == {}


def test_an_attribute_goes_by_the_apis_name_and_value(tmp_path: Path) -> None:
    style = style_of(check_of(checks(tmp_path, "attributes: {size: null, mode: none}"), "torch.nn.Op"))
    assert style.construct_kwargs == {"sizes": plain(None), "mode": plain("no")}
    style = style_of(check_of(checks(tmp_path, "attributes: {mode: sum}"), "torch.nn.Op"))
    assert style.construct_kwargs == {"mode": plain("sum")}


def test_an_attribute_that_the_api_lacks_is_passed_all_the_same(tmp_path: Path) -> None:
    """That it is refused must be seen: a declared gap needs both."""
    style = style_of(check_of(checks(tmp_path, "attributes: {flag: true}"), "oneflow.op"))
    assert style.kwargs == {"flag": plain(True)}


def test_inputs_go_in_the_order_that_the_api_documents(tmp_path: Path) -> None:
    assert style_of(check_of(checks(tmp_path), "oneflow.op")).args == [Y, X]
    assert style_of(check_of(checks(tmp_path), "torch.op")).args == [X, Y]


def test_inputs_by_name_go_by_the_apis_names(tmp_path: Path) -> None:
    made = checks(tmp_path, "keywords: true\nattributes: {mode: sum}")
    style = style_of(check_of(made, "torch.nn.Op"))
    assert (style.args, style.kwargs) == ([], {"input": X, "other": Y})
    style = style_of(check_of(made, "oneflow.op"))
    assert (style.args, style.kwargs) == ([], {"labels": Y, "logits": X, "mode": plain("sum")})


def test_attributes_by_position(tmp_path: Path) -> None:
    made = checks(tmp_path, "attributes: {size: null, mode: none, flag: true}\npositional: [size, mode]")
    style = style_of(check_of(made, "torch.nn.Op"))
    assert style.construct_args == [plain(None), plain("no")]
    assert style.construct_kwargs == {"flag": plain(True)}
    style = style_of(check_of(made, "torch.op"))
    assert (style.args, style.kwargs) == ([X, Y, plain(None), plain("none")], {"flag": plain(True)})


def test_the_case_says_in_which_order_attributes_are_passed_by_position(tmp_path: Path) -> None:
    made = checks(tmp_path, "attributes: {flag: true}\nmatrix: {mode: [none]}\npositional: [mode, flag]")
    assert style_of(check_of(made, "torch.op")).args == [X, Y, plain("none"), plain(True)]
    assert style_of(check_of(made, "torch.nn.Op")).construct_args == [plain("no"), plain(True)]


def test_the_message_of_a_class(tmp_path: Path) -> None:
    made = message(check_of(checks(tmp_path, ATTRIBUTES), "torch.nn.Op"), "repr")
    x, y = (argument["tensor"] for argument in made.pop("args"))
    assert made == {
        "id": 7,
        "api": "torch.nn.Op",
        "kind": "class",
        "mode": "eager",
        "device": "cpu",
        "construct_args": [],
        "construct_kwargs": {"mode": {"scalar": "no"}, "flag": {"scalar": True}},
        "kwargs": {},
        "print": "repr",
        "gradient": None,
        "deadline": None,
    }
    assert x == {
        "dtype": "float32",
        "shape": [2],
        "data": np.array([1.5, -0.0], "<f4").tobytes(),
        "layout": "contiguous",
    }
    assert array_of(y).tolist() == [[1.0], [2.0]]


def test_the_message_of_a_function(tmp_path: Path) -> None:
    made = message(check_of(checks(tmp_path, "keywords: true\nattributes: {mode: sum}"), "oneflow.op"))
    assert (made["construct_args"], made["construct_kwargs"], made["args"]) == ([], {}, [])
    assert list(made["kwargs"]) == ["labels", "logits", "mode"]
    assert made["kwargs"]["mode"] == {"scalar": "sum"}
    assert made["kwargs"]["labels"]["tensor"]["shape"] == [2, 1]
    assert (made["device"], made["print"]) == ("cuda", None)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_tensors_travel_bit_for_bit(tmp_path: Path, dtype: str) -> None:
    inputs = "{x: [0.1, .nan, -.inf, -0.0], y: {generator: normal, shape: [2, 0]}}"
    check = check_of(checks(tmp_path, inputs=inputs), "torch.op", dtype)
    call = materialise(check.spec)
    for argument, name in zip(request(1, check, call, None)["args"], ("x", "y"), strict=True):
        given = call.arrays[name]
        assert isinstance(given, np.ndarray)
        sent = array_of(argument["tensor"])
        assert argument["tensor"]["dtype"] == dtype
        assert (sent.shape, sent.tobytes()) == (given.shape, given.tobytes())


def test_inputs_keep_their_own_dtype_and_layout(tmp_path: Path) -> None:
    inputs = "{x: {value: [[3, 4]], dtype: int64, layout: transposed}, y: {generator: normal, shape: [2]}}"
    made = message(check_of(checks(tmp_path, "matrix: {layout: [strided]}", inputs), "torch.op"))
    x, y = (argument["tensor"] for argument in made["args"])
    assert (x["dtype"], x["layout"], array_of(x).tolist()) == ("int64", "strided", [[3, 4]])
    assert (y["dtype"], y["layout"]) == ("float32", "strided")
    made = message(check_of(checks(tmp_path, inputs=inputs), "torch.op"))
    assert [argument["tensor"]["layout"] for argument in made["args"]] == ["transposed", "contiguous"]


def test_deliberate_non_tensors_travel_as_what_they_are(tmp_path: Path) -> None:
    inputs = "{x: {raw: [1, 0.5]}, y: {raw: [1.0, 2.0], ndarray: true}}"
    x, y = message(check_of(checks(tmp_path, inputs=inputs), "torch.op", "float16"))["args"]
    assert x == {"scalar": [1, 0.5]}
    assert list(y) == ["ndarray"]
    assert (y["ndarray"]["dtype"], array_of(y["ndarray"]).tolist()) == ("float64", [1.0, 2.0])


@pytest.mark.parametrize("number", ["0.75", "3"])
def test_a_plain_number_is_a_tensor_without_dimensions_to_the_reference(tmp_path: Path, number: str) -> None:
    check = check_of(checks(tmp_path, inputs=f"{{x: {{raw: {number}}}, y: [1.0, 2.0]}}"), "torch.op")
    assert message(check)["args"][0] == {"scalar": float(number)}
    x = inputs_of(materialise(check.spec))["x"]
    assert (x.dtype, x.shape, x.item()) == (np.float64, (), float(number))


@pytest.mark.parametrize("value", ["[0.5]", "true", "null", "text"])
def test_what_else_is_no_tensor_has_no_reference(tmp_path: Path, value: str) -> None:
    check = check_of(checks(tmp_path, inputs=f"{{x: {{raw: {value}}}, y: [1.0, 2.0]}}"), "torch.op")
    with pytest.raises(TypeError, match=r"input x is .*, no tensor"):
        inputs_of(materialise(check.spec))


def test_nothing_that_is_expected_ever_reaches_a_worker(tmp_path: Path) -> None:
    case = "refused: true\nprinted: {text: '-0.225', document: paper}\nconventions: []\nfeatures: [nan]"
    for check in checks(tmp_path, case):
        made = message(check, "str")
        assert set(made) == {
            *("id", "api", "kind", "mode", "device", "print", "gradient", "deadline"),
            *("construct_args", "construct_kwargs", "args", "kwargs"),
        }
        assert "0.225" not in repr(made)
