"""The reference: one formula per operator, run in several arithmetics (design, section 6).

`load("kl_div")` gives what `kl_div.py` offers; `evaluate` its value and the error bound of a sensible
implementation in a dtype, `evaluate_gradients` the same of its gradients; `condition` and `components`
explain a bound. `certify` and `certify_gradients` of the module `certificate` prove all this with balls;
they are not here, since python-flint takes as long to import as a thousand small references. An operator is
one file here, with one plain NumPy function of the same name, and one that ends in `_vjp` for gradients.
"""

from conformance.reference.evaluation import Reference, evaluate, evaluate_gradients, evaluate_together
from conformance.reference.explanation import Components, components, condition
from conformance.reference.formula import Formula, UnknownOperatorError, known, load

__all__ = [
    "Components",
    "Formula",
    "Reference",
    "UnknownOperatorError",
    "components",
    "condition",
    "evaluate",
    "evaluate_gradients",
    "evaluate_together",
    "known",
    "load",
]
