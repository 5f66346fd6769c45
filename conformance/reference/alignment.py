"""All alignments of target sequences to longer inputs, as connectionist temporal classification has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The states of each sequence at each time: `labels`, of shape (N, 2 S + 1), are blank at even places."""

    log_probs: Any  # (N, T, C)
    emissions: Any  # (N, T, 2 S + 1), the log-probability of each state's label
    labels: Any
    skips: Any  # whether a state can be reached from two before it
    input_lengths: Any
    target_lengths: Any

    @property
    def times(self) -> int:
        """The number of times."""
        return int(np.shape(self.emissions)[1])

    @staticmethod
    def of(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int) -> Lattice:
        """Lay the sequences side by side; raise ValueError where something does not fit."""
        log_probs = np.swapaxes(log_probs, 0, 1) if np.ndim(log_probs) == 3 else np.expand_dims(log_probs, 0)
        batch, times, classes = np.shape(log_probs)
        input_lengths, target_lengths = np.reshape(input_lengths, -1), np.reshape(target_lengths, -1)
        if input_lengths.shape != (batch,) or target_lengths.shape != (batch,):
            raise ValueError(
                f"lengths of {input_lengths.size} and {target_lengths.size} sequences of {batch}"
            )
        if np.any(input_lengths < 0) or np.any(input_lengths > times):
            raise ValueError(f"input lengths {input_lengths.tolist()} at {times} times")
        rows = _rows(targets, target_lengths, blank)
        if not 0 <= blank < classes or np.any(rows < 0) or np.any(rows >= classes):
            raise ValueError(f"a label or blank that is none of the {classes} classes")
        labels = np.full((batch, 2 * rows.shape[1] + 1), blank)
        labels[:, 1::2] = rows
        skips = np.zeros(labels.shape, dtype=bool)
        skips[:, 2:] = (labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])
        emissions = np.take_along_axis(log_probs, labels[:, np.newaxis], axis=2)
        return Lattice(log_probs, emissions, labels, skips, input_lengths, target_lengths)

    def forward(self) -> list[Any]:
        """Log-probabilities of all beginnings that end in a state, before the first time and after each."""
        batch, places = self.labels.shape
        states = [np.tile(np.where(np.arange(places) == 0, 0.0, -np.inf), (batch, 1))]
        for time in range(self.times):
            last = states[-1]
            reached = np.logaddexp(last, _shifted(last, 1))
            reached = np.logaddexp(reached, np.where(self.skips, _shifted(last, 2), -np.inf))
            states.append(np.where(self.runs(time), reached + self.emissions[:, time], last))
        return states

    def backward(self) -> list[Any]:
        """Log-probabilities of all ends that follow each state, before the first time and after each."""
        places, ends = np.arange(self.labels.shape[1]), 2 * self.target_lengths[:, np.newaxis]
        states = [np.where((places == ends) | (places == ends - 1), 0.0, -np.inf)]
        for time in reversed(range(self.times)):
            following = states[-1] + self.emissions[:, time]
            reached = np.logaddexp(following, _shifted(following, -1))
            skipped = _shifted(np.where(self.skips, following, -np.inf), -2)
            states.append(np.where(self.runs(time), np.logaddexp(reached, skipped), states[-1]))
        return states[::-1]

    def total(self, states: Any) -> Any:
        """The log-probability of each target: to end in its last label or in the blank after it."""
        ends = 2 * self.target_lengths[:, np.newaxis]
        blank, label = (
            np.squeeze(np.take_along_axis(states, place, 1), 1) for place in (ends, np.maximum(ends - 1, 0))
        )
        return np.logaddexp(blank, np.where(self.target_lengths > 0, label, -np.inf))

    def runs(self, time: int) -> Any:
        """Whether each sequence has this time, as (N, 1)."""
        return time < self.input_lengths[:, np.newaxis]

    def divisors(self, convention: str) -> Any:
        """What the mean divides each loss by, besides their number."""
        if convention == "count":
            return np.ones(self.target_lengths.shape)
        return np.maximum(self.target_lengths, 1 if convention == "at_least_one" else 0).astype(np.float64)


def _rows(targets: Any, lengths: Any, blank: int) -> Any:
    """The targets of each sequence, padded with blanks to the longest."""
    targets = np.asarray(targets)
    if np.any(lengths < 0):
        raise ValueError(f"target lengths {lengths.tolist()}")
    longest = int(np.max(lengths, initial=0))
    wanted = np.arange(longest) < lengths[:, np.newaxis]
    rows = np.full(wanted.shape, blank)
    if targets.ndim == 2:
        if len(targets) != len(lengths) or targets.shape[1] < longest:
            raise ValueError(f"targets of shape {targets.shape} for target lengths {lengths.tolist()}")
        rows[wanted] = targets[:, :longest][wanted]
    elif targets.size != lengths.sum():
        raise ValueError(f"{targets.size} targets in sequence for target lengths {lengths.tolist()}")
    else:
        rows[wanted] = targets
    return rows


def _shifted(states: Any, places: int) -> Any:
    """Each sequence's states moved along by `places`; what comes in is of probability zero."""
    nothing = np.full((np.shape(states)[0], min(abs(places), np.shape(states)[1])), -np.inf)
    if places > 0:
        return np.concatenate([nothing, states[:, :-places]], axis=1)
    return np.concatenate([states[:, -places:], nothing], axis=1)
