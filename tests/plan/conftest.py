"""Operators from YAML text, and their checks."""

from __future__ import annotations

from pathlib import Path

import pytest
from op_file import APIS, HEAD, TARGETS, MakeOperator, MakePlan, MakeSpec

from conformance.casefile import load
from conformance.model import CallSpec, Operator
from conformance.plan import Plan, Target, expand


@pytest.fixture
def operator(tmp_path: Path) -> MakeOperator:
    """The operator with these cases (YAML list items, indented by two) and API rows."""

    def make(cases: str, apis: str = APIS, name: str = "op") -> Operator:
        path = tmp_path / f"{name}.yaml"
        path.write_text(HEAD.replace("operator: op", f"operator: {name}") + apis + "cases:\n" + cases)
        return load(path, shown_as=f"{name}.yaml")

    return make


@pytest.fixture
def plan(operator: MakeOperator) -> MakePlan:
    """The checks of cases, in two environments."""

    def make(cases: str, apis: str = APIS, targets: tuple[Target, ...] = TARGETS) -> Plan:
        return expand([operator(cases, apis)], targets)

    return make


@pytest.fixture
def spec(plan: MakePlan) -> MakeSpec:
    """The one call that a case with these inputs makes in a dtype."""

    def make(inputs: str, dtype: str = "float32", rest: str = "{}") -> CallSpec:
        case = f"  - id: a\n    summary: s\n    inputs: {inputs}\n    attributes: {rest}\n"
        found = {id(check.spec): check.spec for check in plan(case).checks if check.spec.dtype == dtype}
        assert len(found) == 1
        return next(iter(found.values()))

    return make
