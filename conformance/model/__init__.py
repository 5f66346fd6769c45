"""The suite's vocabulary: every object that passes between two layers.

Frozen dataclasses, enumerations and words only; this package imports nothing else of the suite.
The words are those of the design: a *case* is one named YAML entry, a *call* is operator,
attributes and rounded inputs, a *check* is one call judged through one API in one environment
by one oracle, and it ends in one outcome.
"""

from conformance.model.case import (
    Api,
    Case,
    Convention,
    Document,
    Generator,
    InputSpec,
    Literal,
    Location,
    Operator,
    Parameter,
    Printed,
    Raw,
)
from conformance.model.check import CallSpec, Check
from conformance.model.words import (
    CALLABLES,
    DTYPES,
    INDEX,
    INDEX_DTYPES,
    INTEGER_DTYPES,
    LAYOUTS,
    Aspect,
    Level,
    NamedCallable,
    Oracle,
    Outcome,
    Scalar,
    Subtype,
)

__all__ = [
    "CALLABLES",
    "DTYPES",
    "INDEX",
    "INDEX_DTYPES",
    "INTEGER_DTYPES",
    "LAYOUTS",
    "Api",
    "Aspect",
    "CallSpec",
    "Case",
    "Check",
    "Convention",
    "Document",
    "Generator",
    "InputSpec",
    "Level",
    "Literal",
    "Location",
    "NamedCallable",
    "Operator",
    "Oracle",
    "Outcome",
    "Parameter",
    "Printed",
    "Raw",
    "Scalar",
    "Subtype",
]
