"""The generated case file: one case that spans seeds and reductions, through two APIs of one framework."""

from __future__ import annotations

from pathlib import Path

CHECKS_PER_SEED = 8  # four reductions, a class and a function

_APIS = {
    "torch": ("torch.nn.KLDivLoss", "torch.nn.functional.kl_div"),
    "mindspore": ("mindspore.nn.KLDivLoss", "mindspore.ops.kl_div"),
    "oneflow": ("oneflow.nn.KLDivLoss", "oneflow.nn.functional.kl_div"),
}

_TEXT = """\
operator: kl_div
inputs: [input, target]
attributes: {{reduction: mean, log_target: false, size_average: null, reduce: null}}
documents: {{none: {{title: "Made for the benchmark"}}}}
apis:
  {loss_class}:
    kind: class
    document: none
    parameters: {{reduction: {{default: mean, values: [none, batchmean, sum, mean]}}}}
  {function}:
    kind: function
    document: none
    parameters: {{reduction: {{default: mean, values: [none, batchmean, sum, mean]}}}}
cases:
  - id: bench
    summary: the same small call with many seeds
    inputs:
      input: {{generator: log_probabilities, shape: [3, 5], seed: 1}}
      target: {{generator: probabilities, shape: [3, 5], seed: 2}}
    matrix:
      reduction: [none, batchmean, sum, mean]
      seed: {{count: {seeds}}}
      dtype: [float32]
"""


def write_case_file(folder: Path, framework: str, seeds: int) -> Path:
    """Write `folder`/kl_div.yaml with `CHECKS_PER_SEED` checks for each of `seeds` seeds; return its path."""
    loss_class, function = _APIS[framework]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kl_div.yaml"
    path.write_text(_TEXT.format(loss_class=loss_class, function=function, seeds=seeds), encoding="utf-8")
    return path
