"""The layout of the record of a check; a results file has one line of each between header and footer.

A record is a plain dict of JSON values, so that what is written, what is read back and what a report
is made of are the same thing. `schema.json` beside this file says the same to programs in other
languages. Numbers that JSON lacks are the strings "NaN", "Infinity" and "-Infinity" (see `numbers`).
"""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict, final

Number: TypeAlias = "int | float | str"  # str: "NaN", "Infinity", "-Infinity"
ScalarForm: TypeAlias = "bool | int | float | str | list[ScalarForm] | dict[str, str] | None"


class Sample(TypedDict):
    """A few elements of a large array: flat C-order positions and their values."""

    index: list[int]
    values: list[Number]


@final  # so that a type checker tells the forms of a value apart by their keys
class ArrayForm(TypedDict, total=False):
    """An array. Small ones have `values` (flat, C order), large ones `sha256` and `sample`.

    A value is the exact float64 (or integer, or boolean) of the element, so no bit of it is lost.
    `sha256` hashes the elements as little-endian float64 (integers as int64, booleans as bytes).
    """

    dtype: str
    shape: list[int]
    values: list[Number]
    sha256: str
    sample: Sample


class GeneratorForm(TypedDict):
    """How an input was made: `generate(name, shape, int(stream), options)`, then one rounding.

    `seed` is the case's own; `stream` is the integer handed to the generator, as decimal text because
    it does not fit a double. `shape` is the shape drawn (an expanded layout repeats its first slice).
    """

    name: str
    shape: list[int]
    seed: int
    stream: str
    options: dict[str, ScalarForm]


class InputForm(TypedDict, total=False):
    """One input: an array form with its layout, and its generator where one made it.

    Of a check that passed, what a generator made has `sha256` and neither values nor a sample.
    An input that is deliberately no tensor has `raw`, and `ndarray` (true where it was passed as a
    NumPy array of `dtype`); nothing else.
    """

    dtype: str
    shape: list[int]
    layout: str
    values: list[Number]
    sha256: str
    sample: Sample
    generator: GeneratorForm
    raw: ScalarForm
    ndarray: bool


@final
class ObjectForm(TypedDict):
    """A returned value that is no tensor."""

    type: str
    repr: str


@final
class TextForm(TypedDict):
    """A printed text, of the framework (`actual`) or of the document (`expected`)."""

    text: str


@final
class RefusalForm(TypedDict):
    """The documented exception class that was expected."""

    exception: str


ValueForm: TypeAlias = "ArrayForm | ObjectForm | TextForm | RefusalForm"


class ArgumentForm(TypedDict, total=False):
    """One argument: `input` names an input of the record, or `scalar` is passed as it is."""

    input: str
    scalar: ScalarForm


class CallStyle(TypedDict):
    """How the API was called. A function has no `construct_*`; a class gets them in its constructor."""

    kind: Literal["class", "function"]
    construct_args: list[ArgumentForm]
    construct_kwargs: dict[str, ArgumentForm]
    args: list[ArgumentForm]
    kwargs: dict[str, ArgumentForm]


class Bound(TypedDict):
    """What the allowance at the worst element is made of (absolute, in the output's unit)."""

    elementwise: Number
    accumulation: Number
    output: Number


class ErrorForm(TypedDict):
    """How far the output lies from the reference. Absent numbers are None.

    `max_ulp` counts units in the last place of the expected value in the output's dtype,
    `max_bound_ratio` is error / allowance. `pattern` says where the wrong elements lie (`tail`,
    `stride 4`, `block`, `scattered`, `all`), `bias` whether they are all too `low` or `high`.
    The `worst_*`, `allowance`, `bound` and `condition` belong to the element at `worst_index`.
    """

    max_abs: Number | None
    max_rel: Number | None
    max_ulp: Number | None
    max_bound_ratio: Number | None
    mismatched: int
    vacuous: int
    total: int
    pattern: str | None
    bias: str | None
    worst_index: list[int] | None
    worst_actual: Number | None
    worst_expected: Number | None
    worst_inputs: dict[str, Number]
    allowance: Number | None
    bound: Bound | None
    condition: Number | None


# `class` is a keyword of Python, hence the functional form.
ExceptionForm = TypedDict("ExceptionForm", {"class": str, "message": str, "traceback": str})
"""An exception of the framework: bare class name, message, tail of the traceback."""


class Hypothesis(TypedDict):
    """The nearest known explanation, computed: `text` completes "the result equals ..."."""

    name: str
    text: str


class Source(TypedDict):
    """A published document; `version` and `url` are `unknown` where it gives none."""

    title: str
    version: str
    url: str


class GradientForm(TypedDict):
    """Which gradient a check judges: with respect to the input `of`.

    `inputs` are those that the backward pass differentiated with respect to, `upstream` is the gradient
    that it started with, of the output's shape.
    """

    of: str
    inputs: list[str]
    upstream: InputForm


class Minimised(TypedDict):
    """Smaller inputs that still fail, with what they gave and should give; `upstream` as in a gradient."""

    inputs: dict[str, InputForm]
    upstream: InputForm | None
    actual: ValueForm
    expected: ValueForm
    worst_index: list[int] | None
    allowance: Number | None


class SweepForm(TypedDict):
    """The error along an input that takes every value of a dtype, in parts of neighbouring values.

    Each part begins with the value in `start`; `ulp` is the largest error in it, in units in the last place
    of the expected value, `bound` the largest allowance (None where none is finite); `wrong` counts the
    elements that are wrong.
    """

    input: str
    start: list[Number]
    ulp: list[Number | None]
    bound: list[Number | None]
    wrong: list[int]


class _CheckExtra(TypedDict, total=False):
    sweep: SweepForm


class CheckRecord(_CheckExtra):
    """One check. Everything downstream is made of these. Only some checks have a `sweep`."""

    kind: Literal["check"]
    id: str
    operator: str
    case: str
    variant: str
    api: str
    framework: str
    environment: str
    framework_version: str
    dtype: str
    device: str
    mode: str
    aspect: str
    level: str
    oracle: str
    features: list[str]
    undocumented: list[str]
    declared: str | None
    stale_declaration: bool
    call: str
    call_style: CallStyle
    gradient: GradientForm | None
    attributes: dict[str, ScalarForm]
    inputs: dict[str, InputForm]
    location: str
    summary: str
    source: Source | None
    outcome: str
    subtype: str | None
    convention: str | None
    conventions: dict[str, str]
    detail: str | None
    actual: ValueForm | None
    expected: ValueForm | None
    error: ErrorForm | None
    hypothesis: Hypothesis | None
    exception: ExceptionForm | None
    log: str
    minimised: Minimised | None
    seconds: Number
    fingerprint: str | None
