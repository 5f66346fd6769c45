"""What a worker is asked: inputs, attributes, API and mode. Never what is expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.model import Check, Raw, Scalar
from conformance.plan import Call, dtype_name


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: the input of that name, or a plain value."""

    input: str | None = None
    scalar: Scalar = None


@dataclass(slots=True)
class Style:
    """How an API is called. A function has nothing in `construct_*`; a class is constructed with them."""

    kind: str
    construct_args: list[Scalar] = field(default_factory=list)
    construct_kwargs: dict[str, Scalar] = field(default_factory=dict)
    args: list[Argument] = field(default_factory=list)
    kwargs: dict[str, Argument] = field(default_factory=dict)


def style_of(check: Check) -> Style:
    """How `check` calls its API: what goes to a constructor, what by position, what by which name."""
    style = Style(check.api.kind)
    if check.spec.case.keywords:
        style.kwargs = {keyword: Argument(name) for name, keyword in check.api.inputs.items()}
    else:
        style.args = [Argument(name) for name in check.api.inputs]
    parameters = {parameter.name: parameter for parameter in check.api.parameters}
    # Those by position first, in the order that the case gives them.
    for name in dict.fromkeys((*check.spec.case.positional, *check.spec.given)):
        value = check.spec.attributes[name]
        parameter = parameters.get(name)
        if parameter is not None:
            value = parameter.mapped.get(value, value)
        keyword = parameter.keyword if parameter is not None else name
        by_position = name in check.spec.case.positional
        if style.kind == "class" and by_position:
            style.construct_args.append(value)
        elif style.kind == "class":
            style.construct_kwargs[keyword] = value
        elif by_position:
            style.args.append(Argument(scalar=value))
        else:
            style.kwargs[keyword] = Argument(scalar=value)
    return style


def _array(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {"dtype": dtype_name(array.dtype), "shape": list(array.shape), "data": array.tobytes()}


def _inputs(check: Check, call: Call, of: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    messages: dict[str, dict[str, Any]] = {}
    for source in check.spec.inputs:
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
    upstream: np.ndarray[Any, Any] | None = None,
    deadline: float | None = None,
) -> dict[str, Any]:
    """The message that asks for one execution of `check`'s call; `print_style` is None, `str` or `repr`.

    With `upstream`, an array of the shape of the reference value, the gradients of the case are asked
    for, too. `deadline`, in seconds, takes the place of the worker's own.
    """
    style = style_of(check)
    of = () if upstream is None else check.spec.case.gradients
    inputs = _inputs(check, call, of)

    def message(argument: Argument) -> dict[str, Any]:
        return {"scalar": argument.scalar} if argument.input is None else inputs[argument.input]

    return {
        "id": identifier,
        "api": check.api.name,
        "kind": style.kind,
        "mode": check.mode,
        "device": check.device,
        "construct_args": style.construct_args,
        "construct_kwargs": style.construct_kwargs,
        "args": [message(argument) for argument in style.args],
        "kwargs": {name: message(argument) for name, argument in style.kwargs.items()},
        "print": print_style,
        "gradient": None
        if upstream is None
        else {"upstream": {"tensor": _tensor(upstream, "contiguous")}, "of": list(of)},
        "deadline": deadline,
    }
