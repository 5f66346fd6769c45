"""Generators: the same bits everywhere, accurate, independent, and refusing what they do not know."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import flint
import ml_dtypes
import numpy as np
import pytest
from golden_arrays import GOLDEN, digest

from conformance.plan import generate as module  # the module, whose name is that of its function
from conformance.plan.generate import GENERATORS, generate

SIGNS = ("positive", "negative")
SHAPES: list[tuple[int, ...]] = [(), (0,), (0, 3), (3, 0), (1,), (2, 3), (2, 1, 4)]


def flint_log(x: float) -> float:
    return float(flint.arb(x).log().mid())


def flint_exp(x: float) -> float:
    return float(flint.arb(x).exp().mid())


@pytest.mark.parametrize(("name", "shape", "seed", "options", "expected"), GOLDEN)
def test_the_bits_never_change(
    name: str, shape: tuple[int, ...], seed: int, options: dict[str, Any], expected: str
) -> None:
    assert digest(generate(name, shape, seed, options)) == expected


def test_every_generator_has_golden_arrays() -> None:
    assert {entry[0] for entry in GOLDEN} == set(GENERATORS)


def test_the_bits_do_not_depend_on_the_vector_units_that_numpy_finds() -> None:
    here = Path(__file__).parent
    assert module.__file__ is not None
    features = "AVX2 FMA3 AVX512F AVX512_SKX X86_V3 X86_V4 ASIMDHP ASIMDDP"
    completed = subprocess.run(
        [sys.executable, "-W", "ignore", str(here / "golden_arrays.py"), module.__file__],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": features},
        capture_output=True,
        text=True,
        check=True,
    )
    assert completed.stdout.split() == [entry[-1] for entry in GOLDEN]


def test_logarithm_against_balls() -> None:
    x = np.concatenate([np.geomspace(5e-324, 1.7e308, 700), np.linspace(0.6, 1.6, 701), [1.0, 0.5, 2.0]])
    expected = np.array([flint_log(each) for each in x.tolist()])
    actual = module._exact_log(x)
    assert actual[x == 1.0].tolist() == [0.0] * int(np.sum(x == 1.0))
    others = expected != 0
    assert np.max(np.abs(actual[others] / expected[others] - 1)) < 1e-15


def test_exponential_against_balls() -> None:
    x = np.concatenate([np.linspace(-745, 0, 3001), [-1e-300, -0.34657359027997264, -0.3465735902799727]])
    expected = np.array([flint_exp(each) for each in x.tolist()])
    actual = module._exact_exp(x)
    assert np.all(np.abs(actual - expected) <= 1e-13 * expected + 5e-324)


def test_exponential_far_below_the_smallest_number_is_zero() -> None:
    assert module._exact_exp(np.array([-800.0, -1e6, -1e12])).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_softmax_against_balls(scale: float) -> None:
    logits = generate("normal", (2, 9), 11, {"scale": scale})
    probabilities = generate("probabilities", (2, 9), 11, {"scale": scale})
    logarithms = generate("log_probabilities", (2, 9), 11, {"scale": scale})
    for row, p, log_p in zip(logits.tolist(), probabilities, logarithms, strict=True):
        weights = [flint.arb(each).exp() for each in row]
        exact = [weight / sum(weights) for weight in weights]
        np.testing.assert_allclose(p, [float(each.mid()) for each in exact], rtol=2e-13, atol=0)
        np.testing.assert_allclose(log_p, [float(each.log().mid()) for each in exact], rtol=2e-13, atol=1e-14)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_probabilities_sum_to_one_along_their_axis(axis: int) -> None:
    p = generate("probabilities", (4, 5, 6), 1, {"axis": axis})
    assert np.all(p > 0)
    np.testing.assert_allclose(np.sum(p, axis=axis), 1.0, rtol=1e-14)
    assert not np.allclose(np.sum(p, axis=(axis + 1) % 3), 1.0, rtol=0.1)


@pytest.mark.parametrize("name", sorted(GENERATORS.keys() - {"every_value"}))
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(name: str, shape: tuple[int, ...]) -> None:
    array = generate(name, shape, 3, {})
    assert isinstance(array, np.ndarray)
    assert (array.shape, array.dtype) == (shape, np.float64)
    assert np.all(np.isfinite(array))


def test_a_single_outcome_is_certain() -> None:
    assert generate("probabilities", (), 5, {}).item() == 1.0
    assert generate("log_probabilities", (), 5, {}).item() == 0.0


def test_seeds_give_independent_streams() -> None:
    draws = [generate("uniform", (4000,), seed, {}) for seed in (0, 1, 2, 2**64, 2**100)]
    for one, other in itertools.combinations(draws, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.06
        assert not set(one.tolist()) & set(other.tolist())


def test_a_longer_array_starts_like_a_shorter_one() -> None:
    assert np.array_equal(generate("uniform", (10,), 4, {})[:6], generate("uniform", (2, 3), 4, {}).ravel())


def test_uniform_fills_its_range() -> None:
    x = generate("uniform", (20000,), 1, {"low": -3.0, "high": 5.0})
    assert np.min(x) > -3.0
    assert np.max(x) < 5.0
    assert abs(np.mean(x) - 1.0) < 5 * 8 / math.sqrt(12 * x.size)
    assert np.histogram(x, bins=8, range=(-3, 5))[0].min() > 2300


def test_normal_has_its_mean_and_deviation() -> None:
    x = generate("normal", (20000,), 1, {"mean": 2.0, "scale": 0.5})
    assert abs(np.mean(x) - 2.0) < 0.02
    assert abs(np.std(x) - 0.5) < 0.02


@pytest.mark.parametrize(
    ("sign", "signs"), [("positive", {1.0}), ("negative", {-1.0}), ("both", {-1.0, 1.0})]
)
def test_magnitudes_spread_over_their_binades(sign: str, signs: set[float]) -> None:
    x = generate("magnitudes", (5000,), 2, {"low": -3, "high": 4, "sign": sign})
    _, exponents = np.frexp(np.abs(x))
    assert set((exponents - 1).tolist()) == set(range(-3, 4))
    assert set(np.sign(x).tolist()) == signs


def test_magnitudes_reach_the_smallest_subnormals() -> None:
    x = generate("magnitudes", (500,), 2, {"low": -1074, "high": -1070})
    assert np.min(x) == 5e-324
    assert np.max(x) <= 2.0**-1070  # a mantissa just below two rounds up


def test_constant_and_alternating() -> None:
    assert generate("constant", (2, 2), 0, {"value": -0.25}).tolist() == [[-0.25, -0.25], [-0.25, -0.25]]
    assert generate("alternating", (2, 3), 0, {"value": 2.0}).tolist() == [
        [2.0, -2.0, 2.0],
        [-2.0, 2.0, -2.0],
    ]


@pytest.mark.parametrize(("format", "kind"), [("float16", np.float16), ("bfloat16", ml_dtypes.bfloat16)])
def test_every_value_is_every_finite_number_but_zero(format: str, kind: type[np.generic]) -> None:
    with np.errstate(invalid="ignore"):  # signalling NaNs are among them
        all_patterns = np.arange(1 << 16, dtype=np.uint16).view(kind).astype(np.float64)
    finite = all_patterns[np.isfinite(all_patterns) & (all_patterns != 0)]
    values = generate("every_value", (finite.size,), 0, {"format": format, "sign": "both"})
    assert np.array_equal(np.sort(values), np.sort(finite))
    halves = [
        generate("every_value", (finite.size // 2,), 0, {"format": format, "sign": sign}) for sign in SIGNS
    ]
    assert np.array_equal(np.concatenate(halves), values)


def test_every_value_refuses_what_would_leave_some_out() -> None:
    with pytest.raises(
        ValueError, match=r"float16 has 31743 such numbers, which the shape \[5\] does not hold"
    ):
        generate("every_value", (5,), 0, {})
    with pytest.raises(ValueError, match="format 'float32' is none of float16, bfloat16"):
        generate("every_value", (5,), 0, {"format": "float32"})
    with pytest.raises(ValueError, match="sign 'any' is none of positive, negative, both"):
        generate("every_value", (5,), 0, {"sign": "any"})


def test_relative_shift_scales_the_logarithms() -> None:
    plain = generate("log_probabilities", (3, 4), 5, {})
    shifted = generate("log_probabilities", (3, 4), 5, {"relative_shift": 0.25})
    assert np.array_equal(shifted, plain * 1.25)


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_an_unknown_option_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match="sclae"):
        generate(name, (2,), 0, {"sclae": 1.0})


def test_an_unknown_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="sign 'negativ' is none of positive, negative, both"):
        generate("magnitudes", (2,), 0, {"sign": "negativ"})


def test_an_unknown_generator_is_refused() -> None:
    with pytest.raises(KeyError, match="unifrom"):
        generate("unifrom", (2,), 0, {})


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1, 2**64, 3 << 64 | 5, 2**128 - 1])
def test_the_stream_is_that_of_philox_with_the_seed_as_key(seed: int) -> None:
    expected = (np.random.Philox(key=seed).random_raw(5) >> np.uint64(12)).astype(np.float64)
    assert np.array_equal(generate("uniform", (5,), seed, {}), (expected + 0.5) * 2.0**-52)
