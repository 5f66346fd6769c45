"""The gradient of a formula with respect to one input, as a formula of its own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.reference import Formula

UPSTREAM = "upstream"
"""The name of the input that is the gradient with respect to the formula's result."""


@functools.cache
def gradient_of(formula: Formula, of: str) -> Formula:
    """The formula of the inputs and `upstream` whose value is the gradient with respect to the input `of`.

    Raises ValueError where the formula has no gradients, or no such input.
    """
    if formula.vjp is None:
        raise ValueError(f"{formula.name} has no gradients")
    names = list(inspect.signature(formula.vjp).parameters)
    place = names[: names.index(UPSTREAM)].index(of)
    return replace(
        formula,
        function=_part(formula.vjp, place),
        formulas={},
        alternatives={name: _part(form, place) for name, form in formula.vjp_alternatives.items()},
        of=of,
    )


def _part(vjp: Callable[..., Any], place: int) -> Callable[..., Any]:
    """The function that returns one of the gradients."""

    @functools.wraps(vjp)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return vjp(*args, **kwargs)[place]

    return gradient
