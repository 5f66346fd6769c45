"""What the losses of two classes share: the cross entropy of a logit, of which nothing cancels."""

from __future__ import annotations

from typing import Any

import numpy as np


def softplus(x: Any) -> Any:
    """log(1 + exp x), of which nothing overflows, and exp x is not lost beside 1 where it is small."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), of which nothing overflows."""
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + decay), decay / (1 + decay))


def two_class_loss(input: Any, target: Any, pos_weight: Any = None) -> Any:
    """p y softplus(-x) + (1 - y) softplus(x), to which a class of probability zero adds nothing."""
    positive = np.where(target == 0, 0.0, target * softplus(-input))
    negative = np.where(target == 1, 0.0, (1 - target) * softplus(input))
    return (positive if pos_weight is None else pos_weight * positive) + negative


def zero_times_infinity(loss: Any, input: Any, target: Any) -> Any:
    """The loss, but NaN where a class of probability zero has an infinite one."""
    undefined = ((target == 0) & (input == -np.inf)) | ((target == 1) & (input == np.inf))
    return np.where(undefined, np.nan, loss)


def two_class_slope(input: Any, target: Any, pos_weight: Any = None) -> Any:
    """(1 - y) s(x) - p y s(-x), the derivative of `two_class_loss` by x."""
    positive = target * sigmoid(-input)
    return (1 - target) * sigmoid(input) - (positive if pos_weight is None else pos_weight * positive)
