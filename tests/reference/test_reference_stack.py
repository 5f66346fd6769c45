"""Many references at once: each is exactly what it is by itself, or is left to that."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.casefile import load
from conformance.plan import CallCache, InvalidInput, Target, expand
from conformance.reference import evaluate, evaluate_together, known
from conformance.reference import load as formula_of
from conformance.reference.stack import NotStackableError, Stack
from conformance.run.references import NO_ANSWER, SMALL, inputs_of

CASES = Path(__file__).parents[2] / "cases"
TOGETHER = ("kl_div", "mse_loss", "binary_cross_entropy", "gaussian_nll_loss", "triplet_margin_loss")
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -2.5, 1e-7, 3e38, 1e-40, math.inf, -math.inf, math.nan])


def assert_same(alone, found):
    """All bits of value and bound."""
    assert (found.tail, found.dtype) == (None, alone.dtype)
    for name in ("value", "bound"):
        one, other = getattr(alone, name), getattr(found, name)
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(),
    reduction=st.sampled_from(["none", "sum", "mean", "batchmean"]),
    log_target=st.booleans(),
    shapes=st.sampled_from([((), ()), ((3,), (3,)), ((2, 3), (3,)), ((1, 2), (2, 1)), ((0, 2), (0, 2))]),
    dtype=st.sampled_from(["float16", "bfloat16", "float32", "float64"]),
)
def test_each_is_what_it_is_alone(data, reduction, log_target, shapes, dtype):
    def drawn(shape):
        size = math.prod(shape)
        return np.array(data.draw(st.lists(NUMBERS, min_size=size, max_size=size))).reshape(shape)

    inputs = [{"input": drawn(shapes[0]), "target": drawn(shapes[1])} for _ in range(3)]
    attributes = {"reduction": reduction, "log_target": log_target}
    together = evaluate_together(formula_of("kl_div"), inputs, attributes, dtype, 2.0)
    assert len(together) == 3
    for each, found in zip(inputs, together, strict=True):
        alone = evaluate(formula_of("kl_div"), each, attributes, dtype, log_ulps=2.0)
        if found is not None:
            assert_same(alone, found)
        elif dtype != "float64":
            assert alone.tail is not None or not np.isfinite(alone.value).all() or not alone.value.size


def small_calls(operator):
    """Inputs, attributes and dtype of one golden call of each kind, and other inputs of the same numbers."""
    targets = [Target(framework, framework) for framework in ("torch", "mindspore", "oneflow")]
    plan = expand([load(CASES / f"{operator}.yaml", known())], targets)
    cache, order, seen = CallCache(), np.random.default_rng(7), set()
    for spec in dict.fromkeys(check.spec for check in plan.checks):
        try:
            call = cache.get(spec)
            inputs = inputs_of(call)
        except (InvalidInput, TypeError):
            continue
        kind = (spec.dtype, repr(spec.attributes), *(array.shape for array in inputs.values()))
        if call.nbytes > SMALL or kind in seen:
            continue
        seen.add(kind)
        other = {
            name: array.ravel()[order.permutation(array.size)].reshape(array.shape)
            if array.dtype.kind not in "iub"
            else array
            for name, array in inputs.items()
        }
        yield [inputs, other, inputs], spec.attributes, spec.dtype


@pytest.mark.parametrize("operator", known())
def test_golden_calls_are_what_they_are_alone(operator):
    formula, together = formula_of(operator), 0
    for inputs, attributes, dtype in small_calls(operator):
        for each, found in zip(inputs, evaluate_together(formula, inputs, attributes, dtype), strict=True):
            if found is not None:
                assert_same(evaluate(formula, each, attributes, dtype), found)
                together += 1
    assert operator not in TOGETHER or together > 60  # class indices, for one, go one by one


def test_what_has_no_answer_is_left():
    inputs = [{"input": np.zeros(3), "target": np.zeros(3)}] * 2
    assert evaluate_together(formula_of("kl_div"), inputs, {"reduction": "most"}, "float32") == [None, None]
    with pytest.raises(NO_ANSWER):
        evaluate(formula_of("kl_div"), inputs[0], {"reduction": "most"}, "float32")


class TestAStack:
    """Against the same done to each of its arrays."""

    arrays = np.random.default_rng(3).normal(size=(4, 2, 3, 5))

    @pytest.mark.parametrize(
        "function",
        [
            lambda a: np.sum(a),
            lambda a: np.sum(a, axis=(0, 2)),
            lambda a: np.sum(a, axis=-1, keepdims=True),
            lambda a: np.max(a, axis=1),
            lambda a: np.max(a, keepdims=True),
            lambda a: np.reshape(a, (6, -1)),
            lambda a: a.reshape(3, 10),
            lambda a: np.expand_dims(a, -1) * np.sum(np.expand_dims(a, (0, 2))),
            lambda a: np.expand_dims(a, (0, -1)),
            lambda a: np.squeeze(np.sum(a, axis=1, keepdims=True), 1),
            lambda a: np.squeeze(np.sum(a, axis=(0, 2), keepdims=True), (0, -1)),
            lambda a: np.where(a > 0, a, np.max(a, axis=-1, keepdims=True)),
            lambda a: np.broadcast_to(np.max(a, axis=0), np.shape(a)) * np.ndim(a) / np.size(a),
            lambda a: np.arange(2.0).reshape(2, 1, 1) - a,
        ],
    )
    def test_everything_is_done_to_each(self, function):
        found = function(Stack(self.arrays))
        for each, part in zip(self.arrays, found.parts, strict=True):
            assert np.array_equal(part, function(each))

    @pytest.mark.parametrize(
        "function",
        [
            bool,
            len,
            list,
            lambda a: a[0],
            lambda a: np.sum(a, axis=3),
            lambda a: np.expand_dims(a, 4),
            lambda a: np.broadcast_to(a, (3, 5)),
            lambda a: np.concatenate([a, a]),
            lambda a: np.add(a, a, out=np.zeros((2, 3, 5))),
        ],
    )
    def test_what_cannot_be_done_to_each_or_to_many_is_refused(self, function):
        with pytest.raises((NotStackableError, TypeError, ValueError)):
            function(Stack(self.arrays))
