"""Formulas with one operation changed."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from conformance import reference
from conformance.mutants import Alteration, Altered

PLAIN = Alteration()
X = np.array([[-0.5, -1.25, -3.0], [-2.0, -0.125, -0.75]])
Y = np.array([[0.5, 0.25, 0.25], [0.0, 0.875, 0.125]])


def kl_div(alteration: Alteration, **attributes: Any) -> Any:
    return reference.load("kl_div").function(Altered(X, alteration), Altered(Y, alteration), **attributes)


@pytest.mark.parametrize("reduction", ["none", "mean", "batchmean", "sum"])
@pytest.mark.parametrize("log_target", [False, True])
def test_with_nothing_changed_a_formula_gives_the_same_bits(reduction: str, log_target: bool) -> None:
    attributes = {"reduction": reduction, "log_target": log_target}
    with np.errstate(all="ignore"):
        expected = np.asarray(reference.load("kl_div").function(X, Y, **attributes))
        actual = kl_div(PLAIN, **attributes)
    assert isinstance(actual, Altered)
    assert (actual.shape, actual.value.tobytes()) == (expected.shape, expected.tobytes())


def test_only_the_chosen_operation_changes() -> None:
    def in_float32(operation: Any, y: Any) -> Any:
        return operation(y.astype(np.float32)).astype(np.float64)

    x = np.array([0.1, 0.2])
    altered = Altered(x, Alteration({np.log: in_float32}))
    assert np.log(altered).value.tolist() == in_float32(np.log, x).tolist() != np.log(x).tolist()
    assert np.exp(altered).value.tolist() == np.exp(x).tolist()
    assert (altered * altered - 1).value.tolist() == (x * x - 1).tolist()


def test_operators_are_the_operations_they_stand_for() -> None:
    altered = Altered(np.array([7.0]), Alteration({np.divide: lambda operation, one, other: one // other}))
    assert (altered / 2.0).value.tolist() == [3.0]
    assert (15.0 / altered).value.tolist() == [2.0]
    assert (altered + 0.5).value.tolist() == [7.5]
    assert np.divide(altered, 2.0).value.tolist() == [3.0]


def test_sums_can_be_changed_and_keep_their_options() -> None:
    seen = []

    def last(operation: Any, values: Any, **options: Any) -> Any:
        seen.append(options)
        return values[-1]

    altered = Altered(np.arange(6.0).reshape(2, 3), Alteration({np.sum: last}))
    assert np.sum(altered, axis=0).value.tolist() == [3.0, 4.0, 5.0]
    assert seen == [{"axis": 0}]


def test_a_whole_formula_with_its_logarithm_changed() -> None:
    clamped = Alteration({np.log: lambda log, y: np.maximum(log(y), -1.0)})
    with np.errstate(all="ignore"):
        actual = kl_div(clamped, reduction="none").value
        unchanged = kl_div(PLAIN, reduction="none").value
        expected = np.where(Y == 0, 0.0, Y * (np.maximum(np.log(Y), -1.0) - X))
    assert actual.tolist() == expected.tolist() != unchanged.tolist()


def test_what_comes_after_applies_to_every_result_but_those_of_selections_and_moves() -> None:
    calls = []

    def after(values: Any) -> Any:
        calls.append(np.asarray(values).tolist())
        return np.round(values, 1)

    altered = Altered(np.array([1.26]), Alteration(after=after))
    assert (altered + 1.0).value.tolist() == [2.3]
    assert np.where(np.array([True]), altered, 0.0).value.tolist() == [1.26]
    assert np.reshape(altered, (1, 1)).value.tolist() == [[1.26]]
    assert np.stack([altered, altered]).value.tolist() == [[1.26], [1.26]]
    assert calls == [[2.26]]


def test_a_formula_computed_in_float32_throughout() -> None:
    alteration = Alteration(after=lambda values: np.asarray(values, np.float32).astype(np.float64))
    x, y = Altered(np.float64(np.float32(0.1)), alteration), Altered(np.float64(np.float32(0.3)), alteration)
    assert float((x * y + x).value) == float(np.float32(0.1) * np.float32(0.3) + np.float32(0.1))


def test_comparisons_give_plain_arrays() -> None:
    altered = Altered(np.array([1.0, np.nan]), PLAIN)
    for result, expected in ((altered == altered, [True, False]), (altered < 2, [True, False])):
        assert type(result) is np.ndarray
        assert result.tolist() == expected


def test_shapes_are_plain_numbers() -> None:
    altered = Altered(X, PLAIN)
    assert (altered.shape, altered.ndim, altered.size) == ((2, 3), 2, 6)
    assert (np.shape(altered), np.ndim(altered), np.size(altered)) == ((2, 3), 2, 6)
    assert np.sum(altered).shape == ()


def test_the_array_itself_is_left_alone() -> None:
    x = np.array([1.0, 2.0])
    altered = Altered(x, Alteration(after=lambda values: values * 0))
    assert (altered + altered).value.tolist() == [0.0, 0.0]
    assert x.tolist() == [1.0, 2.0]


def test_what_cannot_be_altered_is_refused_and_not_passed_by() -> None:
    altered = Altered(X, PLAIN)
    with pytest.raises(TypeError):
        np.add.reduce(altered)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        np.add(altered, 1.0, out=np.empty((2, 3)))


def test_functions_of_lists_see_the_arrays_in_them() -> None:
    altered = Altered(np.array([1.0, 2.0]), Alteration({np.log: lambda log, y: -log(y)}))
    stacked = np.stack([altered, np.log(altered), np.array([5.0, 6.0])], axis=1)
    assert stacked.value.tolist() == [[1.0, -0.0, 5.0], [2.0, -np.log(2.0), 6.0]]
    assert np.concatenate((altered, altered)).value.tolist() == [1.0, 2.0, 1.0, 2.0]


def test_functions_of_lists_can_be_changed_as_well() -> None:
    altered = Altered(np.array([1.0]), Alteration({np.stack: lambda stack, parts: stack(parts[:1])}))
    assert np.stack([altered, altered]).value.tolist() == [[1.0]]


def test_a_mean_is_a_sum_and_a_quotient() -> None:
    changed = Alteration({np.sum: lambda add_up, values, **options: add_up(values, **options) + 6.0})
    assert float(np.mean(Altered(np.array([1.0, 2.0, 3.0]), changed)).value) == 4.0
    rows = np.mean(Altered(X, PLAIN), axis=1, keepdims=True)
    assert rows.value.tolist() == np.mean(X, axis=1, keepdims=True).tolist()


def test_alterations_lie_one_above_the_other() -> None:
    beneath = Alteration({np.exp: lambda exp, x: exp(x) + 1.0})
    above = Alteration({np.exp: lambda exp, x: 10.0 * exp(x)})
    assert np.exp(Altered(np.array([0.0]), beneath, above)).value.tolist() == [20.0]
    assert np.exp(Altered(np.array([0.0]), above, beneath)).value.tolist() == [11.0]


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32])
def test_plain_operands_take_the_dtype_of_the_altered_ones(dtype: Any) -> None:
    altered = Altered(np.array([1.0, 3.0], dtype), PLAIN)
    third = 1 / altered
    assert third.value.dtype == np.dtype(dtype)
    assert (altered * np.array([2.0, 2.0])).value.dtype == np.dtype(dtype)
    assert np.where(altered == 1.0, 0.5, altered).value.dtype == np.dtype(dtype)
    assert np.isnan(altered).tolist() == [False, False]


def test_integers_stay_plain() -> None:
    places = np.array([1, 0])
    assert Altered(np.array([5.0, 7.0]), PLAIN)[places].value.tolist() == [7.0, 5.0]
    assert type(np.argmax(Altered(np.array([5.0, 7.0]), PLAIN))) is np.int64
