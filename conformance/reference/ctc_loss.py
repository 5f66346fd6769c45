"""Connectionist temporal classification: minus the log-probability of all alignments of a target.

Source: CTCLoss, PyTorch documentation (docstring of torch 2.13.0), and Graves et al., Connectionist Temporal
Classification (2006), section 4: with the target's labels between blanks, l', and the log-probabilities y,
a_t(s) = log(e^a_{t-1}(s) + e^a_{t-1}(s-1) + e^a_{t-1}(s-2)) + y_t(l'_s), the last one unless l'_s is blank or
l'_{s-2}; the loss is -log(e^a(2S) + e^a(2S-1)) at the end. The mean is that of the losses, each divided by
the length of its target; `zero_infinity` makes infinite losses, and their gradients, zero.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from conformance.reference.alignment import Lattice
from conformance.reference.reduction import reduced, share


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
    *,
    mean_of_lengths: Literal["lengths", "at_least_one", "count"] = "lengths",
    empty_mean: Literal["nan", "zero"] = "nan",
) -> Any:
    """Return the loss of `log_probs`, of shape (T, N, C) or (T, C), as an array of shape (N) or a number.

    `targets` are integers of shape (N, S), or those of one sequence after the other; the lengths are of
    shape (N), or () for one. Raises ValueError for an unknown reduction, a target that is no class, and
    lengths and shapes that do not fit.
    """
    lattice = Lattice.of(log_probs, targets, input_lengths, target_lengths, blank)
    loss = -lattice.total(lattice.forward()[-1])
    if zero_infinity:
        loss = np.where(np.isinf(loss), 0.0, loss)
    if reduction == "mean":
        loss = loss / lattice.divisors(mean_of_lengths)
    return reduced(np.reshape(loss, np.shape(log_probs)[1:-1]), reduction, empty_mean)


def ctc_loss_vjp(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    upstream: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
    *,
    mean_of_lengths: Literal["lengths", "at_least_one", "count"] = "lengths",
    normalisation: Literal["apart", "included"] = "apart",
) -> tuple[Any, None, None, None]:
    """Return the gradient with respect to `log_probs`, of its shape (none with respect to the others).

    It is minus the probability of each class at each time, given the target (section 4.1), and, where the
    `normalisation` is included, the class's own probability more. `upstream` is the gradient with respect to
    the loss, of its shape. Raises as `ctc_loss` does.
    """
    lattice = Lattice.of(log_probs, targets, input_lengths, target_lengths, blank)
    forward, backward = lattice.forward(), lattice.backward()
    total = lattice.total(forward[-1])
    slopes = []
    of_class = np.expand_dims(lattice.labels, -1) == np.arange(np.shape(log_probs)[-1])
    for time, (before, after) in enumerate(zip(forward[1:], backward[1:], strict=True)):
        at_state = np.exp(before + after - np.expand_dims(total, -1))
        slope = -np.sum(np.where(of_class, np.expand_dims(at_state, -1), 0.0), axis=1)
        if normalisation == "included":
            slope = slope + np.exp(lattice.log_probs[:, time])
        slopes.append(np.where(lattice.runs(time), slope, 0.0))
    each = share(upstream, reduction, np.shape(total))
    if reduction == "mean":
        each = each / lattice.divisors(mean_of_lengths)
    gradient = np.expand_dims(each, (0, -1)) * np.stack(slopes)
    if zero_infinity:
        gradient = np.where(np.expand_dims(np.isinf(total), (0, -1)), 0.0, gradient)
    return np.reshape(gradient, np.shape(log_probs)), None, None, None
