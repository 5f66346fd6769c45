"""The allowance of gradients is neither too small (sensible kernels pass) nor too large (wrong ones do not).

`python tests/reference/test_reference_gradients.py` prints how much of it each kernel uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest
from simulated_gradients import (
    EVERYWHERE,
    FORMULA,
    gradient_kernels,
    log_expanded,
    probabilities,
    references,
    upstreams,
    wide_exp,
)
from simulated_kernels import (
    DTYPES,
    REDUCTIONS,
    Array,
    input_sets,
    log_ulps,
    numpy_dtype,
    rounded,
    wide_log,
)

from conformance.compare import Comparison, compare
from conformance.model import Subtype
from conformance.reference import Reference, evaluate_gradients

INF, NAN = np.inf, np.nan


def divisor(reduction: str, x: Array, y: Array) -> int:
    size = int(np.prod(np.broadcast_shapes(x.shape, y.shape)))
    return {"mean": size, "batchmean": x.shape[0]}.get(reduction, 1)


def judged(reference: Reference, actual: Array, dtype: str) -> Comparison:
    return compare(actual, reference.value, reference.tail, reference.bound, dtype)


def draws(dtype: str, seed: int, rows: int = 60) -> Iterator[tuple[Array, Array, Array, str, bool]]:
    """Inputs, targets, upstream gradients, reductions and log_target."""
    rng = np.random.default_rng(seed)
    for _, x, y in input_sets(dtype, rng, rows):
        t = rounded(np.log(np.where(y == 0, 1.0, y.astype(np.float64))), dtype)
        for reduction in REDUCTIONS:
            g = upstreams(dtype, x.shape if reduction == "none" else (), rng)
            yield x, y, g, reduction, False
            yield x, t, g, reduction, True


def largest_ratios(dtype: str, seed: int) -> dict[str, float]:
    """The largest error in units of the allowance, per input and kernel. Mismatches count as inf."""
    ratios: dict[str, float] = defaultdict(float)
    with np.errstate(all="ignore"):
        for x, y, g, reduction, log_target in draws(dtype, seed):
            inputs, attributes = {"input": x, "target": y}, {"reduction": reduction, "log_target": log_target}
            by_ulps = {
                ulps: evaluate_gradients(
                    FORMULA, inputs, attributes, dtype, g, log_ulps=ulps, conventions=EVERYWHERE
                )
                for ulps in {log_ulps(dtype, name) for name, _ in gradient_kernels(dtype, log_target)}
            }
            for name, kernel in gradient_kernels(dtype, log_target):
                by = by_ulps[log_ulps(dtype, name)]
                to_input, to_target = kernel(x, y, g, divisor(reduction, x, y))
                if not log_target:
                    to_target = np.where(y == 0, y.dtype.type(0), to_target)
                for of, actual in (("input", to_input), ("target", to_target)):
                    verdict = judged(by[of], actual, dtype)
                    ratio = np.inf if verdict.mismatched else verdict.max_bound_ratio
                    key = f"{of}{', log target' if log_target else ''}: {name}"
                    ratios[key] = max(ratios[key], ratio)
    return ratios


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_false_alarm(dtype: str) -> None:
    ratios = largest_ratios(dtype, seed=30)
    assert len(ratios) > 40
    assert {name: ratio for name, ratio in ratios.items() if not ratio < 1.0} == {}
    # Nor is the allowance idle: some kernel uses a good part of it.
    assert max(ratio for name, ratio in ratios.items() if "target" in name) > 0.4


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("shift", [0.0, 1.0, -0.01])
def test_every_half_number_as_target(dtype: str, shift: float) -> None:
    """All positive numbers of a half type, subnormals included, with inputs near its logarithm."""
    y = np.arange(1, 2**15, dtype=np.uint16).view(numpy_dtype(dtype))
    y = y[: int(np.array(4000).astype(y.dtype).view(np.uint16)) - 1]  # their patterns are in order
    x = rounded(np.log(y.astype(np.float64)) + shift, dtype)
    g = upstreams(dtype, y.shape, np.random.default_rng(0))
    by = references(x, y, g, dtype, reduction="none")
    for name, kernel in gradient_kernels(dtype, log_target=False):
        with np.errstate(all="ignore"):
            for of, actual in zip(("input", "target"), kernel(x, y, g, 1), strict=True):
                assert judged(by[of], actual, dtype).mismatched == 0, (name, of)


def chained_sums(x: Array, y: Array, g: Array) -> tuple[Array, Array]:
    """The expanded form's chain rule for an input (N, C) and a target (C,), each part summed and rounded."""
    wide = np.float32 if x.dtype.itemsize == 2 else x.dtype

    def summed(terms: Array) -> Array:
        return np.asarray(terms.astype(wide).sum(axis=0)).astype(x.dtype)

    total = summed(g)
    return -(g * y), total * wide_log(y) + total * y / y - summed(g * x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [3, 300])
def test_no_false_alarm_where_inputs_broadcast(dtype: str, rows: int) -> None:
    rng = np.random.default_rng(rows)
    x, y = (rounded(part, dtype) for part in (rng.normal(size=(rows, 8)) - 3, rng.uniform(0.01, 1, size=8)))
    g = upstreams(dtype, x.shape, rng)
    by = references(x, y, g, dtype, reduction="none")
    for of, actual in zip(("input", "target"), chained_sums(x, y, g), strict=True):
        assert by[of].value.shape == actual.shape
        assert judged(by[of], actual, dtype).mismatched == 0
    by = references(y, np.exp(x), g, dtype, reduction="none")
    wide = np.float32 if x.dtype.itemsize == 2 else x.dtype
    actual = -(g * np.exp(x)).astype(wide).sum(axis=0).astype(x.dtype)
    assert judged(by["input"], actual, dtype).mismatched == 0


WRONG = {
    "no factor": lambda x, y, g, n: (-y, np.log(y) - x + 1),
    "sign": lambda x, y, g, n: (g / n * y, -g / n * (np.log(y) - x + 1)),
    "no one": lambda x, y, g, n: (0 * y, g / n * (np.log(y) - x)),
    "one for g": lambda x, y, g, n: (-g / n, g / n * (np.log(y) - x) + 1),
    "zero": lambda x, y, g, n: (0 * y, 0 * y),
    "another divisor": lambda x, y, g, n: (-g * y / (9 * n), g / (9 * n) * (np.log(y) - x + 1)),
    "last one dropped": lambda x, y, g, n: (
        np.where(np.arange(54).reshape(6, 9) == 53, 0, -g / n * y),
        np.where(np.arange(54).reshape(6, 9) == 53, 0, g / n * (np.log(y) - x + 1)),
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_wrong_is_caught(dtype: str, reduction: str, name: str) -> None:
    x, y, rng = probabilities(dtype)
    g = upstreams(dtype, x.shape if reduction == "none" else (), rng)
    by = references(x, y, g, dtype, reduction=reduction)
    wide = (part.astype(np.float64) for part in (x, y, g))
    wrong = WRONG[name](*wide, divisor(reduction, x, y))
    for of, actual in zip(("input", "target"), wrong, strict=True):
        verdict = judged(by[of], rounded(np.broadcast_to(actual, x.shape), dtype), dtype)
        assert verdict.subtype is Subtype.VALUE, of


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("log_target", [False, True])
def test_just_outside_the_allowance_is_caught(dtype: str, log_target: bool) -> None:
    x, y, rng = probabilities(dtype)
    t = rounded(np.log(y.astype(np.float64)), dtype) if log_target else y
    g = upstreams(dtype, (), rng)
    for reference in references(x, t, g, dtype, reduction="batchmean", log_target=log_target).values():
        reach = rounded(np.abs(reference.value) + 2 * reference.bound, dtype)
        gap = np.spacing(reach).astype(np.float64)
        for side in (-1.0, 1.0):
            outside = rounded(reference.value + side * (2 * reference.bound + 4 * gap), dtype)
            assert judged(reference, outside, dtype).mismatched == outside.size
            inside = rounded(reference.value + side * 1.9 * reference.bound, dtype)
            assert judged(reference, inside, dtype).mismatched == 0


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
def test_a_form_of_log_targets_that_cancels_fits_its_alternative_only(dtype: str) -> None:
    """Of t = -50, the product with exp(t) loses fifty times what t - x does. float16 underflows earlier."""
    rng = np.random.default_rng(8)
    t = rounded(rng.uniform(-60, -40, 100), dtype)
    g = upstreams(dtype, t.shape, rng)
    actual = log_expanded(t, t, g, wide_exp)
    attributes = {"reduction": "none", "log_target": True}
    inputs = {"input": t, "target": t}
    assert judged(references(t, t, g, dtype, **attributes)["target"], actual, dtype).mismatched > 0
    other = evaluate_gradients(FORMULA, inputs, attributes, dtype, g, function="expanded")["target"]
    assert judged(other, actual, dtype).mismatched == 0


def test_the_bound_of_a_subnormal_target_includes_what_its_product_loses() -> None:
    """(g y) / y of a subnormal y may be off by eta / y, here by a quarter."""
    y, x = np.array([2.0**-22], np.float16), np.array([-15.0], np.float16)
    g = np.array([1.125], np.float16)
    bound = references(x, y, g, "float16", reduction="none")["target"].bound
    assert bound[0] > 2.0**-24 / 2.0**-22
    larger = references(x, y * np.float16(2**12), g, "float16", reduction="none")["target"].bound
    assert larger[0] < bound[0] / 5


if __name__ == "__main__":
    for dtype in DTYPES:
        print(dtype)
        for name, ratio in largest_ratios(dtype, seed=30).items():
            print(f"  {ratio:6.3f}  {name}")
