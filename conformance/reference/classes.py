"""What losses over classes share: where the classes lie, and what an index picks."""

from __future__ import annotations

from typing import Any

import numpy as np


def class_axis(input: Any) -> int:
    """The axis of the classes: the only one of an input of shape (C), else the second, as (N, C, ...)."""
    return 0 if np.ndim(input) == 1 else 1


def kept(input: Any, target: Any, ignore_index: int | None = None) -> Any:
    """Where the class indices `target` are not ignored (None: everywhere), as an array of bools.

    Raises ValueError where one that is not ignored is no class of `input`, or they are no integers, and
    where their shape is not that of `input` without its classes.
    """
    check_indices(target)
    shape = list(np.shape(input))
    classes = shape.pop(class_axis(input))
    if tuple(shape) != np.shape(target):
        raise ValueError(f"class indices of shape {np.shape(target)} for an input of {np.shape(input)}")
    wanted = np.ones(shape, bool) if ignore_index is None else np.not_equal(target, ignore_index)
    if not np.all(~wanted | ((target >= 0) & (target < classes))):
        raise ValueError(f"a class index that is none of the {classes} classes")
    return wanted


def check_indices(target: Any) -> None:
    """Raise ValueError where class indices are no integers, which nothing can be picked by."""
    kind = np.asarray(target).dtype
    if kind.kind not in "iu":
        raise ValueError(f"class indices of {kind}, not of an integer type")


def pick(input: Any, target: Any, wanted: Any) -> Any:
    """The element of `input` that each class index names, and the first where it is not `wanted`."""
    axis = class_axis(input)
    places = np.expand_dims(np.where(wanted, target, 0), axis)
    return np.squeeze(np.take_along_axis(input, places, axis), axis=axis)


def weight_of(weight: Any, target: Any, wanted: Any) -> Any:
    """The weight of each target's class, 0 where it is not `wanted`; without weights, 1."""
    if weight is None:
        return np.where(wanted, 1, 0)
    return np.where(wanted, np.take(weight, np.where(wanted, target, 0)), 0.0)


def mean_divisor(weights: Any, wanted: Any, convention: str) -> Any:
    """What the mean divides by: the sum of the `weights`, or how many targets are `wanted`, or all."""
    if convention == "weights":
        total = np.sum(weights)
        return int(total) if isinstance(total, np.integer) else total
    return int(np.count_nonzero(wanted)) if convention == "count" else int(np.size(wanted))


def along_classes(weight: Any, input: Any) -> Any:
    """One weight per class, shaped so that it broadcasts along the classes of `input`."""
    return np.reshape(weight, (-1, *(1,) * (np.ndim(input) - 1 - class_axis(input))))


def at_classes(input: Any, target: Any, wanted: Any) -> Any:
    """Where an element of `input` is that of its sample's class, as bools of its shape."""
    axis = class_axis(input)
    classes = along_classes(np.arange(np.shape(input)[axis]), input)
    return (classes == np.expand_dims(target, axis)) & np.expand_dims(wanted, axis)
