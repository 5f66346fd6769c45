"""The references of the triplet losses against norms computed independently."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from conformance.reference import evaluate, evaluate_gradients, load

RANDOM = np.random.default_rng(11)
A, P, N = (RANDOM.normal(size=(6, 5)) for _ in range(3))


def value(**attributes: Any) -> Any:
    inputs = {"anchor": A, "positive": P, "negative": N}
    return evaluate(load("triplet_margin_loss"), inputs, attributes, "float64").value


@pytest.mark.parametrize("degree", [1, 1.5, 2, 3, 10, math.inf])
@pytest.mark.parametrize("swap", [False, True])
def test_distances_are_norms(degree: float, swap: bool) -> None:
    far = np.linalg.norm(A - N + 0.25, ord=degree, axis=1)
    if swap:
        far = np.minimum(far, np.linalg.norm(P - N + 0.25, ord=degree, axis=1))
    expected = np.maximum(np.linalg.norm(A - P + 0.25, ord=degree, axis=1) - far + 0.5, 0)
    got = value(margin=0.5, p=degree, eps=0.25, swap=swap, reduction="none")
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(value(margin=0.5, p=degree, eps=0.25, swap=swap), expected.mean())


def test_less_than_one_is_no_degree_of_a_norm() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        value(p=0.5)


@pytest.mark.parametrize("degree", [1, 2, 3, math.inf])
def test_a_distance_of_zero_has_the_gradient_zero(degree: float) -> None:
    inputs = {"anchor": A, "positive": A, "negative": N}
    attributes = {"margin": 100.0, "p": degree, "eps": 0.0, "reduction": "sum"}
    gradients = evaluate_gradients(load("triplet_margin_loss"), inputs, attributes, "float64", np.array(1.0))
    assert not gradients["positive"].value.any()
    np.testing.assert_array_equal(gradients["anchor"].value, -gradients["negative"].value)


def test_largest_components_share_the_gradient_of_an_infinity_norm() -> None:
    a, n = np.array([3.0, -3.0, 1.0]), np.array([3.0, -3.0, 2.0])
    inputs = {"anchor": a, "positive": np.zeros(3), "negative": n}
    attributes = {"p": math.inf, "eps": 0.0}
    gradients = evaluate_gradients(load("triplet_margin_loss"), inputs, attributes, "float64", np.array(1.0))
    np.testing.assert_array_equal(gradients["positive"].value, [-0.5, 0.5, 0.0])
    np.testing.assert_array_equal(gradients["negative"].value, [0.0, 0.0, -1.0])
