"""Which operators have a reference, and what each reference file offers."""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

Part: TypeAlias = Callable[..., Any]
"""A keyword-only parameter of this type is a function that computes a part of the formula."""


class UnknownOperatorError(LookupError):
    """No reference file has that operator's name."""


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """What `reference/<name>.py` offers.

    `function` is the reference. `formulas` are what documents print, evaluated as written, and
    `alternatives` are algebraically equal forms that cancel; both map a name to the reference with another
    function for a part of it, or under another convention. `conventions` maps each keyword-only parameter
    of the reference and of its `vjp` that is no part to its choices, the reference's own first.

    `vjp`, where there is one, takes the inputs, the gradient `upstream` with respect to the reference's
    result, and the attributes, and returns one gradient per input, None for one that has none.
    `vjp_alternatives` are algebraically equal forms of it that cancel. `of` names the input whose gradient
    `function` itself is, where it is one.
    """

    name: str
    function: Callable[..., Any]
    formulas: Mapping[str, Callable[..., Any]]
    alternatives: Mapping[str, Callable[..., Any]]
    conventions: Mapping[str, tuple[str, ...]]
    vjp: Callable[..., Any] | None = None
    vjp_alternatives: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    of: str | None = None

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
        formulas=_forms(function, getattr(module, "FORMULAS", {})),
        alternatives=_forms(function, getattr(module, "ALTERNATIVES", {})),
        conventions=MappingProxyType(_conventions(function) | (_conventions(vjp) if vjp else {})),
        vjp=vjp,
        vjp_alternatives=_forms(vjp, getattr(module, "VJP_ALTERNATIVES", {})) if vjp else {},
    )


def _forms(
    function: Callable[..., Any], others: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Callable[..., Any]]:
    return MappingProxyType({name: _form(function, name, chosen) for name, chosen in others.items()})


def _form(function: Callable[..., Any], name: str, chosen: Mapping[str, Any]) -> Callable[..., Any]:
    """`function` with other keyword-only arguments, documented as the first part among them is."""

    @functools.wraps(function)
    def form(*args: Any, **options: Any) -> Any:
        return function(*args, **chosen, **options)

    form.__qualname__ = f"{function.__qualname__}[{name}]"
    form.__doc__ = next((part.__doc__ for part in chosen.values() if callable(part)), None)
    return form


@cache
def _conventions(function: Callable[..., Any]) -> dict[str, tuple[str, ...]]:
    """The choices of the keyword-only parameters whose annotation is a Literal of them, default first."""
    hints = typing.get_type_hints(function)
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and typing.get_origin(hints.get(name)) is Literal:
            others = tuple(choice for choice in typing.get_args(hints[name]) if choice != parameter.default)
            found[name] = (parameter.default, *others)
    return found
