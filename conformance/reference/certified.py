"""Results and bounds of float64 set right by rigorous enclosures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from conformance.reference.ball import UndecidedError
from conformance.reference.computation import Computation, Doubles
from conformance.reference.enclosure import Enclosure, identical

Certified: TypeAlias = "tuple[Doubles, Doubles | None, Doubles, str | None]"


def certified_results(
    computation: Computation, results: Mapping[str, tuple[Doubles, Doubles]]
) -> dict[str, Certified]:
    """The midpoint of each result's enclosure, in two doubles, its bound, and None.

    Where balls could not decide, these are the `results` (value and bound) as they are, and why.
    """
    try:
        rigorous = computation.enclosed()
    except UndecidedError as reason:
        return {name: (value, None, bound, str(reason)) for name, (value, bound) in results.items()}
    return {name: _certified(*results[name], rigorous[name]) for name in results}


def _certified(value: Doubles, bound: Doubles, rigorous: Enclosure) -> Certified:
    with np.errstate(all="ignore"):
        same_kind = (np.isfinite(value) & np.isfinite(rigorous.head)) | identical(value, rigorous.head)
        bound = np.where(same_kind, bound + rigorous.radius, np.inf)
    return rigorous.head, rigorous.tail, bound, None
