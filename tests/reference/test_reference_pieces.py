"""Large arrays are worked through in pieces, and nothing of it shows in the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from conformance.reference import computation, load, pieces
from conformance.reference.arithmetic import Arithmetic
from conformance.reference.computation import Computation

KL_DIV = load("kl_div")


def bounded(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], Computation], dtype: str, *, piece: int | None
) -> dict[str, tuple[Any, Any]]:
    with monkeypatch.context() as patch:
        for module in (computation, pieces):
            patch.setattr(module, "PIECE", piece or 1 << 30)
        return make().bounded(Arithmetic.of(dtype), 2.0**-60)


def assert_same(monkeypatch: pytest.MonkeyPatch, make: Callable[[], Computation], dtype: str) -> None:
    whole = bounded(monkeypatch, make, dtype, piece=None)
    in_pieces = bounded(monkeypatch, make, dtype, piece=16)
    for name, arrays in whole.items():
        for a, b in zip(arrays, in_pieces[name], strict=True):
            assert a.shape == b.shape
            assert np.array_equal(a, b, equal_nan=True)


def inputs(shape: tuple[int, ...]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    target, given = rng.random(shape), np.log(rng.random(shape))
    target.flat[:6] = (0.0, -1.0, np.inf, 1e-320, 0.0, 1.0)
    given.flat[4:7] = (-np.inf, np.nan, np.inf)
    return {"input": given, "target": target}


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("reduction", ["none", "sum", "batchmean"])
@pytest.mark.parametrize("negative_target", ["nan", "linear"])
def test_value_and_gradients_are_those_of_whole_arrays(
    monkeypatch: pytest.MonkeyPatch, dtype: str, log_target: bool, reduction: str, negative_target: str
) -> None:
    attributes = {"reduction": reduction, "log_target": log_target}
    conventions = {"negative_target": negative_target}
    given = inputs((25, 7))
    upstream = np.linspace(0.5, 2, 175).reshape(25, 7) if reduction == "none" else np.array(1.5)
    assert_same(
        monkeypatch, lambda: Computation.of_value(KL_DIV, given, attributes, conventions, None), dtype
    )
    assert_same(
        monkeypatch,
        lambda: Computation.of_gradients(KL_DIV, given, attributes, upstream, conventions, None),
        dtype,
    )


def test_inputs_that_broadcast_run_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    given = inputs((25, 7))
    given["input"] = given["input"][:1]
    for reduction, upstream in (("none", np.ones((25, 7))), ("sum", np.array(1.5))):
        attributes = {"reduction": reduction}

        def value(attributes: dict[str, Any] = attributes) -> Computation:
            return Computation.of_value(KL_DIV, given, attributes, None, None)

        def gradients(attributes: dict[str, Any] = attributes, upstream: Any = upstream) -> Computation:
            return Computation.of_gradients(KL_DIV, given, attributes, upstream, None, None)

        assert_same(monkeypatch, value, "float32")
        assert_same(monkeypatch, gradients, "float32")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x - np.max(x, axis=-1, keepdims=True),
        lambda x: np.sum(x, axis=0) * 2,
        lambda x: x * np.mean(x),
        lambda x: np.where(x > 0.5, x, np.log(x)) / np.sum(x),
        lambda x: np.sum(np.exp(x)) - np.reshape(x, -1)[0],
        lambda x: np.sum(np.exp(x)) + np.size(x) * np.ndim(x),
    ],
)
def test_any_formula_gives_the_same(monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any]) -> None:
    x = np.random.default_rng(1).random((9, 8))
    assert_same(monkeypatch, lambda: Computation(function, {"x": x}, {}, ("value",)), "float32")
