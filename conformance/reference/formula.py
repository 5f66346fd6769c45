"""Which operators have a reference, and what each reference file offers."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any


class UnknownOperatorError(LookupError):
    """No reference file has that operator's name."""


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """What `reference/<name>.py` offers.

    `function` is the reference. `formulas` are what documents print, evaluated as written, and
    `alternatives` are algebraically equal forms that cancel; both map a name to a function of the same
    inputs and attributes. `conventions` maps each keyword-only parameter of the reference to its
    choices, the reference's own first.
    """

    name: str
    function: Callable[..., Any]
    formulas: Mapping[str, Callable[..., Any]]
    alternatives: Mapping[str, Callable[..., Any]]
    conventions: Mapping[str, tuple[str, ...]]

    def chosen(self, function: str | None) -> Callable[..., Any]:
        """Return the reference (None), or the formula or alternative of that name; else KeyError."""
        if function is None:
            return self.function
        others = {**self.formulas, **self.alternatives}
        if function not in others:
            raise KeyError(f"{self.name} has no formula {function!r}; it has {', '.join(others) or 'none'}")
        return others[function]

    def checked(self, conventions: Mapping[str, str] | None) -> dict[str, str]:
        """Return the conventions; raise ValueError for an unknown name or choice."""
        for name, choice in (conventions or {}).items():
            if name not in self.conventions:
                known = ", ".join(self.conventions) or "none"
                raise ValueError(f"{self.name} has no convention {name!r}; it has {known}")
            if choice not in self.conventions[name]:
                known = ", ".join(self.conventions[name])
                raise ValueError(f"{self.name}, convention {name}: {choice!r} is not one of {known}")
        return dict(conventions or {})


@cache
def known() -> tuple[str, ...]:
    """Return the names of all operators with a reference, sorted, without importing any.

    A file of this folder is one when it defines a function of its own name.
    """
    files = Path(__file__).parent.glob("*.py")
    return tuple(
        sorted(
            path.stem
            for path in files
            if re.search(rf"^def {path.stem}\(", path.read_text(encoding="utf-8"), re.MULTILINE)
        )
    )


@cache
def load(operator: str) -> Formula:
    """Return the reference of an operator; raise UnknownOperatorError with the nearest names."""
    if operator not in known():
        nearest = difflib.get_close_matches(operator, known()) or known()
        raise UnknownOperatorError(f"no reference for operator {operator!r}; nearest: {', '.join(nearest)}")
    module = importlib.import_module(f"{__package__}.{operator}")
    function = getattr(module, operator)
    return Formula(
        name=operator,
        function=function,
        formulas=MappingProxyType(dict(getattr(module, "FORMULAS", {}))),
        alternatives=MappingProxyType(dict(getattr(module, "ALTERNATIVES", {}))),
        conventions=MappingProxyType(_conventions(function)),
    )


def _conventions(function: Callable[..., Any]) -> dict[str, tuple[str, ...]]:
    """The keyword-only parameters, whose annotation is a Literal of the choices, default first."""
    hints = typing.get_type_hints(function)
    found = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            choices = typing.get_args(hints[parameter.name])
            others = tuple(choice for choice in choices if choice != parameter.default)
            found[parameter.name] = (parameter.default, *others)
    return found
