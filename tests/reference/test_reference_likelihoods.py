"""The references of the Poisson and Gaussian likelihoods against the distributions themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from conformance.reference import evaluate, load

RANDOM = np.random.default_rng(5)


def terms(operator: str, *, full: bool = True, **given: Any) -> Any:
    inputs = {
        name: np.asarray(given.pop(name), dtype=np.float64)
        for name in ("input", "target", "var")
        if name in given
    }
    conventions = given.pop("conventions", None)
    attributes = {"reduction": "none", "full": full, **given}
    return evaluate(load(operator), inputs, attributes, "float64", conventions=conventions).value


def test_the_density_of_a_gaussian() -> None:
    mean, sample = RANDOM.normal(size=(2, 3, 4))
    var = RANDOM.uniform(0.1, 4, size=(3, 4))
    density = np.exp(-((sample - mean) ** 2) / (2 * var)) / np.sqrt(2 * math.pi * var)
    got = terms("gaussian_nll_loss", input=mean, target=sample, var=var)
    np.testing.assert_allclose(np.exp(-got), density, rtol=1e-13)


def test_a_variance_for_each_row_needs_no_last_axis() -> None:
    mean, sample = RANDOM.normal(size=(2, 4, 4))
    var = RANDOM.uniform(0.1, 4, size=4)
    of_rows = terms("gaussian_nll_loss", input=mean, target=sample, var=var)
    np.testing.assert_array_equal(
        of_rows, terms("gaussian_nll_loss", input=mean, target=sample, var=var[:, np.newaxis])
    )


def test_a_variance_is_at_least_eps() -> None:
    small = terms(
        "gaussian_nll_loss", input=[1.0] * 3, target=[0.0] * 3, var=[0, 1e-9, -2], eps=0.25, full=False
    )
    np.testing.assert_array_equal(small, 0.5 * (math.log(0.25) + 4))


def test_a_square_beyond_float64() -> None:
    (loss,) = terms("gaussian_nll_loss", input=[1e200], target=[0.0], var=[1e307])
    assert loss == pytest.approx(5e92)


@pytest.mark.parametrize("count", [2, 3, 10, 100])
def test_a_count_of_a_poisson_distribution(count: int) -> None:
    """Stirling's approximation of log y! is less by 1 / (12 y) and a little more."""
    rate = RANDOM.uniform(0.5, 9)
    exact = rate - count * math.log(rate) + math.lgamma(count + 1)
    got = terms("poisson_nll_loss", input=math.log(rate), target=count)
    assert 0 < exact - got < 1 / (12 * count)
    assert terms("poisson_nll_loss", input=rate, target=count, log_input=False, eps=0.0) == pytest.approx(got)


def test_counts_of_at_most_one_have_no_factorial() -> None:
    got = terms("poisson_nll_loss", input=[0.5, 0.5], target=[0, 1])
    np.testing.assert_allclose(got, [math.exp(0.5), math.exp(0.5) - 0.5], rtol=1e-15)


@pytest.mark.parametrize(("convention", "certain"), [("zero", 0.0), ("nan", math.nan)])
def test_a_rate_of_zero(convention: str, certain: float) -> None:
    choice = {"zero_target": convention}
    got = terms("poisson_nll_loss", input=[-math.inf, -math.inf], target=[0, 1], conventions=choice)
    np.testing.assert_array_equal(got, [certain, math.inf])
