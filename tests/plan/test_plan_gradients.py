"""Checks of gradients, and the upstream gradient that they start with."""

from __future__ import annotations

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from op_file import APIS, PLAIN, MakePlan, MakeSpec

from conformance.model import Aspect, Level, Oracle
from conformance.plan import UPSTREAM, materialise, round_to, upstream, upstream_stream
from conformance.plan.generate import generate

CASE = PLAIN.replace("x: 1, y: 2", "x: [1], y: [2]")
BOTH = "    gradients: [x, y]\n    matrix: {dtype: [float32]}\n"
DOCUMENTED = APIS.replace(
    "torch.nn.Op:\n    kind: class", "torch.nn.Op:\n    kind: class\n    documented: [gradient:x]"
)


def test_each_gradient_is_a_check_beside_the_value(plan: MakePlan) -> None:
    made = [check for check in plan(CASE + BOTH).checks if check.api.name == "oneflow.Op"]
    assert [(check.aspect, check.of) for check in made] == [
        (Aspect.VALUE, None),
        (Aspect.GRADIENT, "x"),
        (Aspect.GRADIENT, "y"),
    ]
    assert [check.id.rpartition("/")[2] for check in made] == ["value", "gradient:x", "gradient:y"]
    assert {check.oracle for check in made} == {Oracle.REFERENCE}
    assert len({id(check.spec) for check in made}) == 1


def test_a_gradient_is_a_feature_that_a_row_documents_or_does_not(plan: MakePlan) -> None:
    found = {
        (check.api.name, check.of): check
        for check in plan(CASE + BOTH, DOCUMENTED).checks
        if check.api.name == "torch.nn.Op"
    }
    levels = {of: (check.level, check.undocumented) for (_, of), check in found.items()}
    assert levels == {
        None: (Level.MUST, ()),
        "x": (Level.MUST, ()),
        "y": (Level.OBSERVE, ("gradient:y",)),
    }
    assert "gradient:x" in found["torch.nn.Op", "x"].features
    assert "gradient:x" not in found["torch.nn.Op", None].features


def test_a_declared_gap_of_a_gradient_leaves_the_value_alone(plan: MakePlan) -> None:
    rows = DOCUMENTED.replace("documented: [gradient:x]", 'unsupported: {"gradient:y": not implemented}')
    found = {
        check.of: check.declared
        for check in plan(CASE + BOTH, rows).checks
        if check.api.name == "torch.nn.Op"
    }
    assert found == {None: None, "x": None, "y": "gradient:y: not implemented"}


def test_a_refused_call_has_no_gradient(plan: MakePlan) -> None:
    rows = DOCUMENTED.replace("documented: [gradient:x]", "raises: {odd: ValueError}")
    made = plan(CASE + BOTH + "    features: [odd]\n", rows)
    assert [check.aspect for check in made.checks if check.api.name == "torch.nn.Op"] == [Aspect.ERROR]


def test_a_documented_refusal_of_a_gradient_is_judged_as_one(plan: MakePlan) -> None:
    rows = DOCUMENTED.replace("documented: [gradient:x]", 'raises: {"gradient:y": RuntimeError}')
    made = [check for check in plan(CASE + BOTH, rows).checks if check.api.name == "torch.nn.Op"]
    assert [(check.of, check.oracle, check.raises) for check in made] == [
        (None, Oracle.REFERENCE, ()),
        ("x", Oracle.REFERENCE, ()),
        ("y", Oracle.REFUSAL, ("RuntimeError",)),
    ]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_upstream_gradient_is_random_in_sign_and_size_and_rounded(spec: MakeSpec, dtype: str) -> None:
    call = materialise(spec("{x: 1, y: 2}", dtype))
    array = upstream(call, (50, 40))
    assert array.dtype == (ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype(dtype))
    wide = array.astype(np.float64)
    assert 0.5 <= np.abs(wide).min() < np.abs(wide).max() <= 2.0
    assert 0.4 < np.mean(wide > 0) < 0.6
    assert len(np.unique(wide)) > 100


def test_the_upstream_gradient_is_told_by_generator_and_stream(spec: MakeSpec) -> None:
    call = materialise(spec("{x: 1, y: 2}", "float32"))
    drawn = generate(UPSTREAM.name, (3, 5), upstream_stream(call), dict(UPSTREAM.options))
    assert upstream(call, (3, 5)).tobytes() == round_to(drawn, "float32").tobytes()


def test_the_upstream_gradient_belongs_to_the_call(spec: MakeSpec) -> None:
    one, same, other = (materialise(spec(f"{{x: {x}, y: 2}}")) for x in (1, 1, 3))
    assert upstream(one, (4,)).tobytes() == upstream(same, (4,)).tobytes()
    assert upstream(one, (4,)).tobytes() != upstream(other, (4,)).tobytes()


def test_the_upstream_gradient_never_changes(spec: MakeSpec) -> None:
    """Stored results and reproducers name it by its stream alone."""
    call = replace(materialise(spec("{x: 1, y: 2}", "float64")), key="0123456789abcdef")
    first = [float(value).hex() for value in upstream(call, (3,))]
    assert first == ["-0x1.1c243f1f4212cp+0", "0x1.b21f50f322b0cp-1", "0x1.b445706b57af4p-1"]
    assert upstream(call, ()).shape == ()
