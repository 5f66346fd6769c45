"""Conventions of gradients, refusals, and what their references are made of."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_gradients import (
    FORMULA,
    probabilities,
    references,
    upstreams,
)

from conformance.reference import components, condition, evaluate, evaluate_gradients

INF, NAN = np.inf, np.nan


EDGE = np.array([0.5, -INF, INF, NAN])


@pytest.mark.parametrize(
    ("target", "conventions", "to_input", "to_target"),
    [
        (0.0, {}, [0, 0, 0, 0], [-INF, NAN, -INF, NAN]),
        (-0.0, {"zero_target_gradient": "zero"}, [0, 0, 0, 0], [0, 0, 0, 0]),
        (0.0, {"zero_target_gradient": "nan"}, [0, 0, 0, 0], [NAN, NAN, NAN, NAN]),
        (-0.5, {}, [1, 1, 1, 1], [NAN, NAN, NAN, NAN]),
        (-0.5, {"negative_target": "linear"}, [1, 1, 1, 1], [-1, INF, -INF, NAN]),
        (-0.5, {"negative_target": "zero"}, [0, 0, 0, 0], [0, 0, 0, 0]),
        (1.0, {}, [-2, -2, -2, -2], [1, INF, -INF, NAN]),
        (INF, {}, [-INF, -INF, -INF, -INF], [INF, INF, NAN, NAN]),
        (NAN, {}, [NAN, NAN, NAN, NAN], [NAN, NAN, NAN, NAN]),
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_conventions(
    target: float, conventions: dict[str, str], to_input: list[float], to_target: list[float], dtype: str
) -> None:
    inputs, g = {"input": EDGE, "target": np.full(4, target)}, np.full(4, 2.0)
    by = evaluate_gradients(FORMULA, inputs, {"reduction": "none"}, dtype, g, conventions=conventions)
    assert np.array_equal(by["input"].value, to_input, equal_nan=True)
    assert np.array_equal(by["target"].value, to_target, equal_nan=True)
    assert np.isfinite(by["target"].bound).all()


@pytest.mark.parametrize(
    ("target", "conventions", "to_target"),
    [
        (-INF, {}, [0, 0, 0, NAN]),
        (-INF, {"zero_target_gradient": "zero"}, [0, 0, 0, 0]),
        (-INF, {"zero_target_gradient": "nan"}, [NAN, NAN, NAN, NAN]),
        (0.0, {"negative_target": "zero"}, [1, INF, -INF, NAN]),
        (INF, {}, [INF, INF, NAN, NAN]),
    ],
)
def test_conventions_of_log_targets(
    target: float, conventions: dict[str, str], to_target: list[float]
) -> None:
    inputs, attributes = (
        {"input": EDGE, "target": np.full(4, target)},
        {"reduction": "none", "log_target": True},
    )
    by = evaluate_gradients(FORMULA, inputs, attributes, "float32", np.full(4, 2.0), conventions=conventions)
    assert np.array_equal(by["input"].value, np.full(4, -2 * np.exp(target)))
    assert np.array_equal(by["target"].value, to_target, equal_nan=True)


def test_a_limit_takes_the_sign_of_the_upstream_gradient() -> None:
    inputs = {"input": np.zeros(2), "target": np.zeros(2)}
    by = evaluate_gradients(FORMULA, inputs, {"reduction": "none"}, "float32", np.array([1.0, -1.0]))
    assert by["target"].value.tolist() == [-INF, INF]


@pytest.mark.parametrize("reduction", ["mean", "batchmean", "sum", "none"])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_of_nothing_there_is_no_gradient(reduction: str, shape: tuple[int, ...]) -> None:
    empty = np.zeros(shape)
    g = empty if reduction == "none" else np.array(1.5)
    by = references(empty, empty, g, "float64", reduction=reduction)
    assert by["input"].value.shape == by["target"].value.shape == shape
    broadcast = references(empty, np.ones(shape[-1:]), g, "float64", reduction=reduction)["target"]
    assert broadcast.value.tolist() == [0.0] * shape[-1]


def test_scalar_batch_and_wrong_attributes_are_refused_like_the_value() -> None:
    x = np.array(0.5)
    assert references(x, x, x, "float32", reduction="batchmean")["input"].value == -0.25
    inputs = {"input": x, "target": x}
    refused = {"scalar_batch": "refused"}
    with pytest.raises(ValueError, match="batch dimension"):
        evaluate_gradients(FORMULA, inputs, {"reduction": "batchmean"}, "float32", x, conventions=refused)
    with pytest.raises(ValueError, match="batchmean"):
        references(x, x, x, "float32", reduction="average")
    with pytest.raises(KeyError, match="expanded"):
        evaluate_gradients(FORMULA, inputs, {}, "float32", x, function="printed")
    with pytest.raises(ValueError, match="kl_div"):
        evaluate_gradients(FORMULA, inputs, {}, "float32", x, conventions={"zero": "nan"})


def test_each_function_gets_its_own_conventions() -> None:
    conventions = {name: choices[-1] for name, choices in FORMULA.conventions.items()}
    inputs = {"input": np.array([0.5]), "target": np.array([0.0])}
    value = evaluate(FORMULA, inputs, {"reduction": "none"}, "float32", conventions=conventions)
    by = evaluate_gradients(
        FORMULA, inputs, {"reduction": "none"}, "float32", np.ones(1), conventions=conventions
    )
    assert np.isnan(value.value).all()
    assert np.isnan(by["target"].value).all()
    assert {"zero_target", "zero_target_gradient"} <= FORMULA.conventions.keys()


def test_legacy_arguments_reach_the_gradients() -> None:
    x, y = np.array([0.5, 0.25]), np.array([0.1, 0.9])
    legacy = references(x, y, np.array(1.5), "float32", reduction="none", size_average=False)["input"]
    assert np.allclose(legacy.value, -1.5 * y)
    unreduced = references(x, y, np.array([1.5, -1.0]), "float32", reduce=False)["input"]
    assert np.allclose(unreduced.value, [-0.15, 0.9])


def test_float64_gradients_are_balls_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, rng = probabilities("float64")
    g = upstreams("float64", x.shape, rng)
    small = references(x, y, g, "float64", reduction="none")["target"]
    assert small.tail is not None
    monkeypatch.setattr("conformance.reference.evaluation.ENCLOSED_LIMIT", 100)
    large = references(x, y, g, "float64", reduction="none")["target"]
    assert large.tail is None
    assert (np.abs(large.value - small.value) <= small.bound).all()
    assert (large.value != small.value).any()


def test_components_and_condition_of_a_gradient() -> None:
    x, y, rng = probabilities("float32")
    inputs, g = {"input": x[:, :1], "target": y}, upstreams("float32", x.shape, rng)
    attributes = {"reduction": "none"}
    bound = evaluate_gradients(FORMULA, inputs, attributes, "float32", g)["input"].bound
    parts = components(FORMULA, inputs, attributes, "float32", of="input", upstream=g)
    assert np.allclose(parts.elementwise + parts.accumulation + parts.output, bound)
    assert (parts.accumulation > 0).all()
    assert (condition(FORMULA, inputs, attributes, of="input", upstream=g) >= 2).all()
    with pytest.raises(ValueError, match="upstream"):
        condition(FORMULA, inputs, attributes, of="input")
