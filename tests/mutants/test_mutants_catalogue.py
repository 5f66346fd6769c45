"""The catalogue: each mutant is the formula with one thing changed, exactly and as a kernel."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.casefile import load as load_cases
from conformance.compare import format_of
from conformance.model import DTYPES
from conformance.mutants import UPSTREAM, Mutant, catalogue, choices_of, gradient_of
from conformance.reference import load

FORMULA = load("kl_div")
CHOICES = {"reduction": ("mean", "none", "sum", "batchmean"), "log_target": (False, True), "reduce": (None,)}
X = np.array([[-0.5, -1.25, -3.0], [-2.0, -0.125, -0.75]])
Y = np.array([[0.5, 0.25, 0.25], [0.0, 0.875, 0.125]])


def named(name: str, dtype: str = "float64") -> Mutant:
    (found,) = (mutant for mutant in catalogue(FORMULA, dtype, CHOICES) if mutant.name == name)
    return found


def exact(name: str, dtype: str = "float64", x: Any = X, y: Any = Y, **attributes: Any) -> Any:
    with np.errstate(all="ignore"):
        return named(name, dtype).exact(FORMULA, {"input": x, "target": y}, attributes, {})


def terms(x: Any = X, y: Any = Y) -> Any:
    with np.errstate(all="ignore"):
        return np.where(y == 0, 0.0, y * (np.log(y) - x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_names_are_unique_and_fit_into_a_dotted_name(dtype: str) -> None:
    names = [mutant.name for mutant in catalogue(FORMULA, dtype, CHOICES)]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "." in name or "/" in name or " " in name]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["none", "sum"])
def test_a_kernel_with_a_defect_returns_about_its_exact_value(dtype: str, reduction: str) -> None:
    kind = format_of(dtype).dtype
    rng = np.random.default_rng(3)
    arrays = {
        "input": np.log(rng.random((5, 7))).astype(kind),
        "target": rng.uniform(0.1, 1, (5, 7)).astype(kind),
    }
    tolerance = 200 * 2.0 ** -format_of(dtype).digits
    compared = 0
    for mutant in catalogue(FORMULA, dtype, CHOICES):
        with np.errstate(all="ignore"):
            value = mutant.exact(FORMULA, arrays, {"reduction": reduction}, {})
        if value is None or not np.isfinite(value).all():
            continue
        actual = mutant.simulated(FORMULA, arrays, {"reduction": reduction}, dtype)
        assert actual.shape == value.shape
        # A mutant that rounds to a narrower dtype may round a tie otherwise.
        coarse = 2.0**-6 if "16" in mutant.name or "float32" in mutant.name else tolerance
        assert np.allclose(actual.astype(np.float64), value, rtol=coarse, atol=coarse), mutant.name
        compared += 1
    assert compared > 50


def test_what_some_mutants_are() -> None:
    assert np.allclose(exact("sign", reduction="none"), -terms())
    assert np.isclose(exact("last-dropped", reduction="sum"), terms().ravel()[:-1].sum())
    assert np.isclose(exact("divisor-1", reduction="mean"), terms().sum() / 5)
    assert np.isclose(exact("divisor+1", reduction="batchmean"), terms().sum() / 3)
    assert np.isclose(exact("divided-twice", reduction="sum"), terms().sum() / 2)
    assert np.isclose(exact("reduction=sum", reduction="mean"), terms().sum())
    assert np.allclose(exact("subtract-first-only", reduction="none")[0], Y[0] * np.log(Y[0]))
    assert np.allclose(exact("times-1+4ulp", reduction="none"), terms() * (1 + 2.0**-50), rtol=1e-16)
    assert np.isnan(exact("zero_target=nan", reduction="none")[1, 0])
    assert np.allclose(exact("log-clamp-16", y=np.full((2, 3), 1e-9), reduction="none"), 1e-9 * (-16 - X))
    assert np.allclose(exact("swapped", x=Y, y=-X, reduction="none"), terms(-X, Y), equal_nan=True)


def test_a_mutant_that_makes_no_sense_for_a_call_has_no_value() -> None:
    assert exact("reduction=none", reduction="avg") is not None
    with np.errstate(all="ignore"):
        assert named("swapped").exact(FORMULA, {"input": X}, {}, {}) is None
        indices = {"input": X, "target": np.ones(X.shape, np.int64)}
        assert named("swapped").exact(load("multilabel_margin_loss"), indices, {}, {}) is None
        assert named("sign").exact(FORMULA, {"input": X, "target": Y}, {"reduction": "avg"}, {}) is None


def test_inputs_of_other_shapes_are_swapped_where_the_gradient_keeps_its_shape() -> None:
    ranking = load("margin_ranking_loss")
    arrays = {"input1": np.ones((4, 1)), "input2": np.zeros((1, 6)), "target": np.ones((4, 6))}
    found = {}
    for of in arrays:
        gradient = gradient_of(ranking, of)
        (swapped,) = (one for one in catalogue(gradient, "float64", {}) if one.name == "swapped")
        given = {**arrays, UPSTREAM: np.ones((4, 6))}
        found[of] = swapped.exact(gradient, given, {"margin": 2.0, "reduction": "none"}, {})
    assert found["input1"] is None
    assert found["input2"] is None
    assert np.array_equal(found["target"], np.ones((4, 6)))


def test_flushing_takes_subnormal_inputs_and_results_for_zero() -> None:
    y = np.array([2.0**-140, 0.5])
    flushed = exact("subnormals-flushed", "float32", x=np.zeros(2), y=y, reduction="none")
    assert flushed[0] == 0 != terms(np.zeros(2), y)[0]
    assert flushed[1] == terms(np.zeros(2), y)[1]


def test_choices_are_the_documented_values_and_the_defaults() -> None:
    operator = load_cases(Path(__file__).parents[2] / "cases" / "kl_div.yaml")
    choices = choices_of(operator)
    assert choices["reduction"][0] == "mean"
    assert set(choices["reduction"]) == {"none", "mean", "sum", "batchmean"}
    assert set(choices["size_average"]) == {None, True, False}


def test_other_formulas_get_a_catalogue_without_a_line_of_their_own() -> None:
    """What the formula does not use is not changed; what it uses is."""

    def smooth(input: Any, target: Any, beta: float = 2.0) -> Any:
        stacked = np.stack([input - target, target])
        return np.mean(np.log1p(np.exp(beta * stacked)))

    other = dataclasses.replace(FORMULA, function=smooth, formulas={}, alternatives={}, conventions={})
    arrays = {"input": X, "target": Y}
    right = smooth(X, Y)
    changed = {}
    for mutant in catalogue(other, "float32", {"beta": (2.0,)}):
        with np.errstate(all="ignore"):
            value = mutant.exact(other, arrays, {"beta": 2.0}, {})
        if value is not None and abs(value - right) > 1e-7:
            changed[mutant.name] = float(value)
    assert {"sign", "divisor-1", "last-dropped", "beta-more", "elementary-bfloat16", "log-fast"} <= set(
        changed
    )
    assert "log-plus-1e-06" not in changed
