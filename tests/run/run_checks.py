"""Checks of a small operator in two frameworks."""

from __future__ import annotations

from pathlib import Path

from conformance.casefile import load
from conformance.model import Check
from conformance.plan import Target, expand

HEAD = """\
operator: op
inputs: [x, y]
attributes: {mode: mean, flag: false, size: null}
documents:
  paper: {title: A paper}
apis:
  torch.nn.Op:
    kind: class
    document: paper
    inputs: {x: input, y: other}
    parameters:
      size: {default: null, keyword: sizes}
      mode: {default: mean, mapped: {none: "no", 2: two}}
      flag: {default: false}
  torch.op:
    kind: function
    document: paper
    parameters: {mode: {default: mean}, flag: {default: false}}
  oneflow.op:
    kind: function
    document: paper
    inputs: {y: labels, x: logits}
    parameters: {mode: {default: mean}}
cases:
  - id: one-case
    summary: s
"""
TARGETS = (Target("torch", "torch"), Target("flow", "oneflow", "cuda"))


def checks(folder: Path, case: str = "", inputs: str = "{x: [1.5, -0.0], y: [[1], [2]]}") -> list[Check]:
    """The checks of one case with these inputs and the lines `case`, of all APIs and dtypes."""
    path = folder / "op.yaml"
    path.write_text(HEAD + f"    inputs: {inputs}\n" + "".join(f"    {line}\n" for line in case.splitlines()))
    return expand([load(path)], TARGETS).checks


def check_of(made: list[Check], api: str, dtype: str = "float32") -> Check:
    """The one check of an API in a dtype."""
    (found,) = (check for check in made if check.api.name == api and check.spec.dtype == dtype)
    return found
