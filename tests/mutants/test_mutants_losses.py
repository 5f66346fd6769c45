"""Kernels that lose accuracy are `degraded` while something of the value is left, and those with a narrow
accumulator however much they lose; what merely may be one is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.casefile import load as load_cases
from conformance.model import Outcome
from conformance.mutants import combined, forms, narrow_accumulators, simulate, usual
from conformance.plan import Target, expand, materialise
from conformance.reference import load
from conformance.run.judge import Judge
from conformance.run.references import Machine, References
from tests.fakes.project import case_file

FORMULA = load("kl_div")
REFERENCES = References()
CASE = """\
  - id: equal
    summary: equal terms
    inputs:
      input: {generator: constant, value: -1}
      target: {generator: constant, value: 0.7}
    matrix: {shape: [[100], [300], [5000]], reduction: [sum], dtype: [float16, bfloat16]}
  - id: endless
    summary: equal terms whose sum is infinite in float16
    inputs:
      input: {generator: constant, value: -3}
      target: {generator: constant, value: 0.7}
    matrix: {shape: [[40000]], reduction: [sum], dtype: [float16]}
  - id: near
    summary: terms that the expanded form loses altogether
    inputs:
      input: [-2.984375, -3.984375, -7.96875]
      target: [-3, -4, -8]
    attributes: {log_target: true, reduction: none}
    matrix: {dtype: [bfloat16]}
  - id: less-near
    summary: terms of which the expanded form leaves some digits
    inputs: {input: [-8.4375, -7.90625], target: [-8, -7.5]}
    attributes: {log_target: true, reduction: none}
    matrix: {dtype: [bfloat16]}
"""


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    path = tmp_path_factory.mktemp("losses") / "kl_div.yaml"
    path.write_text(case_file(["right"], CASE))
    return list(expand([load_cases(path)], [Target("fake", "fake")]).checks)


def find(checks: list[Any], case: str, dtype: str, shape: tuple[int, ...]) -> Any:
    for check in checks:
        call = materialise(check.spec)
        if (check.spec.case.id, check.spec.dtype, call.arrays["target"].shape) == (case, dtype, shape):
            return check, call
    raise AssertionError


def judged(check: Any, call: Any, actual: Any) -> Any:
    bits = actual.view(np.uint16) if check.spec.dtype == "bfloat16" else actual
    entry = {"dtype": check.spec.dtype, "shape": actual.shape, "data": bits.tobytes()}
    answer = {"status": "returned", "outputs": [entry], "gradients": None}
    return Judge(REFERENCES).judge(check, call, answer, Machine(), "1.0")


def returned(check: Any, call: Any, kernel: Any) -> Any:
    return simulate(FORMULA.chosen(kernel.form), call.arrays, check.spec.attributes, check.spec.dtype, kernel)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("count", [100, 300, 5000])
@pytest.mark.parametrize("kernel", list(narrow_accumulators()), ids=lambda kernel: kernel.name)
def test_an_accumulator_of_a_half_type_is_no_mismatch(
    checks: list[Any], dtype: str, count: int, kernel: Any
) -> None:
    check, call = find(checks, "equal", dtype, (count,))
    judgement = judged(check, call, returned(check, call, kernel))
    assert judgement.outcome in (Outcome.PASS, Outcome.DEGRADED)
    if kernel.summation == "one by one" and count >= 300:
        assert judgement.outcome is Outcome.DEGRADED
        assert f"{dtype} accumulator" in judgement.detail
        assert "digits beyond the bound" in judgement.detail


def test_an_accumulator_that_stops_growing_is_no_mismatch_where_the_sum_is_infinite(
    checks: list[Any],
) -> None:
    check, call = find(checks, "endless", "float16", (40000,))
    kernel = next(kernel for kernel in narrow_accumulators() if kernel.summation == "one by one")
    actual = returned(check, call, kernel)
    assert np.isfinite(actual)
    assert judged(check, call, actual).outcome is Outcome.DEGRADED
    assert judged(check, call, returned(check, call, usual("float16"))).outcome is Outcome.PASS
    assert judged(check, call, np.asarray(-actual)).outcome is Outcome.MISMATCH


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("factor", [0.0, 0.5, 0.7, -1.0, 1.5])
def test_a_sum_that_no_such_accumulator_returns_is_a_mismatch(
    checks: list[Any], dtype: str, factor: float
) -> None:
    check, call = find(checks, "equal", dtype, (5000,))
    right = returned(check, call, usual(dtype))
    assert judged(check, call, right).outcome is Outcome.PASS
    wrong = np.asarray(right.astype(np.float64) * factor).astype(right.dtype)
    assert judged(check, call, wrong).outcome is Outcome.MISMATCH


@pytest.mark.parametrize("kernel", list(forms("expanded", wide=True)), ids=lambda kernel: kernel.name)
def test_a_form_that_cancels_is_right_in_the_arithmetic_that_is_usual(checks: list[Any], kernel: Any) -> None:
    for shape in ((3,), (2,)):
        check, call = find(checks, "near" if shape == (3,) else "less-near", "bfloat16", shape)
        assert judged(check, call, returned(check, call, kernel)).outcome is Outcome.PASS


@pytest.mark.parametrize("kernel", list(combined(FORMULA, "bfloat16")), ids=lambda kernel: kernel.name)
def test_a_form_that_cancels_everything_is_a_mismatch_that_names_it(checks: list[Any], kernel: Any) -> None:
    check, call = find(checks, "near", "bfloat16", (3,))
    judgement = judged(check, call, returned(check, call, kernel))
    if kernel.contracted:  # the difference is exact, or nearly so
        assert judgement.outcome is Outcome.PASS
    else:
        assert judgement.outcome is Outcome.MISMATCH
        assert judgement.hypothesis.name == "expanded-form-in-bfloat16"
        assert "the expanded formula computed in bfloat16, which cancels here" in judgement.hypothesis.text


def test_a_form_that_leaves_some_digits_is_degraded(checks: list[Any]) -> None:
    check, call = find(checks, "less-near", "bfloat16", (2,))
    kernel = next(combined(FORMULA, "bfloat16"))
    judgement = judged(check, call, returned(check, call, kernel))
    assert judgement.outcome is Outcome.DEGRADED
    assert "expanded" in judgement.detail
    assert "digits beyond the bound" in judgement.detail


def test_what_no_kernel_of_that_form_returns_is_a_mismatch(checks: list[Any]) -> None:
    check, call = find(checks, "near", "bfloat16", (3,))
    right = returned(check, call, usual("bfloat16"))
    assert judged(check, call, right).outcome is Outcome.PASS
    assert judged(check, call, -right).outcome is Outcome.MISMATCH
