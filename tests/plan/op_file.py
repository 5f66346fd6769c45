"""The text of a small case file, and the types of the fixtures that fill it in."""

from __future__ import annotations

from collections.abc import Callable

from conformance.model import CallSpec, Operator
from conformance.plan import Plan, Target

HEAD = """\
operator: op
inputs: [x, y]
attributes: {mode: mean, flag: false, size: null, beta: 1.0}
documents:
  paper: {title: A paper}
  manual: {title: A manual}
conventions:
  zero: {question: What?, reference: nothing, source: a book, choices: {nothing: "0", nan: NaN}}
"""
APIS = """\
apis:
  torch.nn.Op:
    kind: class
    document: paper
    parameters:
      mode: {default: mean, values: [mean, none]}
      flag: {default: false, values: [true, false]}
      size: {default: null}
      beta: {default: 1.0}
  torch.op:
    kind: function
    document: paper
    parameters: {mode: {default: mean, values: [mean, none]}}
    dtypes: [float32]
  oneflow.Op:
    kind: class
    document: manual
    parameters: {mode: {default: mean}}
"""
PLAIN = "  - id: plain\n    summary: s\n    inputs: {x: 1, y: 2}\n"
TARGETS = (Target("torch", "torch"), Target("flow", "oneflow"))

MakeOperator = Callable[..., Operator]
MakePlan = Callable[..., Plan]
MakeSpec = Callable[..., CallSpec]
