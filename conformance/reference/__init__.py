"""The reference: one formula per operator, run in several arithmetics (design, section 6).

`load("kl_div")` gives what `kl_div.py` offers; `evaluate` its value and the error bound of a sensible
implementation in a dtype; `certify` proves the value with balls; `condition` and `components` explain
a bound. An operator is one file here, with one plain NumPy function of the same name.
"""

from conformance.reference.evaluation import (
    Certificate,
    Components,
    Reference,
    certify,
    components,
    condition,
    evaluate,
)
from conformance.reference.formula import Formula, UnknownOperatorError, known, load

__all__ = [
    "Certificate",
    "Components",
    "Formula",
    "Reference",
    "UnknownOperatorError",
    "certify",
    "components",
    "condition",
    "evaluate",
    "known",
    "load",
]
