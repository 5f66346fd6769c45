"""The matrix of a case, and the identity of its checks."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from op_file import PLAIN, MakeOperator, MakePlan

from conformance.model import Operator
from conformance.plan import EVERY_MODE, Plan, Target, expand

TORCH = (Target("torch", "torch"),)
TORCH_OP = "    apis: [torch.op]\n"


def variants(plan: Plan) -> list[str]:
    return list(dict.fromkeys(check.variant for check in plan.checks))


def dtypes(plan: Plan) -> list[str]:
    return list(dict.fromkeys(check.spec.dtype for check in plan.checks))


def test_an_id_is_the_whole_tuple(plan: MakePlan) -> None:
    made = plan(PLAIN + "    matrix: {mode: [none], dtype: [bfloat16]}\n")
    assert [check.id for check in made.checks] == [
        "op/plain/mode:none/torch.nn.Op/torch/bfloat16/cpu/eager/value",
        "op/plain/mode:none/torch.op/torch/bfloat16/cpu/eager/value",
        "op/plain/mode:none/oneflow.Op/flow/bfloat16/cpu/eager/value",
    ]
    assert not made.problems


def test_checks_carry_what_their_id_says(plan: MakePlan) -> None:
    for check in plan(PLAIN + "    refused: true\n", targets=(Target("t", "torch", "cuda"),)).checks:
        parts = ["op", check.spec.case.id, check.variant, check.api.name, check.environment]
        parts += [check.spec.dtype, check.device, check.mode, str(check.aspect)]
        assert check.id == "/".join(parts)
        assert (check.environment, check.device, check.mode) == ("t", "cuda", "eager")


def test_modes_and_devices_make_checks_of_their_own(operator: MakeOperator) -> None:
    modes = ("eager", "graph")
    targets = [Target("torch", "torch", "cpu", modes), Target("torch-cuda", "torch", "cuda", modes)]
    made = expand(
        [operator(PLAIN + "    matrix: {dtype: [float32]}\n    apis: [torch.op]\n")], targets, EVERY_MODE
    )
    assert [check.id.split("/", 4)[-1] for check in made.checks] == [
        "torch/float32/cpu/eager/value",
        "torch-cuda/float32/cuda/eager/value",
        "torch/float32/cpu/graph/value",
        "torch-cuda/float32/cuda/graph/value",
    ]


def test_a_case_without_a_matrix_spans_the_four_dtypes_under_one_name(plan: MakePlan) -> None:
    made = plan(PLAIN)
    assert variants(made) == ["default"]
    assert dtypes(made) == ["float16", "bfloat16", "float32", "float64"]


def test_the_matrix_is_the_product_in_the_order_of_the_file(plan: MakePlan) -> None:
    case = "  - id: a\n    summary: s\n    inputs: {x: 1, y: {generator: normal}}\n"
    made = plan(case + "    matrix: {mode: [mean, none], dtype: [float64], shape: [[], [2, 3]]}\n")
    assert variants(made) == [
        "mode:mean+shape:0-d",
        "mode:mean+shape:2x3",
        "mode:none+shape:0-d",
        "mode:none+shape:2x3",
    ]
    assert dtypes(made) == ["float64"]


@pytest.mark.parametrize(
    ("axis", "word"),
    [
        ("shape: [[0, 3]]", "shape:0x3"),
        ("shape: [[7]]", "shape:7"),
        ("seed: [12]", "seed:12"),
        ("layout: [transposed]", "layout:transposed"),
        ("flag: [true]", "flag:true"),
        ("size: [null]", "size:null"),
        ("beta: [-0.5]", "beta:-0.5"),
        ("beta: [1.0e-7]", "beta:1e-07"),
        ("beta: [1.0e+30]", "beta:1e+30"),
        ("mode: ['']", "mode:"),
        ("mode: ['a b']", "mode:a%20b"),
        ("mode: ['[none]']", "mode:%5Bnone%5D"),
        ("mode: ['a/b::c']", "mode:a%2Fb%3A%3Ac"),
        ("mode: ['100%']", "mode:100%25"),
        ('mode: ["\\n"]', "mode:%0A"),
        ("mode: ['平均']", "mode:平均"),
    ],
)
def test_words_of_variants_are_readable_and_safe_in_ids(plan: MakePlan, axis: str, word: str) -> None:
    shape = "" if axis.startswith("shape") else ", shape: [2]"
    inputs = f"{{x: 1, y: {{generator: normal{shape}}}}}"
    made = plan(f"  - id: a\n    summary: s\n    inputs: {inputs}\n    matrix: {{{axis}}}\n")
    assert variants(made) == [word]
    for check in made.checks:
        assert re.fullmatch(r"[^\s\[\]]+", check.id)
        assert check.id.count("/") == 8
        assert "::" not in check.id


def test_seeds_are_added_to_the_generators_own(plan: MakePlan) -> None:
    case = "  - id: a\n    summary: s\n    inputs: {x: {generator: uniform, shape: [2], seed: 40}, y: 1}\n"
    made = plan(case + "    apis: [torch.op]\n    matrix: {seed: {count: 3}, dtype: [float32]}\n")
    assert variants(made) == ["seed:0", "seed:1", "seed:2"]
    assert [getattr(check.spec.inputs[0].source, "seed", None) for check in made.checks] == [40, 41, 42]


def test_a_generators_own_shape_wins_and_layouts_apply_to_every_tensor(plan: MakePlan) -> None:
    case = (
        "  - id: a\n    summary: s\n    apis: [torch.op]\n"
        "    inputs: {x: {generator: uniform, shape: [2, 3], layout: strided}, y: {generator: uniform}}\n"
        "    matrix: {shape: [[4, 5]], layout: [transposed], dtype: [float32]}\n"
    )
    (check,) = plan(case).checks
    x, y = check.spec.inputs
    assert (getattr(x.source, "shape", None), x.layout) == ((2, 3), "transposed")
    assert (getattr(y.source, "shape", None), y.layout) == ((4, 5), "transposed")


def test_what_is_no_tensor_is_left_alone(plan: MakePlan) -> None:
    case = (
        "  - id: a\n    summary: s\n    inputs: {x: {raw: [1]}, y: {generator: uniform}}\n"
        + TORCH_OP
        + "    matrix: {shape: [[4]], layout: [strided], seed: [3], dtype: [float32]}\n"
    )
    (check,) = plan(case).checks
    assert check.spec.inputs[0] == check.spec.case.inputs[0]


def test_attributes_reach_the_reference_in_full_and_the_api_as_given(plan: MakePlan) -> None:
    case = (
        PLAIN + "    apis: [torch.nn.Op]\n    attributes: {flag: true}\n"
        "    matrix: {mode: [none], dtype: [float32]}\n"
    )
    (check,) = plan(case).checks
    assert check.spec.attributes == {"mode": "none", "flag": True, "size": None, "beta": 1.0}
    assert check.spec.given == ("flag", "mode")


def test_exclusions_leave_out_exactly_what_they_name(plan: MakePlan) -> None:
    case = (
        PLAIN
        + "    apis: [torch.op]\n    matrix: {mode: [mean, none], beta: [1, 2], dtype: [float16, float32]}\n"
        "    exclude: [{mode: none, dtype: float16}, {beta: 2, mode: mean}]\n"
    )
    made = [(check.variant, check.spec.dtype) for check in plan(case).checks]
    assert made == [
        ("mode:mean+beta:1", "float16"),
        ("mode:mean+beta:1", "float32"),
        ("mode:none+beta:1", "float32"),
        ("mode:none+beta:2", "float32"),
    ]


def test_an_exclusion_of_one_does_not_leave_out_true(plan: MakePlan) -> None:
    case = PLAIN + TORCH_OP + "    matrix: {size: [1, true, 2], dtype: [float32]}\n    exclude: [{size: 1}]\n"
    assert variants(plan(case)) == ["size:true", "size:2"]


def test_exclusions_may_name_shapes(plan: MakePlan) -> None:
    case = "  - id: a\n    summary: s\n    inputs: {x: 1, y: {generator: normal}}\n"
    made = plan(case + "    matrix: {shape: [[2], [2, 3]]}\n    exclude: [{shape: [2]}]\n")
    assert variants(made) == ["shape:2x3"]


@pytest.mark.parametrize(
    ("apis", "names"),
    [
        ("[torch.op]", {"torch.op"}),
        ('["torch.*"]', {"torch.op", "torch.nn.Op"}),
        ('["*.Op"]', {"torch.nn.Op", "oneflow.Op"}),
        ("[oneflow.Op, torch.op]", {"torch.op", "oneflow.Op"}),
    ],
)
def test_a_case_may_choose_its_apis(plan: MakePlan, apis: str, names: set[str]) -> None:
    assert {check.api.name for check in plan(PLAIN + f"    apis: {apis}\n").checks} == names


def test_only_environments_of_the_apis_framework_run_it(plan: MakePlan) -> None:
    made = plan(PLAIN, targets=(Target("nightly", "torch"), Target("ascend", "mindspore")))
    assert {check.environment for check in made.checks} == {"nightly"}
    assert {check.api.framework for check in made.checks} == {"torch"}


def test_checks_of_one_call_follow_each_other(plan: MakePlan) -> None:
    made = plan(PLAIN + "    matrix: {mode: [mean, none]}\n")
    order = [id(check.spec) for check in made.checks]
    changes = sum(one != other for one, other in pairwise(order))
    assert changes == len(set(order)) - 1 == 7


def test_ids_do_not_depend_on_the_other_cases_or_environments(operator: MakeOperator, tmp_path: Path) -> None:
    def ids(made: Operator, *targets: Target) -> list[str]:
        return [check.id for check in expand([made], targets).checks if check.spec.case.id == "plain"]

    alone = ids(operator(PLAIN), *TORCH)
    among = operator(
        PLAIN.replace("id: plain", "id: before") + PLAIN + PLAIN.replace("id: plain", "id: after")
    )
    assert ids(among, *TORCH) == alone
    assert [id for id in ids(among, Target("flow", "oneflow"), *TORCH) if "/torch/" in id] == alone
