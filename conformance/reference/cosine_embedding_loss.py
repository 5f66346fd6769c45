"""How far the cosine of two vectors is from 1, or above a margin.

Source: CosineEmbeddingLoss, PyTorch documentation (docstring of torch 2.13.0), and
mindspore.nn.CosineEmbeddingLoss 2.10.0: l = 1 - cos(x1, x2) for a target of 1, max(0, cos(x1, x2) - margin)
for -1, reduced as none, mean or sum. The documents have no constant beside the margin. They do not say what
the cosine of a vector of zeros is, nor the loss of another target; both are conventions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from conformance.reference.broadcasting import unbroadcast
from conformance.reference.classes import class_axis
from conformance.reference.formula import Part
from conformance.reference.hinge import hinge_slope
from conformance.reference.legacy import with_legacy_reduction
from conformance.reference.reduction import reduced, share


def _cosine(first: Any, second: Any, axis: int, of_zeros: float) -> Any:
    (first, _), (second, _) = _scaled(first, axis), _scaled(second, axis)
    norms = _norm(first, axis) * _norm(second, axis)
    return np.where(norms == 0, of_zeros, _dot(first, second, axis) / norms)


def _unscaled(first: Any, second: Any, axis: int, of_zeros: float) -> Any:
    """cos = (x1 . x2) / (|x1| |x2|), whose squares overflow and underflow."""
    return _dot(first, second, axis) / (_norm(first, axis) * _norm(second, axis))


def _by_vectors(
    first: Any, second: Any, axis: int, slope_of: Callable[[Any], Any], of_zeros: float
) -> tuple[Any, Any]:
    """The gradients by both vectors; `slope_of` gives that by their cosine."""
    (first, first_size), (second, second_size) = _scaled(first, axis), _scaled(second, axis)
    first_norm, second_norm = _norm(first, axis), _norm(second, axis)
    first_unit, second_unit = first / first_norm, second / second_norm
    cosine = _dot(first, second, axis) / (first_norm * second_norm)
    slope = slope_of(cosine)
    by_first = slope * (second_unit - cosine * first_unit) / first_norm / first_size
    by_second = slope * (first_unit - cosine * second_unit) / second_norm / second_size
    # The cosine with a vector of zeros is 0, whatever the other.
    by_first = np.where(second_norm == 0, 0.0, np.where(first_norm == 0, of_zeros, by_first))
    by_second = np.where(first_norm == 0, 0.0, np.where(second_norm == 0, of_zeros, by_second))
    return by_first, by_second


def _unscaled_by_vectors(
    first: Any, second: Any, axis: int, slope_of: Callable[[Any], Any], of_zeros: float
) -> tuple[Any, Any]:
    """x2 / (|x1| |x2|) - cos x1 / |x1|^2, whose squares overflow and underflow."""
    squares = _dot(first, first, axis), _dot(second, second, axis)
    norms = np.sqrt(squares[0]) * np.sqrt(squares[1])
    cosine = _dot(first, second, axis) / norms
    slope = slope_of(cosine)
    by_first = slope * (second / norms - cosine / squares[0] * first)
    by_second = slope * (first / norms - cosine / squares[1] * second)
    return by_first, by_second


def _scaled(vectors: Any, axis: int) -> tuple[Any, Any]:
    """Vectors divided by their largest component, so that no square overflows or underflows, and that."""
    size = np.max(np.abs(vectors), axis=axis, keepdims=True)
    size = np.where(size == 0, 1.0, size)
    return vectors / size, size


def _dot(first: Any, second: Any, axis: int) -> Any:
    return np.sum(first * second, axis=axis, keepdims=True)


def _norm(vectors: Any, axis: int) -> Any:
    return np.sqrt(_dot(vectors, vectors, axis))


@with_legacy_reduction
def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    reduction: str = "mean",
    *,
    zero_vector: Literal["zero", "nan"] = "zero",
    other_target: Literal["nan", "zero"] = "nan",
    empty_mean: Literal["nan", "zero"] = "nan",
    cosine: Part = _cosine,
) -> Any:
    """Return the loss of vectors, which broadcast, along the second axis of (N, D, ...) or the only of (D).

    `target` has the shape of the inputs without that axis. Raises ValueError for another shape, and for an
    unknown reduction.
    """
    first, second = _paired(input1, input2)
    axis = class_axis(first)
    of_zeros = 0.0 if zero_vector == "zero" else np.nan
    cosines = np.squeeze(cosine(first, second, axis, of_zeros), axis=axis)
    other = np.nan if other_target == "nan" else 0.0
    loss = _of_target(target, cosines, 1.0 - cosines, np.maximum(cosines - margin, 0.0), other)
    return reduced(loss, reduction, empty_mean)


@with_legacy_reduction
def cosine_embedding_loss_vjp(
    input1: Any,
    input2: Any,
    target: Any,
    upstream: Any = None,
    margin: float = 0.0,
    reduction: str = "mean",
    *,
    hinge_gradient: Literal["zero", "half", "one"] = "zero",
    zero_vector_gradient: Literal["nan", "zero"] = "nan",
    by_vectors: Part = _by_vectors,
) -> tuple[Any, Any, None]:
    """Return the gradients with respect to `input1` and `input2`, each of its shape; none for `target`.

    That of the cosine by the first is (e2 - cos e1) / |x1|, with the unit vectors e1 and e2. `upstream` is
    the gradient with respect to the loss, of its shape. Raises as `cosine_embedding_loss` does.
    """
    first, second = _paired(input1, input2)
    axis = class_axis(first)

    def slope_of(cosines: Any) -> Any:
        cosines = np.squeeze(cosines, axis=axis)
        slope = _of_target(target, cosines, -1.0, hinge_slope(cosines - margin, hinge_gradient), 0.0)
        return np.expand_dims(slope * share(upstream, reduction, np.shape(slope)), axis)

    of_zeros = np.nan if zero_vector_gradient == "nan" else 0.0
    by_first, by_second = by_vectors(first, second, axis, slope_of, of_zeros)
    return unbroadcast(by_first, np.shape(input1)), unbroadcast(by_second, np.shape(input2)), None


def _paired(input1: Any, input2: Any) -> tuple[Any, Any]:
    """Both inputs, broadcast to each other."""
    shape = np.broadcast_shapes(np.shape(input1), np.shape(input2))
    return np.broadcast_to(input1, shape), np.broadcast_to(input2, shape)


def _of_target(target: Any, cosine: Any, alike: Any, apart: Any, other: float) -> Any:
    """What belongs to each target: `alike` to 1, `apart` to -1."""
    if np.shape(target) != np.shape(cosine):
        raise ValueError(f"a target of shape {np.shape(target)} for cosines of shape {np.shape(cosine)}")
    return np.where(target == 1, alike, np.where(target == -1, apart, other))


ALTERNATIVES = {"unscaled": {"cosine": _unscaled}}
VJP_ALTERNATIVES = {"unscaled": {"by_vectors": _unscaled_by_vectors}}
