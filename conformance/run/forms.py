"""Inputs and the way of calling, as a record tells them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from conformance.model import CallSpec, Check, Generator, InputSpec
from conformance.plan import UPSTREAM, Call, generator_options, seed_of, upstream_stream
from conformance.results import (
    CallStyle,
    GeneratorForm,
    InputForm,
    ScalarForm,
    drawn_form,
    input_form,
    raw_form,
    scalar_form,
)
from conformance.run.request import Argument, Style, Styles
from conformance.run.shared import Shared

Array = np.ndarray[Any, Any]


class Forms:
    """Makes these forms; equal ones are one object, so that their text can be shared, too."""

    def __init__(self, styles: Styles | None = None) -> None:
        self._inputs = Shared(entries=1 << 16)  # in a large sweep all variants come back to the same inputs
        self._attributes = Shared(entries=64)
        self._known_styles = styles or Styles()
        self._styles: dict[int, CallStyle] = {}
        self._latest: tuple[Call | None, bool, dict[str, InputForm]] = (None, False, {})

    def attributes(self, spec: CallSpec) -> dict[str, ScalarForm]:
        """The attributes of a call; one object for all its checks."""

        def make() -> dict[str, ScalarForm]:
            return {name: scalar_form(value) for name, value in spec.attributes.items()}

        return self._attributes.get(spec, "attributes", 0, make)

    def inputs(self, call: Call, whole: bool) -> dict[str, InputForm]:
        """The inputs of `call`; not `whole`: what a generator makes is told by it and by its hash alone."""
        if self._latest[0] is not call or self._latest[1] is not whole:  # APIs of one call follow each other
            forms = {
                source.name: self._input(source, call.arrays[source.name], whole)
                for source in call.spec.inputs
            }
            self._latest = (call, whole, forms)
        return self._latest[2]

    def upstream(self, call: Call, array: Array, whole: bool) -> InputForm:
        """The upstream gradient of a gradient of `call`; `whole` as for inputs."""
        return self._inputs.get(
            array, ("upstream", whole), array.nbytes, partial(_upstream_form, call, array, whole)
        )

    def style(self, check: Check) -> CallStyle:
        """How the API is called: alike for all checks of a case through an API with the same attributes."""
        style = self._known_styles.of(check)
        if id(style) not in self._styles:
            self._styles[id(style)] = _style_form(style)
        return self._styles[id(style)]

    def _input(self, source: InputSpec, value: object, whole: bool) -> InputForm:
        if not (isinstance(value, np.ndarray) and source.is_tensor):
            return raw_form(value)
        # Arrays may be shared by cases: the same numbers, but another name or layout.
        kind = (source.name, source.layout, whole)
        return self._inputs.get(value, kind, value.nbytes, partial(_input_form, source, value, whole))


def _input_form(source: InputSpec, value: Array, whole: bool) -> InputForm:
    if not isinstance(source.source, Generator):
        return input_form(value, layout=source.layout)
    make = input_form if whole else drawn_form
    return make(value, layout=source.layout, generator=_generator_form(source, source.source))


def _generator_form(source: InputSpec, generator: Generator) -> GeneratorForm:
    shape = list(generator.shape or ())
    if source.layout == "expanded" and shape and shape[0]:
        shape[0] = 1
    return {
        "name": generator.name,
        "shape": shape,
        "seed": generator.seed,
        "stream": str(seed_of(source, generator)),
        "options": {name: scalar_form(value) for name, value in generator_options(generator).items()},
    }


def _upstream_form(call: Call, array: Array, whole: bool) -> InputForm:
    generator: GeneratorForm = {
        "name": UPSTREAM.name,
        "shape": list(array.shape),
        "seed": UPSTREAM.seed,
        "stream": str(upstream_stream(call)),
        "options": {name: scalar_form(value) for name, value in UPSTREAM.options.items()},
    }
    make = input_form if whole else drawn_form
    return make(array, layout="contiguous", generator=generator)


def _style_form(style: Style) -> CallStyle:
    def form(argument: Argument) -> Any:
        if argument.input is not None:
            return {"input": argument.input}
        return {"scalar": scalar_form(argument.scalar)}

    return {
        "kind": "class" if style.kind == "class" else "function",
        "construct_args": [form(argument) for argument in style.construct_args],
        "construct_kwargs": {name: form(argument) for name, argument in style.construct_kwargs.items()},
        "args": [form(argument) for argument in style.args],
        "kwargs": {name: form(argument) for name, argument in style.kwargs.items()},
    }
