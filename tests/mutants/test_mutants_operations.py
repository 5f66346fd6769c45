"""Mutants of the operations that a formula applies, and of no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.mutants import NO_SENSE, catalogue, gradient_of, operations_of, simulate, usual
from conformance.reference import Formula, load

RNG = np.random.default_rng(11)
X = np.array([-30.0, -1.0, 1e-5, 0.3, 25.0, 800.0])


def half(x: Any) -> Any:
    return x.astype(np.float16).astype(np.float64)


def softplus(x: Any) -> Any:
    return np.log1p(np.exp(x))


def root(x: Any) -> Any:
    return np.sqrt(x * x)


def both(x: Any) -> Any:
    return np.logaddexp(x, -x)


def cubed(x: Any) -> Any:
    return np.abs(x) ** 3


def hinge(x: Any, margin: float = 2.0) -> Any:
    return np.maximum(margin - x, 0.0)


def formula(function: Any) -> Formula:
    return Formula(function.__name__, function, {}, {}, {})


@pytest.mark.parametrize(
    ("function", "name", "right"),
    [
        (softplus, "log1p-printed", lambda x: np.log(1 + np.exp(x))),
        (softplus, "log1p-dropped", np.exp),
        (softplus, "exp-clamp20", lambda x: np.log1p(np.exp(np.minimum(x, 20)))),
        (softplus, "exp-cut-20", lambda x: np.where(x < -20, 0, np.log1p(np.exp(x)))),
        (root, "sqrt-plus-1e-06", lambda x: np.sqrt(x * x + 1e-6)),
        (root, "sqrt-floor-1e-06", lambda x: np.sqrt(np.maximum(x * x, 1e-6))),
        (root, "sqrt-fast", lambda x: np.abs(x) * (1 + 2.0**-21)),
        (root, "sqrt-float16", lambda x: half(np.sqrt(half(x * x)))),
        (both, "logaddexp-is-maximum", np.abs),
        (both, "logaddexp-printed", lambda x: np.log(np.exp(x) + np.exp(-x))),
        (both, "logaddexp-first-only", lambda x: x),
        (both, "log-fast", lambda x: np.logaddexp(x, -x) + 2.0**-21),
        (both, "elementary-float16", lambda x: half(np.logaddexp(half(x), half(-x)))),
        (cubed, "power-dropped", np.abs),
        (hinge, "margin=0", lambda x: np.maximum(-x, 0)),
        (hinge, "margin-negated", lambda x: np.maximum(-2 - x, 0)),
    ],
)
def test_an_operation_is_changed_wherever_a_formula_applies_it(function: Any, name: str, right: Any) -> None:
    choices: dict[str, tuple[float, ...]] = {"margin": (2.0,)} if function is hinge else {}
    attributes = {"margin": 2.0} if function is hinge else {}
    (mutant,) = (one for one in catalogue(formula(function), "float64", choices) if one.name == name)
    with np.errstate(all="ignore"):
        value = mutant.exact(formula(function), {"x": X}, attributes, {})
        assert value is not None
        np.testing.assert_allclose(value, right(X), rtol=1e-15)
        assert not np.array_equal(value, function(X))


def test_a_margin_that_may_be_zero_is_left_out_once() -> None:
    names = [one.name for one in catalogue(formula(hinge), "float64", {"margin": (0.0,)})]
    assert names.count("margin=0.0") == 1
    assert "margin=0" not in names


def arrays(operator: str) -> dict[str, Any]:
    numbers = {name: RNG.normal(size=(3, 4)).astype(np.float32) for name in ("first", "second", "third")}
    first, second, third = numbers.values()
    signs = np.where(second[:, 0] > 0, 1, -1).astype(np.float32)
    return {
        "kl_div": {"input": first, "target": np.abs(second)},
        "cosine_embedding_loss": {"input1": first, "input2": second, "target": signs},
        "triplet_margin_loss": {"anchor": first, "positive": second, "negative": third},
        "gaussian_nll_loss": {"input": first, "target": second, "var": np.abs(third)},
        "cross_entropy": {"input": first, "target": np.array([0, 3, 1])},
    }[operator]


@pytest.mark.parametrize("side", ["value", "gradient"])
@pytest.mark.parametrize(
    "operator",
    ["kl_div", "cosine_embedding_loss", "triplet_margin_loss", "gaussian_nll_loss", "cross_entropy"],
)
def test_an_idle_mutant_returns_the_bits_of_the_usual_kernel(operator: str, side: str) -> None:
    whole, inputs = load(operator), arrays(operator)
    part = whole if side == "value" else gradient_of(whole, next(iter(inputs)))
    if side == "gradient":
        inputs["upstream"] = np.float32(1.5)
    attributes = {"reduction": "mean"}
    choices = {"reduction": ("mean", "sum"), "margin": (1.0,)}
    operations = operations_of(part.function, inputs, attributes, "float32")
    right = simulate(part.function, inputs, attributes, "float32", usual("float32"))
    idle, busy = 0, 0
    for mutant in catalogue(part, "float32", choices):
        if not mutant.idle(operations, attributes):
            busy += 1
            continue
        try:
            actual = mutant.simulated(part, inputs, attributes, "float32")
        except NO_SENSE:
            continue
        assert actual.tobytes() == right.tobytes(), mutant.name
        idle += 1
    assert idle > 10
    assert busy > 50


def test_a_mutant_of_an_operation_that_is_applied_is_not_idle() -> None:
    operations = operations_of(softplus, {"x": X}, {}, "float64")
    assert {np.exp, np.log1p} <= operations
    assert np.log not in operations
    by_name = {one.name: one for one in catalogue(formula(softplus), "float64", {"margin": (2.0,)})}
    assert not by_name["log1p-printed"].idle(operations, {})
    assert not by_name["sign"].idle(operations, {})
    assert not by_name["constants-1"].idle(operations, {})
    assert by_name["log-is-log2"].idle(operations, {})
    assert by_name["margin=2.0"].idle(operations, {"margin": 2.0})
    assert not by_name["margin=2.0"].idle(operations, {"margin": 1.0})
    assert not by_name["margin-more"].idle(operations, {"margin": None})  # it makes no sense there
