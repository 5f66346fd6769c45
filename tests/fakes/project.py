"""A small project around the fake framework: case files, environments, expectations."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]

ENVIRONMENTS = """
[tool.conformance.environments]
fake = { adapter = "tests.fakes.adapter:FakeAdapter", build = "make fake" }
"""

BROKEN_ENVIRONMENT = """\
broken = { framework = "fake", adapter = "tests.fakes.adapter:MissingAdapter", build = "make it whole" }
"""

_HEAD = """\
operator: kl_div
inputs: [input, target]
attributes: {reduction: mean, log_target: false, size_average: null, reduce: null}
documents:
  paper: {title: A paper}
conventions:
  zero_target: {question: What is 0 log 0?, reference: zero, source: limit, choices: {zero: "0", nan: NaN}}
apis:
"""

_API = """\
  fake.NAME.kl_div:
    kind: function
    document: paper
    parameters: {size_average: {}, reduce: {}, reduction: {default: mean}, log_target: {default: false}}
"""

ONE_CASE = """\
  - id: one
    summary: one call
    inputs: {input: [-1.0, -2.0], target: [0.25, 0.75]}
    matrix: {reduction: [sum], dtype: [float32]}
"""


def case_file(behaviours: Iterable[str], cases: str = ONE_CASE, **extra: str) -> str:
    """A case file of kl_div with the API ``fake.<behaviour>.kl_div`` of each behaviour.

    `extra` maps a behaviour to further lines of its API's row.
    """
    rows = [
        _API.replace("NAME", name) + "".join(f"    {line}\n" for line in extra.get(name, "").splitlines())
        for name in behaviours
    ]
    return f"{_HEAD}{''.join(rows)}cases:\n{cases}"


def write_project(
    folder: Path,
    behaviours: Iterable[str] = ("right",),
    cases: str = ONE_CASE,
    environments: str = "",
    adapter: str = "FakeAdapter",
    **extra: str,
) -> Path:
    """Write ``pyproject.toml`` and ``cases/kl_div.yaml`` into `folder`, and return the case file's path.

    `adapter` is that of the environment `fake`, `environments` are lines about others.
    """
    own = ENVIRONMENTS.replace("FakeAdapter", adapter)
    (folder / "pyproject.toml").write_text(own + environments)
    path = folder / "cases" / "kl_div.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(case_file(behaviours, cases, **extra))
    return path


def expect(folder: Path, *entries: str) -> Path:
    """Write ``cases/expectations/fake.yaml`` with `entries` (flow mappings), and return its path."""
    path = folder / "cases" / "expectations" / "fake.yaml"
    path.parent.mkdir(exist_ok=True)
    lines = "".join(f"  - {entry}\n" for entry in entries)
    path.write_text(f"framework: fake\nexpectations:\n{lines}" if entries else "expectations: []\n")
    return path


def surroundings(**variables: str) -> dict[str, str]:
    """The environment variables for a process that runs the suite of this checkout."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **variables}
