"""Which operators have a reference, and what each reference file offers."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    inputs and attributes. `conventions` maps each keyword-only parameter of the reference and of its
    `vjp` to its choices, the reference's own first.

    `vjp`, where there is one, takes the inputs, the gradient `upstream` with respect to the reference's
    result, and the attributes, and returns one gradient per input, None for one that has none.
    `vjp_alternatives` are algebraically equal forms of it that cancel.
    """

    name: str
    function: Callable[..., Any]
    formulas: Mapping[str, Callable[..., Any]]
    alternatives: Mapping[str, Callable[..., Any]]
    conventions: Mapping[str, tuple[str, ...]]
    vjp: Callable[..., Any] | None = None
    vjp_alternatives: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def chosen(self, function: str | None) -> Callable[..., Any]:
        """Return the reference (None), or the formula or alternative of that name; else KeyError."""
        if function is None:
            return self.function
        others = {**self.formulas, **self.alternatives}
        if function not in others:
            raise KeyError(f"{self.name} has no formula {function!r}; it has {', '.join(others) or 'none'}")
        return others[function]

    def chosen_vjp(self, function: str | None) -> Callable[..., Any]:
        """Return the gradients (None), or the alternative of that name; else KeyError."""
        if function is None:
            if self.vjp is None:
                raise KeyError(f"{self.name} has no gradients")
            return self.vjp
        if function not in self.vjp_alternatives:
            others = ", ".join(self.vjp_alternatives) or "none"
            raise KeyError(f"{self.name} has no gradients {function!r}; it has {others}")
        return self.vjp_alternatives[function]

    def checked(self, conventions: Mapping[str, str] | None, function: Callable[..., Any]) -> dict[str, str]:
        """Return the conventions that `function` is to get; raise ValueError for an unknown name or choice.

        The reference and its gradients each get their own of the conventions that they share.
        """
        for name, choice in (conventions or {}).items():
            if name not in self.conventions:
                known = ", ".join(self.conventions) or "none"
                raise ValueError(f"{self.name} has no convention {name!r}; it has {known}")
            if choice not in self.conventions[name]:
                known = ", ".join(self.conventions[name])
                raise ValueError(f"{self.name}, convention {name}: {choice!r} is not one of {known}")
        if function not in (self.function, self.vjp):
            return dict(conventions or {})
        own = _conventions(function)
        return {name: choice for name, choice in (conventions or {}).items() if name in own}


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
    vjp = getattr(module, f"{operator}_vjp", None)
    return Formula(
        name=operator,
        function=function,
        formulas=MappingProxyType(dict(getattr(module, "FORMULAS", {}))),
        alternatives=MappingProxyType(dict(getattr(module, "ALTERNATIVES", {}))),
        conventions=MappingProxyType(_conventions(function) | (_conventions(vjp) if vjp else {})),
        vjp=vjp,
        vjp_alternatives=MappingProxyType(dict(getattr(module, "VJP_ALTERNATIVES", {}))),
    )


@cache
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
