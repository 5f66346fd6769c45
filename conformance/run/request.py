"""What a worker is asked: inputs, attributes, API and mode. Never what is expected."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.model import CallSpec, Check, NamedCallable, Raw, Scalar
from conformance.plan import Call, dtype_name, same_value


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: the input of that name, or a plain value."""

    input: str | None = None
    scalar: Scalar = None


@dataclass(slots=True)
class Style:
    """How an API is called. A function has nothing in `construct_*`; a class is constructed with them."""

    kind: str
    construct_args: list[Argument] = field(default_factory=list)
    construct_kwargs: dict[str, Argument] = field(default_factory=dict)
    args: list[Argument] = field(default_factory=list)
    kwargs: dict[str, Argument] = field(default_factory=dict)


class Styles:
    """How checks call their APIs, worked out once for all that differ in their inputs alone.

    Attributes are compared by their text, since those that Python thinks equal (1, 1.0, True) are not.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, str], tuple[Check, Style]] = {}
        self._latest: tuple[CallSpec | None, str] = (None, "")  # APIs of one call follow each other

    def of(self, check: Check) -> Style:
        """How `check` calls its API: one object for all that do it alike. It is not to be changed."""
        spec, given = self._latest
        if spec is not check.spec:
            spec = check.spec
            given = repr([spec.attributes[name] for name in spec.given])
            self._latest = (spec, given)
        key = (id(spec.case), id(check.api), given)
        found = self._known.get(key)
        if found is None:  # kept with its check, so that the ids of case and API stay their own
            found = self._known[key] = (check, style_of(check))
        return found[1]


def style_of(check: Check) -> Style:
    """How `check` calls its API: what goes to a constructor, what by position, what by which name."""
    style, api, spec = Style(check.api.kind), check.api, check.spec
    given = [source.name for source in spec.inputs]
    for name, keyword in api.inputs.items():
        # After an input that is left out, the others cannot go by position.
        if name in given and (spec.case.keywords or len(style.args) < list(api.inputs).index(name)):
            style.kwargs[keyword] = Argument(name)
        elif name in given:
            style.args.append(Argument(name))
    is_class = style.kind == "class"
    args, kwargs = (style.construct_args, style.construct_kwargs) if is_class else (style.args, style.kwargs)
    parameters = {parameter.name: parameter for parameter in api.parameters}
    optional = [name for name in given if name not in api.inputs]
    # Those by position first, in the order that the case gives them.
    for name in dict.fromkeys((*spec.case.positional, *optional, *spec.given)):
        if name in api.inputs or (name in api.fixed and same_value(spec.attributes[name], api.fixed[name])):
            continue
        parameter = parameters.get(name)
        keyword = parameter.keyword if parameter is not None else name
        argument = Argument(name)
        if name not in optional:
            value = spec.attributes[name]
            argument = Argument(scalar=value if parameter is None else parameter.mapped.get(value, value))
        if name in spec.case.positional:
            args.append(argument)
        else:
            kwargs[keyword] = argument
    return style


def _array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {"dtype": dtype_name(array.dtype), "shape": list(array.shape), "data": array.tobytes()}


@functools.lru_cache(maxsize=1)  # the APIs of one call follow each other
def _inputs(call: Call, of: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    messages: dict[str, dict[str, Any]] = {}
    for source in call.spec.inputs:
        value = call.arrays[source.name]
        if not isinstance(value, np.ndarray):
            messages[source.name] = {"scalar": value}
        elif isinstance(source.source, Raw):
            messages[source.name] = {"ndarray": _array(value)}
        else:
            message: dict[str, Any] = {"tensor": _tensor(value, source.layout)}
            if source.name in of:
                message["name"] = source.name
            messages[source.name] = message
    return messages


def _tensor(array: np.ndarray[Any, Any], layout: str) -> dict[str, Any]:
    return {**_array(array), "layout": layout}


def request(
    identifier: int,
    check: Check,
    call: Call,
    print_style: str | None = None,
    *,
    style: Style | None = None,
    upstream: np.ndarray[Any, Any] | None = None,
    deadline: float | None = None,
) -> dict[str, Any]:
    """The message that asks for one execution of `check`'s call; `print_style` is None, `str` or `repr`.

    With `upstream`, an array of the shape of the reference value, the gradients of the case are asked
    for, too. `deadline`, in seconds, takes the place of the worker's own. `style` is `style_of(check)`,
    where that is known.
    """
    style = style or style_of(check)
    of = () if upstream is None else check.spec.case.gradients
    inputs = _inputs(call, of)

    def message(argument: Argument) -> dict[str, Any]:
        if argument.input is not None:
            return inputs[argument.input]
        if isinstance(argument.scalar, NamedCallable):
            return {"callable": argument.scalar.callable}
        return {"scalar": argument.scalar}

    return {
        "id": identifier,
        "api": check.api.name,
        "kind": style.kind,
        "mode": check.mode,
        "device": check.device,
        "construct_args": [message(argument) for argument in style.construct_args],
        "construct_kwargs": {name: message(argument) for name, argument in style.construct_kwargs.items()},
        "args": [message(argument) for argument in style.args],
        "kwargs": {name: message(argument) for name, argument in style.kwargs.items()},
        "print": print_style,
        "gradient": None
        if upstream is None
        else {"upstream": {"tensor": _tensor(upstream, "contiguous")}, "of": list(of)},
        "deadline": deadline,
    }
