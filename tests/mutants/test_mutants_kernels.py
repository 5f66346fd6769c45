"""Simulated kernels: as accurate as they say, and different where they ought to differ."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.compare import compare, format_of
from conformance.model import DTYPES
from conformance.mutants import Kernel, legitimate, lossy, simulate, usual
from conformance.mutants.sums import SUMMATIONS, along_axes
from conformance.reference import evaluate, load

FORMULA = load("kl_div")
RNG = np.random.default_rng(5)


def inputs(dtype: str, shape: tuple[int, ...] = (6, 50)) -> dict[str, Any]:
    target = RNG.random(shape)
    target.flat[0] = 0.0
    kind = format_of(dtype).dtype
    return {"input": np.log(RNG.random(shape)).astype(kind), "target": target.astype(kind)}


def run(kernel: Kernel, dtype: str, arrays: dict[str, Any], **attributes: Any) -> Any:
    return simulate(FORMULA.chosen(kernel.form), arrays, attributes, dtype, kernel)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_every_legitimate_kernel_keeps_to_the_bound(dtype: str, reduction: str) -> None:
    arrays = inputs(dtype)
    reference = evaluate(FORMULA, arrays, {"reduction": reduction}, dtype)
    for kernel in (usual(dtype), *legitimate(FORMULA, dtype)):
        actual = run(kernel, dtype, arrays, reduction=reduction)
        assert actual.dtype == format_of(dtype).dtype
        assert compare(actual, reference.value, reference.tail, reference.bound, dtype).passed, kernel.name


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_narrow_accumulator_leaves_the_bound_of_a_wide_one(dtype: str) -> None:
    kind = format_of(dtype).dtype
    arrays = {"input": np.full(600, -1.0).astype(kind), "target": np.full(600, 0.3).astype(kind)}
    reference = evaluate(FORMULA, arrays, {"reduction": "sum"}, dtype)
    narrow = next(kernel for kernel in lossy(dtype) if kernel.summation == "one by one")
    actual = run(narrow, dtype, arrays, reduction="sum")
    assert not compare(actual, reference.value, None, reference.bound, dtype).passed
    assert np.isfinite(actual)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_logarithm_of_half_an_ulp_is_rounded_correctly_and_one_of_an_ulp_is_not(dtype: str) -> None:
    values = RNG.uniform(0.01, 30, 500).astype(format_of(dtype).dtype)
    precise = np.log(values.astype(np.longdouble))

    def logarithm(x: Any) -> Any:
        return np.log(x)

    half = simulate(logarithm, {"x": values}, {}, dtype, Kernel("half", ulps=0.5))
    assert np.array_equal(half, precise.astype(half.dtype))
    one = simulate(logarithm, {"x": values}, {}, dtype, Kernel("one", ulps=1.0))
    assert not np.array_equal(half, one)
    gap = format_of(dtype).ulp(precise.astype(np.float64))
    assert np.all(np.abs(one.astype(np.longdouble) - precise) <= 1.01 * gap)


def test_a_fused_multiply_add_rounds_once() -> None:
    a = np.float32([1 + 2.0**-12])
    arrays = {"a": a, "b": a, "c": np.float32([-1.0])}

    def formula(a: Any, b: Any, c: Any) -> Any:
        return a * b + c

    exact = Fraction(float(a[0])) ** 2 - 1
    fused = simulate(formula, arrays, {}, "float32", Kernel("fused", contracted=True))
    plain = simulate(formula, arrays, {}, "float32", Kernel("plain"))
    assert Fraction(float(fused[0])) == exact != Fraction(float(plain[0]))


@pytest.mark.parametrize("name", SUMMATIONS)
@given(st.integers(0, 300), st.integers(1, 4))
def test_every_order_of_additions_gives_the_sum_of_whole_numbers(name: str, count: int, rows: int) -> None:
    terms = np.arange(rows * count, dtype=np.float64).reshape(rows, count)
    add_up = SUMMATIONS[name]
    assert along_axes(add_up, terms) == terms.sum()
    assert np.array_equal(along_axes(add_up, terms, 1), terms.sum(axis=1))
    assert np.array_equal(along_axes(add_up, terms, -1, keepdims=True), terms.sum(axis=-1, keepdims=True))
    assert np.array_equal(along_axes(add_up, terms, 0), terms.sum(axis=0))
    assert along_axes(add_up, terms, (0, 1)) == terms.sum()


def test_compensated_sums_lose_less_than_plain_ones() -> None:
    terms = np.full(20_000, 0.1, dtype=np.float32)
    exact = float(terms[0]) * terms.size
    errors = {name: abs(float(along_axes(SUMMATIONS[name], terms)) - exact) for name in SUMMATIONS}
    assert errors["Kahan"] < 1e-3 < errors["one by one"]


def test_an_infinite_term_is_no_nan_in_a_compensated_sum() -> None:
    terms = np.array([1.0, np.inf, 2.0])
    assert along_axes(SUMMATIONS["Kahan"], terms) == np.inf


def test_half_types_are_computed_in_float32_and_rounded_once_by_the_usual_kernel() -> None:
    arrays = inputs("bfloat16")
    actual = run(usual("bfloat16"), "bfloat16", arrays, reduction="none")
    singles = {name: array.astype(np.float32) for name, array in arrays.items()}
    with np.errstate(all="ignore"):
        expected = FORMULA.function(**{k: v.astype(np.float64) for k, v in singles.items()}, reduction="none")
    assert actual.dtype == ml_dtypes.bfloat16
    assert np.mean(actual == expected.astype(ml_dtypes.bfloat16)) > 0.99
