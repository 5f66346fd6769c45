"""The reference of connectionist temporal classification against the sum over all alignments."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from conformance.reference import evaluate, evaluate_gradients, load

RANDOM = np.random.default_rng(5)
LOGITS = RANDOM.normal(size=(5, 3, 3))
LOG_PROBS = LOGITS - np.log(np.sum(np.exp(LOGITS), axis=2, keepdims=True))
CTC = load("ctc_loss")


def inputs(
    targets: Any, input_lengths: Any, target_lengths: Any, log_probs: Any = LOG_PROBS
) -> dict[str, Any]:
    return {
        "log_probs": np.asarray(log_probs),
        "targets": np.array(targets),
        "input_lengths": np.array(input_lengths),
        "target_lengths": np.array(target_lengths),
    }


def value(arrays: dict[str, Any], **attributes: Any) -> Any:
    conventions = attributes.pop("conventions", None)
    return evaluate(CTC, arrays, attributes, "float64", conventions=conventions).value


def gradient(arrays: dict[str, Any], upstream: Any, **attributes: Any) -> Any:
    conventions = attributes.pop("conventions", None)
    found = evaluate_gradients(
        CTC, arrays, attributes, "float64", np.array(upstream), conventions=conventions
    )
    return found["log_probs"].value


def by_alignments(log_probs: Any, target: list[int], blank: int) -> float:
    """Every path that collapses to the target: repeats are one label, and blanks none."""
    times, classes = log_probs.shape
    paths = (
        path
        for path in itertools.product(range(classes), repeat=times)
        if [label for label, _ in itertools.groupby(path) if label != blank] == target
    )
    total = math.fsum(math.exp(sum(log_probs[range(times), path])) for path in paths)
    return -math.log(total) if total else math.inf


@pytest.mark.parametrize("blank", [0, 2])
def test_the_loss_is_that_of_all_alignments(blank: int) -> None:
    targets, times, lengths = [[1, 1, 0], [1, 1 - blank // 2, 1], [1, 0, 0]], [5, 4, 2], [2, 3, 0]
    targets = [[label if label != blank else 1 for label in row] for row in targets]
    expected = [by_alignments(LOG_PROBS[: times[n], n], targets[n][: lengths[n]], blank) for n in range(3)]
    arrays = inputs(targets, times, lengths)
    np.testing.assert_allclose(value(arrays, blank=blank, reduction="none"), expected, rtol=1e-14)


def test_concatenated_padded_and_unbatched_targets_are_the_same() -> None:
    padded = inputs([[1, 2], [2, 0], [1, 1]], [5, 4, 3], [2, 1, 2])
    losses = value(padded, reduction="none")
    in_a_row = inputs([1, 2, 2, 1, 1], [5, 4, 3], [2, 1, 2])
    np.testing.assert_array_equal(value(in_a_row, reduction="none"), losses)
    alone = inputs([2], 4, 1, LOG_PROBS[:, 1])
    assert value(alone, reduction="none") == losses[1]
    assert gradient(alone, 1.0, reduction="none").shape == (5, 3)


def test_means_and_empty_targets() -> None:
    arrays = inputs([[1, 2], [0, 0], [1, 1]], [5, 4, 3], [2, 0, 2])
    losses = value(arrays, reduction="none")
    assert losses[1] == pytest.approx(-LOG_PROBS[:4, 1, 0].sum())
    assert value(arrays) == math.inf
    at_least_one, count = ({"mean_of_lengths": name} for name in ("at_least_one", "count"))
    assert value(arrays, conventions=at_least_one) == pytest.approx(np.mean(losses / [2, 1, 2]))
    assert value(arrays, conventions=count) == pytest.approx(np.mean(losses))


def test_infinite_losses_are_zero_where_that_is_asked_for() -> None:
    arrays = inputs([[1, 1], [1, 2], [1, 1]], [2, 2, 0], [2, 2, 0])
    losses = value(arrays, reduction="none")
    assert losses[0] == math.inf
    assert np.isnan(gradient(arrays, np.ones(3), reduction="none")[:2, 0, :2]).all()
    np.testing.assert_array_equal(
        value(arrays, reduction="none", zero_infinity=True), np.where(np.isinf(losses), 0.0, losses)
    )
    zeroed = gradient(arrays, np.ones(3), reduction="none", zero_infinity=True)
    assert not zeroed[:, 0].any()
    assert not zeroed[2:].any()
    assert zeroed[:2, 1].any()


def test_the_normalisation_is_that_of_a_log_softmax_before() -> None:
    """A log-softmax takes the gradient's sum times the probabilities away: of either, the same is left."""
    arrays = inputs([[1, 2], [2, 0], [1, 1]], [5, 4, 3], [2, 1, 2])
    apart = gradient(arrays, np.ones(3), reduction="none")
    included = gradient(arrays, np.ones(3), reduction="none", conventions={"normalisation": "included"})
    through_softmax = apart - np.exp(LOG_PROBS) * np.sum(apart, axis=2, keepdims=True)
    np.testing.assert_allclose(included, through_softmax, atol=1e-14)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"targets": [[1, 3]]}, "none of the 3 classes"),
        ({"targets": [1]}, "in sequence"),
        ({"targets": [[1]]}, "targets of shape"),
        ({"input_lengths": [6]}, "at 5 times"),
        ({"target_lengths": [-1]}, "target lengths"),
        ({"target_lengths": [1, 1]}, "sequences of 1"),
    ],
)
def test_there_is_no_answer_for_what_does_not_fit(changed: dict[str, Any], message: str) -> None:
    arrays = inputs([[1, 2]], [5], [2], LOG_PROBS[:, :1])
    with pytest.raises(ValueError, match=message):
        value({**arrays, **{name: np.array(given) for name, given in changed.items()}})
