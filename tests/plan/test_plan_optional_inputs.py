"""Inputs that a case may leave out, indices, and what each API's document says where nothing is given."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from conformance.casefile import CaseFileError, ContentError, load
from conformance.model import Check, Level
from conformance.plan import Plan, Target, expand, materialise
from conformance.run.request import Argument, style_of

HEAD = """\
operator: op
inputs: [x, target, weight]
optional: [weight]
attributes: {mode: mean, beta: 1.0}
documents: {paper: {title: A paper}}
apis:
  torch.nn.Op:
    kind: class
    document: paper
    parameters: {weight: {keyword: rescale}, mode: {default: mean}, beta: {}}
    index_dtypes: [int64]
  torch.op:
    kind: function
    document: paper
    parameters: {weight: {}, mode: {default: none}}
    index_dtypes: [int32, int64]
  torch.Primitive:
    kind: class
    document: paper
    inputs: {target: labels, weight: weight, x: logits}
    parameters: {beta: {default: 2.0}}
    fixed: {mode: sum}
  torch.plain:
    kind: function
    document: paper
cases:
  - id: one-case
    summary: s
    matrix: {dtype: [float32]}
"""
X = "x: [[1, 2], [3, 4]]"
TARGET = "target: {value: [0, 1], dtype: index}"
APIS = ("torch.nn.Op", "torch.op", "torch.Primitive", "torch.plain")


def planned(folder: Path, weight: str = "", lines: str = "") -> dict[str, Check]:
    """The checks of one case by API; of several variants the last."""
    return {check.api.name: check for check in plan_of(folder, weight, lines).checks}


def plan_of(folder: Path, weight: str = "", lines: str = "", target: str = TARGET) -> Plan:
    inputs = ", ".join(filter(None, (X, target, weight)))
    text = HEAD.replace("dtype: [float32]", f"dtype: [float32]{lines}")
    path = folder / "op.yaml"
    path.write_text(f"{text}    inputs: {{{inputs}}}\n", encoding="utf-8")
    return expand([load(path)], [Target("torch", "torch")])


WEIGHT = "weight: [0.5, 2]"
NAMED = Argument("weight")


def test_an_input_that_is_left_out_is_passed_to_nobody(tmp_path: Path) -> None:
    checks = planned(tmp_path)
    assert style_of(checks["torch.nn.Op"]).construct_kwargs == {}
    assert style_of(checks["torch.op"]).kwargs == {}
    assert list(materialise(checks["torch.op"].spec).arrays) == ["x", "target"]


def test_an_optional_input_goes_where_the_api_takes_it(tmp_path: Path) -> None:
    checks = planned(tmp_path, WEIGHT)
    style = style_of(checks["torch.nn.Op"])
    assert (style.construct_kwargs, style.args) == ({"rescale": NAMED}, [Argument("x"), Argument("target")])
    style = style_of(checks["torch.op"])
    assert (style.args, style.kwargs) == ([Argument("x"), Argument("target")], {"weight": NAMED})
    style = style_of(checks["torch.Primitive"])
    assert (style.construct_kwargs, style.args) == ({}, [Argument("target"), NAMED, Argument("x")])


def test_after_an_input_that_is_left_out_the_others_go_by_name(tmp_path: Path) -> None:
    style = style_of(planned(tmp_path)["torch.Primitive"])
    assert (style.args, style.kwargs) == ([Argument("target")], {"logits": Argument("x")})


def test_an_optional_input_by_position_stands_among_the_attributes(tmp_path: Path) -> None:
    path = tmp_path / "op.yaml"
    path.write_text(
        f"{HEAD}    inputs: {{{X}, {TARGET}, {WEIGHT}}}\n"
        "    attributes: {mode: none}\n    positional: [weight, mode]\n",
        encoding="utf-8",
    )
    checks = {check.api.name: check for check in expand([load(path)], [Target("t", "torch")]).checks}
    assert style_of(checks["torch.nn.Op"]).construct_args == [NAMED, Argument(scalar="none")]
    assert style_of(checks["torch.op"]).args[2:] == [NAMED, Argument(scalar="none")]
    assert checks["torch.nn.Op"].level is Level.MUST


def test_an_api_without_the_parameter_has_a_gap_and_is_asked_all_the_same(tmp_path: Path) -> None:
    check = planned(tmp_path, WEIGHT)["torch.plain"]
    assert check.declared == "no parameter weight"
    assert style_of(check).kwargs == {"weight": NAMED}


def test_an_input_of_the_call_that_is_left_out_is_a_feature(tmp_path: Path) -> None:
    check = planned(tmp_path)["torch.Primitive"]
    assert check.undocumented == ("without:weight",)
    assert planned(tmp_path, WEIGHT)["torch.Primitive"].undocumented == ()


def test_what_is_not_given_has_the_default_that_each_document_states(tmp_path: Path) -> None:
    checks = planned(tmp_path)
    attributes = {
        name: (check.spec.attributes["mode"], check.spec.attributes["beta"]) for name, check in checks.items()
    }
    assert attributes == {
        "torch.nn.Op": ("mean", 1.0),
        "torch.op": ("none", 1.0),
        "torch.Primitive": ("sum", 2.0),
        "torch.plain": ("mean", 1.0),
    }
    keys = {name: materialise(check.spec).key for name, check in checks.items()}
    assert keys["torch.nn.Op"] == keys["torch.plain"]
    assert len(set(keys.values())) == 3


def test_what_is_given_is_the_same_call_for_all(tmp_path: Path) -> None:
    checks = planned(tmp_path, lines=", mode: [sum], beta: [3.0]")
    assert len({materialise(check.spec).key for check in checks.values()}) == 1


def test_a_fixed_attribute_is_not_passed(tmp_path: Path) -> None:
    check = planned(tmp_path, WEIGHT, ", mode: [sum]")["torch.Primitive"]
    assert (check.declared, style_of(check).construct_kwargs) == (None, {})
    check = planned(tmp_path, WEIGHT, ", mode: [mean]")["torch.Primitive"]
    assert check.declared == "mode is always sum"
    assert style_of(check).construct_kwargs == {"mode": Argument(scalar="mean")}


def test_indices_have_the_dtype_that_the_api_documents_first(tmp_path: Path) -> None:
    checks = planned(tmp_path)
    dtypes = {name: materialise(check.spec).arrays["target"].dtype for name, check in checks.items()}  # type: ignore[attr-defined]
    assert dtypes == {name: np.int32 if name == "torch.op" else np.int64 for name in APIS}
    assert "index_dtype:int64" in checks["torch.nn.Op"].features


def test_the_same_indices_are_the_same_call(tmp_path: Path) -> None:
    checks = planned(tmp_path, lines=", mode: [sum], beta: [1.0]")
    assert len({materialise(checks[name].spec).key for name in ("torch.nn.Op", "torch.op")}) == 1


@pytest.mark.parametrize(("dtype", "undocumented"), [("int32", True), ("int64", False)])
def test_an_index_dtype_of_the_matrix_may_be_undocumented(
    tmp_path: Path, dtype: str, undocumented: bool
) -> None:
    checks = planned(tmp_path, lines=f", index_dtype: [{dtype}]")
    feature = (f"index_dtype:{dtype}",) if undocumented else ()
    assert checks["torch.nn.Op"].undocumented == feature
    assert checks["torch.plain"].undocumented == feature  # its document is silent
    assert checks["torch.op"].undocumented == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("optional: [weight]", "optional: [wait]"), 'unknown input "wait"'),
        (("weight: {keyword: rescale}", "wait: {}"), "unknown attribute or optional input"),
        (("fixed: {mode: sum}", "fixed: {beta: 1.0}"), "is a parameter, too; what is fixed cannot be given"),
        (("fixed: {mode: sum}", "fixed: {mood: sum}"), 'unknown attribute; did you mean "mode"?'),
        (
            ("index_dtypes: [int64]", "index_dtypes: [float32]"),
            '"float32" is not allowed here; known: int32, int64',
        ),
        (("matrix: {", "positional: [weight]\n    matrix: {"), "add it to inputs"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "op.yaml"
    text = HEAD.replace(*change)
    assert text != HEAD
    path.write_text(f"{text}    inputs: {{{X}, {TARGET}}}\n", encoding="utf-8")
    with pytest.raises(CaseFileError, match=re.escape(message)):
        load(path)


def test_an_index_dtype_needs_an_index(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no input has the dtype index; remove the axis"):
        plan_of(tmp_path, lines=", index_dtype: [int32]", target="target: [0, 1]")


def test_an_index_is_a_whole_number_that_every_index_dtype_holds(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="write 1"):
        plan_of(tmp_path, target="target: {value: [1.0, 1], dtype: index}")
    with pytest.raises(ContentError, match="is beyond index"):
        plan_of(tmp_path, target="target: {value: [2147483648, 1], dtype: index}")
