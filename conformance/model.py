"""The suite's vocabulary: every object that passes between two layers.

Frozen dataclasses, enumerations and words only; this module imports nothing else of the package.
The words are those of the design: a *case* is one named YAML entry, a *call* is operator,
attributes and rounded inputs, a *check* is one call judged through one API in one environment
by one oracle, and it ends in one outcome.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

CALLABLES = ("cosine", "manhattan", "squared_euclidean")
"""The functions that an attribute may take: distances of two tensors, along their last axis."""


@dataclass(frozen=True, slots=True, repr=False)
class NamedCallable:
    """A function as an attribute's value, one of `CALLABLES`: adapters make it of framework operations."""

    callable: str

    def __repr__(self) -> str:
        """Its name, in ids and reports."""
        return self.callable


Scalar: TypeAlias = "bool | int | float | str | NamedCallable | None"

DTYPES = ("float16", "bfloat16", "float32", "float64")
INTEGER_DTYPES = ("int32", "int64", "bool")
INDEX_DTYPES = ("int32", "int64")
INDEX = "index"
"""The dtype, in a case, of an input of indices or lengths: an integer dtype that its API documents."""
LAYOUTS = ("contiguous", "transposed", "strided", "expanded")


class _Word(str, enum.Enum):
    """An enumeration whose members print and serialise as their plain word."""

    def __str__(self) -> str:
        return str(self.value)


class Outcome(_Word):
    """How one check ended (design, section 8)."""

    PASS = "pass"
    DEGRADED = "degraded"
    MISMATCH = "mismatch"
    NOT_REJECTED = "not_rejected"
    WRONG_ERROR = "wrong_error"
    UNSUPPORTED = "unsupported"
    ERROR = "error"
    CRASH = "crash"
    TIMEOUT = "timeout"
    VACUOUS = "vacuous"
    HARNESS_ERROR = "harness_error"
    INVALID_CASE = "invalid_case"
    NOT_RUN = "not_run"
    OBSERVED = "observed"


class Subtype(_Word):
    """What kind of mismatch."""

    VALUE = "value"
    NONFINITE = "nonfinite"
    INTERMEDIATE_OVERFLOW = "intermediate_overflow"
    CONVENTION = "convention"
    GRADIENT = "gradient"
    MISSING_GRADIENT = "missing_gradient"
    SHAPE = "shape"
    DTYPE = "dtype"
    DOCUMENTED = "documented"


class Level(_Word):
    """What the API promised: `must` is documented, `observe` is not."""

    MUST = "must"
    OBSERVE = "observe"


class Oracle(_Word):
    """Who says what is right: the mathematics, the printed document, or a documented refusal."""

    REFERENCE = "reference"
    DOCUMENT = "document"
    REFUSAL = "refusal"


class Aspect(_Word):
    """Which side of an answer a check looks at."""

    VALUE = "value"
    DOCUMENTED = "documented"
    ERROR = "error"
    GRADIENT = "gradient"


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
    the usual one first. `documented`, the keys of `unsupported` (with the
    reason) and those of `raises` (with the exception's class name) are features.
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


@dataclass(frozen=True, slots=True)
class Generator:
    """A named deterministic generator of an input, with its options; `shape` may be the matrix's."""

    name: str
    shape: tuple[int, ...] | None = None
    seed: int = 0
    options: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal array, as nested lists of numbers (rectangular: the loader has checked it)."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raw:
    """An argument that is deliberately no tensor: a Python value, or `ndarray: true` for NumPy's."""

    value: Any
    ndarray: bool = False


@dataclass(frozen=True, slots=True)
class InputSpec:
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


@dataclass(frozen=True, slots=True, eq=False)
class CallSpec:
    """What to compute, before any array exists: one per case, variant and dtype, for all APIs alike.

    `attributes` holds every attribute of the operator as the reference sees them; `given` names those
    that the case passes on to the API. The others have the default that the API documents: APIs whose
    defaults differ have a specification each.
    """

    operator: Operator
    case: Case
    attributes: Mapping[str, Scalar]
    given: tuple[str, ...]
    inputs: tuple[InputSpec, ...]
    dtype: str


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One call, through one API, in one environment, judged by one oracle.

    `id` is the whole tuple joined by `/`, stable across runs. `declared` is the reason why the API's
    row says that this is not supported, or None. `raises` are the documented exceptions' class names.
    `of` is the input whose gradient is judged, where the aspect is one.
    """

    id: str
    spec: CallSpec
    variant: str
    api: Api
    environment: str
    device: str
    mode: str
    aspect: Aspect
    level: Level
    oracle: Oracle
    features: tuple[str, ...]
    undocumented: tuple[str, ...]
    declared: str | None = None
    raises: tuple[str, ...] = ()
    of: str | None = None

    @property
    def aspect_word(self) -> str:
        """The aspect as ids and records have it: a gradient names its input, `gradient:target`."""
        return str(self.aspect) if self.of is None else f"{self.aspect}:{self.of}"
