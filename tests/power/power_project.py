"""A case file small enough to run every mutant through it."""

from __future__ import annotations

from pathlib import Path

from conformance.casefile import load
from conformance.model import Operator
from tests.fakes.project import case_file

CASES = """\
  - id: ordinary
    summary: a few distributions
    inputs:
      input: {generator: log_probabilities, shape: [3, 5], seed: 1}
      target: {generator: probabilities, shape: [3, 5], seed: 2}
    matrix: {reduction: [none, mean], dtype: [float32]}
    gradients: [target]
  - id: zero
    summary: a zero target
    inputs: {input: [-1.0, -2.0], target: [0.0, 0.5]}
    matrix: {reduction: [none], dtype: [float32]}
    conventions: [zero_target]
  - id: large
    summary: y log y overflows where y (log y - x) does not
    inputs: {input: [88.0, 88.25], target: [3.0e+38, 2.5e+38]}
    matrix: {reduction: [none], dtype: [float32]}
  - id: infinite
    summary: y log y - y x is infinity less infinity
    inputs: {input: [3.0, -1.0], target: [.inf, 0.5]}
    matrix: {reduction: [none], dtype: [float32]}
"""


def operator(folder: Path, cases: str = CASES) -> Operator:
    path = folder / "kl_div.yaml"
    path.write_text(case_text(cases))
    return load(path)


def case_text(cases: str = CASES) -> str:
    """The text of a case file that documents the values of the reduction."""
    documented = "reduction: {default: mean, values: [none, mean, batchmean, sum]}"
    return case_file(["right"], cases).replace("reduction: {default: mean}", documented)
