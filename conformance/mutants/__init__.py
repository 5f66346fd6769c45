"""Mutants: formulas with one thing changed, to explain a wrong result and to test the cases themselves.

`catalogue` makes all mutants of a formula. Each gives its exact value in float64 (`Mutant.exact`), and
what a kernel with this defect returns in a dtype (`Mutant.simulated`). `legitimate` are kernels without
any defect, `lossy` ones that lose accuracy without being wrong, `combined` ones that lose it twice.
"""

from conformance.mutants.altered import Alteration, Altered, is_floating
from conformance.mutants.catalogue import Choices, catalogue, choices_of
from conformance.mutants.gradients import UPSTREAM, gradient_of
from conformance.mutants.kernels import (
    HALF,
    Kernel,
    combined,
    forms,
    legitimate,
    lossy,
    narrow_accumulators,
    operations_of,
    simulate,
    usual,
)
from conformance.mutants.mutant import NO_SENSE, Mutant
from conformance.mutants.operations import NARROWER

__all__ = [
    "HALF",
    "NARROWER",
    "NO_SENSE",
    "UPSTREAM",
    "Alteration",
    "Altered",
    "Choices",
    "Kernel",
    "Mutant",
    "catalogue",
    "choices_of",
    "combined",
    "forms",
    "gradient_of",
    "is_floating",
    "legitimate",
    "lossy",
    "narrow_accumulators",
    "operations_of",
    "simulate",
    "usual",
]
