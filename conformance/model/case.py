"""What a case file says: documents, conventions, APIs, inputs and cases of one operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from conformance.model.words import DTYPES, Scalar


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a case file; `line` counts from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Document:
    """A published text that a documented value or promise is taken from."""

    key: str
    title: str
    version: str = "unknown"
    url: str = "unknown"


@dataclass(frozen=True, slots=True)
class Convention:
    """A choice that mathematics leaves open. `choices` maps each name to what it means."""

    name: str
    question: str
    reference: str
    source: str
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One documented parameter of an API.

    `name` is the operator's own name of the attribute, or of the optional input that the API takes as a
    parameter; `keyword` is the API's. `default` is what the API's document promises where nothing is
    given. `values` are the documented values, or None where any value is. `mapped` translates a value
    into the API's own.
    """

    name: str
    keyword: str
    default: Scalar = None
    values: tuple[Scalar, ...] | None = None
    mapped: Mapping[Scalar, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Api:
    """One row of an operator's API table: a dotted name and what its documentation promises.

    `inputs` maps the operator's input names to the API's own, in the documented positional order of the
    call; optional inputs that are not among them are parameters, or the API does without. `fixed` are
    attributes that the API has no parameter for, with the value that its document gives them.
    `dtypes` is None where the document is silent, and so is `index_dtypes`, those of indices and lengths,
    the usual one first. `documented`, the keys of `unsupported` (with the reason) and those of `raises`
    (with the exception's class name) are features.
    """

    name: str
    framework: str
    kind: str  # "class" or "function"
    document: str
    location: Location
    inputs: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    dtypes: tuple[str, ...] | None = None
    index_dtypes: tuple[str, ...] | None = None
    fixed: Mapping[str, Scalar] = field(default_factory=dict)
    platforms: tuple[str, ...] = ("cpu",)
    versions: str = ""  # PEP 440 range of the framework's versions that have this API
    documented: frozenset[str] = frozenset()
    unsupported: Mapping[str, str] = field(default_factory=dict)
    raises: Mapping[str, str] = field(default_factory=dict)


# Every variant of a case has its own of these, and msgspec makes them twenty times as fast as dataclasses.
class Generator(msgspec.Struct, frozen=True, gc=False):
    """A named deterministic generator of an input, with its options; `shape` may be the matrix's."""

    name: str
    shape: tuple[int, ...] | None = None
    seed: int = 0
    options: Mapping[str, Scalar] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal array, as nested lists of numbers (rectangular: the loader has checked it)."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raw:
    """An argument that is deliberately no tensor: a Python value, or `ndarray: true` for NumPy's."""

    value: Any
    ndarray: bool = False


class InputSpec(msgspec.Struct, frozen=True, gc=False):
    """One input of a case. `dtype` overrides the check's dtype (integers are never rounded).

    In a case it may be `index`; a plan then says which dtype that is for an API.
    """

    name: str
    source: Generator | Literal | Raw
    dtype: str | None = None
    layout: str = "contiguous"

    @property
    def is_tensor(self) -> bool:
        """False for an argument that is deliberately no tensor."""
        return not isinstance(self.source, Raw)


@dataclass(frozen=True, slots=True)
class Printed:
    """A documented example's printed output, and the code of the document that printed it.

    `style` is the Python function whose text the document shows, `str` or `repr`.
    """

    text: str
    document: str
    style: str = "str"


@dataclass(frozen=True, slots=True)
class Case:
    """One named YAML entry.

    `inputs` lacks the optional ones that the case leaves out.
    `matrix` maps an axis to its values. Axes are `dtype`, `shape`, `layout`, `seed`, `index_dtype`, and
    the names of attributes. `exclude` lists partial combinations to leave out. `positional` names attributes
    and optional inputs that are passed by position. `keywords` passes the inputs by name. `gradients` names
    the inputs whose gradients are checked, too. `compiled` puts the case into the chosen subset that also
    runs in the modes that compile; all others run eagerly, unless everything is asked for.
    `refused` says that mathematics has no answer: the call ought to be refused.
    """

    id: str
    summary: str
    location: Location
    inputs: tuple[InputSpec, ...]
    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    dtypes: tuple[str, ...] = DTYPES
    matrix: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    exclude: tuple[Mapping[str, Any], ...] = ()
    apis: tuple[str, ...] | None = None
    features: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    printed: Printed | None = None
    formula: str | None = None  # a documented formula of the reference file, as a second oracle
    formula_document: str | None = None
    positional: tuple[str, ...] = ()
    keywords: bool = False
    gradients: tuple[str, ...] = ()
    compiled: bool = False
    refused: bool = False
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """One case file."""

    name: str
    path: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Scalar]  # name -> default of the reference
    documents: Mapping[str, Document]
    conventions: Mapping[str, Convention]
    apis: Mapping[str, Api]
    cases: tuple[Case, ...]
    optional: tuple[str, ...] = ()  # the inputs that a case may leave out
