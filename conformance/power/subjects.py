"""What is put to the test: mutants, which the cases ought to notice, and kernels with nothing wrong."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from conformance.mutants import (
    UPSTREAM,
    Choices,
    Kernel,
    Mutant,
    catalogue,
    combined,
    gradient_of,
    legitimate,
    lossy,
    simulate,
    usual,
)
from conformance.reference import Formula

Array = np.ndarray[Any, Any]

USUAL = "usual"  # the kernel whose copies with one change the mutants are


class Kind(str, Enum):
    """What the suite ought to make of a subject: a mismatch, a pass, or neither (`degraded` mostly).

    One that loses accuracy in two ways at once may be a mismatch, too: nothing is asked of it.
    """

    MUTANT = "mutant"
    LEGITIMATE = "legitimate"
    LOSSY = "lossy"
    COMBINED = "combined"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A simulated implementation of one formula and its gradients in one dtype.

    `parts` maps None (the value) and the names of inputs (the gradients) to what computes them, for those
    in which it differs from the usual kernel.
    """

    name: str
    kind: Kind
    text: str
    formula: Formula
    dtype: str
    parts: dict[str | None, Mutant | Kernel] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """The family of a mutant: one explanation serves all of it."""
        return next((part.family for part in self.parts.values() if isinstance(part, Mutant)), "")

    def idle(self, operations: frozenset[Any], attributes: Mapping[str, Any], of: str | None = None) -> bool:
        """Whether it is the usual kernel in all but name, where the formula applies just these operations."""
        part = self.parts.get(of)
        return part is None or (isinstance(part, Mutant) and part.idle(operations, attributes))

    def run(self, inputs: Mapping[str, Any], attributes: Mapping[str, Any], of: str | None = None) -> Array:
        """The value, or the gradient of the input `of`, where `upstream` is one of `inputs`.

        Raises what the formula raises.
        """
        formula = self.formula if of is None else gradient_of(self.formula, of)
        part = self.parts.get(of, usual(self.dtype))
        if isinstance(part, Mutant):
            return part.simulated(formula, inputs, attributes, self.dtype)
        return simulate(formula.chosen(part.form), inputs, attributes, self.dtype, part)

    def bound(self, *args: Any, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Inputs and attributes among arguments given as the formula's parameters are. Raises TypeError."""
        given = inspect.signature(self.formula.function).bind(*args, **kwargs).arguments
        arrays = {name: value for name, value in given.items() if isinstance(value, np.ndarray)}
        return arrays, {name: value for name, value in given.items() if name not in arrays}


def subjects(formula: Formula, dtype: str, choices: Choices) -> dict[str, Subject]:
    """Every subject of a formula in a dtype, by name. Mutants that merely lose accuracy are left out."""
    found: dict[str, Subject] = {}
    for of in (None, *differentiable(formula)):
        side = formula if of is None else gradient_of(formula, of)
        for kind, parts in _of_side(side, dtype, choices):
            for part in parts:
                text = part.text if isinstance(part, Mutant) else part.name
                subject = Subject(part.name, kind, text, formula, dtype)
                found.setdefault(part.name, subject).parts[of] = part
    return found


def differentiable(formula: Formula) -> tuple[str, ...]:
    """The inputs with respect to which the formula has a gradient."""
    if formula.vjp is None:
        return ()
    names = list(inspect.signature(formula.vjp).parameters)
    return tuple(names[: names.index(UPSTREAM)])


def _of_side(
    formula: Formula, dtype: str, choices: Choices
) -> Iterator[tuple[Kind, Iterable[Mutant | Kernel]]]:
    yield Kind.MUTANT, [mutant for mutant in catalogue(formula, dtype, choices) if not mutant.lossy]
    yield Kind.LEGITIMATE, (usual(dtype), *legitimate(formula, dtype))
    yield Kind.LOSSY, tuple(lossy(dtype))
    yield Kind.COMBINED, tuple(combined(formula, dtype))
