"""Enumerations and plain words: what outcomes, levels, aspects, dtypes and layouts there are."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

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

    __str__ = str.__str__  # `value` takes four times as long, and every record has some of these words


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
