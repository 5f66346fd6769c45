"""The generated case file: one case that spans seeds and reductions, through two APIs of each framework."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

FRAMEWORKS = ("torch", "mindspore", "oneflow")
CHECKS_PER_SEED = 8  # of one framework: four reductions, a class and a function

_APIS = {
    "torch": ("torch.nn.KLDivLoss", "torch.nn.functional.kl_div"),
    "mindspore": ("mindspore.nn.KLDivLoss", "mindspore.ops.kl_div"),
    "oneflow": ("oneflow.nn.KLDivLoss", "oneflow.nn.functional.kl_div"),
}

_API = """\
  {name}:
    kind: {kind}
    document: none
    parameters: {{reduction: {{default: mean, values: [none, batchmean, sum, mean]}}}}
"""

_TEXT = """\
operator: kl_div
inputs: [input, target]
attributes: {{reduction: mean, log_target: false, size_average: null, reduce: null}}
documents: {{none: {{title: "Made for the benchmark"}}}}
apis:
{apis}\
cases:
  - id: bench
    summary: the same small call with many seeds
    inputs:
      input: {{generator: log_probabilities, shape: [3, 5], seed: 1}}
      target: {{generator: probabilities, shape: [3, 5], seed: 2}}
    matrix:
      reduction: [none, batchmean, sum, mean]
      seed: {{count: {seeds}}}
      dtype: [{dtype}]
"""


def write_case_file(folder: Path, frameworks: Sequence[str], seeds: int, dtype: str = "float32") -> Path:
    """Write `folder`/kl_div.yaml with `CHECKS_PER_SEED` checks a framework and seed; return its path."""
    apis = "".join(
        _API.format(name=name, kind=kind)
        for framework in frameworks
        for name, kind in zip(_APIS[framework], ("class", "function"), strict=True)
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kl_div.yaml"
    path.write_text(_TEXT.format(apis=apis, seeds=seeds, dtype=dtype), encoding="utf-8")
    return path
