"""Runs over case files of the fake framework."""

from __future__ import annotations

from conformance.casefile import load
from conformance.plan import Target, expand
from conformance.run import Asked, Destination, Run, Sink, choose_checks

DEADLINE = 1.0

MANY = """\
  - id: many
    summary: vectors
    inputs:
      input: {generator: log_probabilities, shape: [3], seed: 1}
      target: {generator: probabilities, shape: [3], seed: 2}
    matrix: {reduction: [none], dtype: [float32], seed: {count: 400}}
"""


def make_run(folder, text, environments, *, keywords="", deadline=DEADLINE, results=None):
    """A run over the case file `text` in `environments`, and its checks."""
    path = folder / "kl_div.yaml"
    path.write_text(text)
    operator = load(path)
    plan = expand([operator], [Target(spec.name, spec.framework) for spec in environments])
    assert not plan.problems
    checks = choose_checks(plan.checks, keywords, "")
    selection = Asked(keywords).selection(plan.checks, checks, [], covered=True)
    names = [spec.name for spec in environments]
    sink = Sink(Destination(folder / "reports", results), [operator], names, selection)
    return Run(checks, environments, sink, deadline=deadline), checks
