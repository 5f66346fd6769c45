"""Mutants of optional inputs, integers, attributes, constants and branches, made from the formula alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.mutants import Mutant, catalogue, gradient_of
from conformance.reference import load

NLL = load("nll_loss")
CHOICES = {"reduction": ("mean", "none"), "ignore_index": (-100,)}
INPUTS = {
    "input": np.array([[-1.0, -2.0, -0.5], [-0.25, -4.0, -3.0], [-2.0, -1.5, -0.75]]),
    "target": np.array([0, 2, -100]),
    "weight": np.array([0.5, 2.0, 3.0]),
}


def named(name: str, formula: Any = NLL, choices: Any = CHOICES) -> Mutant:
    (found,) = (mutant for mutant in catalogue(formula, "float64", choices) if mutant.name == name)
    return found


def exact(name: str, **attributes: Any) -> Any:
    chosen = {"reduction": "none", "ignore_index": -100, **attributes}
    return named(name).exact(NLL, INPUTS, chosen, {})


def test_an_optional_input_is_left_out_and_a_required_one_is_not() -> None:
    assert np.allclose(exact("without-weight"), [1, 3, 0])
    assert not [one for one in catalogue(NLL, "float64", CHOICES) if one.name == "without-target"]
    without = {name: array for name, array in INPUTS.items() if name != "weight"}
    assert named("without-weight").exact(NLL, without, {"reduction": "none"}, {}) is None


def test_integers_are_off_by_one_within_their_range_and_what_is_ignored_stays_so() -> None:
    assert np.allclose(exact("target+1"), [4, 9, 0])  # class 0 becomes 1, class 2 stays the last
    assert np.allclose(exact("target-1"), [0.5, 8, 0])
    assert exact("input+1") is None  # those are no integers


def test_an_attribute_is_changed_from_what_the_call_gives() -> None:
    assert named("ignore_index+1").options({"ignore_index": 1}) == {"ignore_index": 2}
    assert np.allclose(exact("ignore_index+1", ignore_index=-101), [0.5, 9, 0])
    smooth = load("smooth_l1_loss")
    more = named("beta-more", smooth, {"beta": (1.0,)})
    assert more.options({"beta": 0.5}) == {"beta": 0.5 * (1 + 2.0**-10)}


def test_indices_and_numbers_are_not_swapped() -> None:
    assert exact("swapped") is None


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("constants-1", [0.25, 0.25, 1.5]),  # d^2 and |d| - 1 in place of d^2 / 2 and |d| - 1 / 2
        ("absolute-dropped", [0.125, 0.125, 2.0]),
        ("where-first-only", [0.125, 0.125, 3.125]),
        ("where-second-only", [0.0, 0.0, 2.0]),
        ("comparisons-opposite", [0.0, 0.0, 3.125]),
        ("comparisons-at-equality", [0.125, 0.125, 2.0]),
    ],
)
def test_constants_branches_and_comparisons(name: str, right: list[float]) -> None:
    smooth = load("smooth_l1_loss")
    inputs = {"input": np.array([0.5, -0.5, 2.5]), "target": np.zeros(3)}
    if name == "absolute-dropped":
        inputs = {"input": np.array([0.5, 0.5, 2.5]), "target": np.zeros(3)}
    attributes = {"reduction": "none", "beta": 1}
    value = named(name, smooth, {}).exact(smooth, inputs, attributes, {})
    assert np.allclose(value, right)


def test_a_gradient_has_them_too() -> None:
    gradient = gradient_of(NLL, "input")
    inputs = {**INPUTS, "upstream": np.array(2.0)}
    attributes = {"reduction": "sum", "ignore_index": -100}
    value = named("without-weight", gradient).exact(gradient, inputs, attributes, {})
    assert np.allclose(value, [[-2, 0, 0], [0, 0, -2], [0, 0, 0]])
    assert not [one for one in catalogue(gradient, "float64", CHOICES) if one.name == "without-upstream"]


@pytest.mark.parametrize(
    "operator", ["cross_entropy", "huber_loss", "kl_div", "l1_loss", "mse_loss", "nll_loss", "smooth_l1_loss"]
)
def test_every_operator_has_mutants_of_its_own(operator: str) -> None:
    formula = load(operator)
    names = {one.name for one in catalogue(formula, "float32", {"reduction": ("mean", "sum")})}
    assert {"sign", "divisor+1", "last-dropped", "constants-more", "where-first-only", "swapped"} <= names
    assert {"target+1", "target-1"} <= names
