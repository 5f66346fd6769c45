"""The allowance is neither too small (sensible kernels pass) nor too large (wrong ones do not).

`python tests/reference/test_reference_allowance.py` prints how much of it each kernel uses.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from simulated_kernels import (
    DTYPES,
    REDUCTIONS,
    Array,
    factored,
    input_sets,
    kernels,
    log_target_kernels,
    log_ulps,
    native_log,
    numpy_dtype,
    rounded,
    softmax,
)

from conformance.compare import Comparison, compare
from conformance.model import Subtype
from conformance.reference import Formula, evaluate, load


@pytest.fixture(name="formula")
def _formula() -> Formula:
    return load("kl_div")


def judged(
    formula: Formula, x: Array, y: Array, actual: Array, dtype: str, options: Any = None, **attributes: Any
) -> Comparison:
    reference = evaluate(formula, {"input": x, "target": y}, attributes, dtype, **(options or {}))
    return compare(actual, reference.value, reference.tail, reference.bound, dtype)


def largest_ratios(formula: Formula, dtype: str, seed: int) -> dict[str, float]:
    """The largest error in units of the allowance, per reduction and kernel. Mismatches count as inf."""
    ratios: dict[str, float] = {}

    def note(name: str, comparison: Comparison) -> None:
        # A kernel that overflows on the way is judged elsewhere; here the inputs do not let it.
        ratio = np.inf if comparison.mismatched else comparison.max_bound_ratio
        ratios[name] = max(ratios.get(name, 0.0), ratio)

    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        for _, x, y in input_sets(dtype, rng):
            for reduction in REDUCTIONS:
                references = {
                    ulps: evaluate(
                        formula, {"input": x, "target": y}, {"reduction": reduction}, dtype, log_ulps=ulps
                    )
                    for ulps in {log_ulps(dtype, name) for name, _ in kernels(dtype, reduction)}
                }
                for name, kernel in kernels(dtype, reduction):
                    by = references[log_ulps(dtype, name)]
                    note(f"{reduction}: {name}", compare(kernel(x, y), by.value, by.tail, by.bound, dtype))
            t = rounded(np.log(np.where(y == 0, 1.0, y.astype(np.float64))), dtype)
            for name, kernel in log_target_kernels(dtype):
                ulps = {"log_ulps": log_ulps(dtype, name)}
                verdict = judged(formula, x, t, kernel(x, t), dtype, ulps, reduction="none", log_target=True)
                note(f"log target: {name}", verdict)
    return ratios


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_false_alarm(formula: Formula, dtype: str) -> None:
    ratios = largest_ratios(formula, dtype, seed=20)
    assert len(ratios) > 15
    assert {name: ratio for name, ratio in ratios.items() if not ratio < 1.0} == {}
    # Nor is the allowance idle: some kernel uses a good part of it.
    assert max(ratios.values()) > 0.3


@pytest.mark.parametrize("dtype", DTYPES)
def test_expanded_form_of_log_targets_fits_its_alternative_only(formula: Formula, dtype: str) -> None:
    """exp(t) t - exp(t) x cancels where t - x is exact; for probabilities both forms pass."""
    _, y = probabilities(dtype, (20, 50))
    t = rounded(np.log(y.astype(np.float64)), dtype)
    x = t.astype(np.float64) * (1 + 2.0 ** (2 - np.finfo(np.float16 if dtype == "bfloat16" else dtype).nmant))
    x = rounded(x, dtype)
    weight = rounded(np.exp(t.astype(np.float64)), dtype)
    actual = weight * t - weight * x
    attributes = {"reduction": "none", "log_target": True}
    assert judged(formula, x, t, actual, dtype, **attributes).subtype is Subtype.VALUE
    assert judged(formula, x, t, actual, dtype, {"function": "expanded"}, **attributes).mismatched == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_every_half_number_as_target(formula: Formula, dtype: str) -> None:
    """All non-negative finite numbers of a half type, subnormals included, in every kernel."""
    y = np.arange(1, 2**15, dtype=np.uint16).view(numpy_dtype(dtype))
    y = y[: int(np.array(4000).astype(y.dtype).view(np.uint16)) - 1]  # their patterns are in order
    for shift in (0.0, 0.01, -3.0):
        x = rounded(np.log(y.astype(np.float64)) + shift, dtype)
        for name, kernel in kernels(dtype, "none"):
            with np.errstate(all="ignore"):
                verdict = judged(formula, x, y, kernel(x, y), dtype, reduction="none")
            assert verdict.mismatched == 0, (name, verdict)


def probabilities(dtype: str, shape: tuple[int, int], seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return (
        rounded(np.log(softmax(rng.normal(size=shape))), dtype),
        rounded(softmax(rng.normal(size=shape)), dtype),
    )


def test_float32_log_in_a_float64_kernel_is_caught(formula: Formula) -> None:
    x, y = probabilities("float64", (100, 50))
    actual = factored(x, y, lambda p: np.log(p.astype(np.float32)).astype(np.float64))
    verdict = judged(formula, x, y, actual, "float64", reduction="none")
    assert verdict.mismatched > 0.99 * verdict.total
    assert verdict.max_bound_ratio > 1e6
    assert verdict.subtype is Subtype.VALUE


@pytest.mark.parametrize("reduction", ["none", "sum"])
def test_epsilon_in_the_log_of_a_float32_kernel_is_caught(formula: Formula, reduction: str) -> None:
    rng = np.random.default_rng(1)
    y = rounded(np.exp(rng.uniform(-30, -12, (20, 50))), "float32")
    x = rounded(rng.normal(size=y.shape), "float32")
    loss = factored(x, y, lambda p: np.log(p + np.float32(1e-10)))
    actual = loss if reduction == "none" else np.asarray(loss.sum())
    assert judged(formula, x, y, actual, "float32", reduction=reduction).mismatched > 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_dropped_last_element_is_caught(formula: Formula, dtype: str) -> None:
    x, y = probabilities(dtype, (3, 5))
    loss = factored(x, y, native_log).astype(np.float64)
    actual = rounded(np.asarray(loss.ravel()[:-1].sum()), dtype)
    assert judged(formula, x, y, actual, dtype, reduction="sum").subtype is Subtype.VALUE


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("off", [-1, 1])
def test_divisor_off_by_one_is_caught(formula: Formula, dtype: str, off: int) -> None:
    """In bfloat16, whose allowance is a few per cent here, no divisor off by one in 15 can be told."""
    x, y = probabilities(dtype, (3, 5))
    y = rounded(y.astype(np.float64) * 3, dtype)
    total = evaluate(formula, {"input": x, "target": y}, {"reduction": "sum"}, "float64").value
    actual = rounded(np.asarray(total / (15 + off)), dtype)
    assert judged(formula, x, y, actual, dtype, reduction="mean").subtype is Subtype.VALUE
    right = rounded(np.asarray(total / 15), dtype)
    assert judged(formula, x, y, right, dtype, reduction="mean").passed


@pytest.mark.parametrize("dtype", DTYPES)
def test_just_outside_the_allowance_is_caught(formula: Formula, dtype: str) -> None:
    x, y = probabilities(dtype, (3, 5))
    reference = evaluate(formula, {"input": x, "target": y}, {"reduction": "none"}, dtype)
    units = 2.0 ** np.floor(np.log2(np.abs(reference.value))) * float(np.finfo(np.float64).eps)
    if dtype != "float64":
        units = np.abs(np.spacing(rounded(reference.value, dtype)).astype(np.float64))
    for side in (-1, 1):
        outside = rounded(reference.value + side * (2 * reference.bound + 3 * units), dtype)
        inside = rounded(reference.value + side * 1.9 * reference.bound, dtype)
        verdict = judged(formula, x, y, outside, dtype, reduction="none")
        assert (verdict.mismatched, verdict.pattern, verdict.sign_bias) == (15, "all", side)
        assert judged(formula, x, y, inside, dtype, reduction="none").mismatched == 0


def test_float16_accumulation_fits_the_narrow_accumulator_only(formula: Formula) -> None:
    """Adding 1.03 to sums from 64 on loses the 0.03 each time, which would be 3 % at the end."""
    y = np.ones((1, 200), np.float16)
    x = np.full_like(y, -1.03)
    actual = np.asarray(np.add.accumulate(factored(x, y, native_log).ravel())[-1])
    assert judged(formula, x, y, actual, "float16", reduction="sum").mismatched == 1
    narrow = {"summation": "naive", "accumulator": "narrow"}
    verdict = judged(formula, x, y, actual, "float16", narrow, reduction="sum")
    assert (verdict.mismatched, verdict.vacuous) == (0, 0)


def test_naive_float32_summation_fits_the_naive_bound_only(formula: Formula) -> None:
    """Equal terms, whose rounding errors do not cancel: 0.1 added up a hundred thousand times."""
    y = np.ones((1, 100_000), np.float32)
    x = np.full_like(y, -0.1)
    actual = np.asarray(np.add.accumulate((y * (np.log(y) - x)).ravel())[-1])
    primary = judged(formula, x, y, actual, "float32", reduction="sum")
    assert primary.mismatched == 1
    assert judged(formula, x, y, actual, "float32", {"summation": "naive"}, reduction="sum").passed


def test_float16_sum_beyond_the_range_is_infinite(formula: Formula) -> None:
    y = np.ones((1, 2_000_000), np.float16)
    x = -y
    right, saturated = np.asarray(np.inf, np.float16), np.asarray(65504, np.float16)
    assert judged(formula, x, y, right, "float16", reduction="sum").passed
    assert judged(formula, x, y, saturated, "float16", reduction="sum").subtype is Subtype.NONFINITE
    verdict = judged(formula, x, y, right, "float16", reduction="mean")
    assert verdict.subtype is Subtype.INTERMEDIATE_OVERFLOW


if __name__ == "__main__":
    for dtype in DTYPES:
        print(dtype)
        for name, ratio in largest_ratios(load("kl_div"), dtype, seed=20).items():
            print(f"  {ratio:6.3f}  {name}")
