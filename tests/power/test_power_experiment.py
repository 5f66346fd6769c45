"""Mutants and right kernels through a real worker, judge and results file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from power_project import CASES, operator

from conformance.model import DTYPES
from conformance.mutants import choices_of
from conformance.plan import materialise
from conformance.power.domain import probes
from conformance.power.figures import Evidence
from conformance.power.plan import checks_of, simulated, subject_of
from conformance.power.subjects import Kind, subjects
from conformance.power.trials import rounds
from conformance.reference import load
from conformance.results import number

FORMULA = load("kl_div")


def pair(evidence: Evidence, name: str, aspect: str = "value") -> Any:
    return evidence.pairs["kl_div", aspect, "float32", name]


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("log-is-log2", "ordinary"),
        ("divisor-1", "ordinary"),
        ("sign", "ordinary"),
        ("zero_target=nan", "zero"),
    ],
)
def test_a_defect_that_the_cases_can_see_is_killed_and_named(
    evidence: Evidence, name: str, case: str
) -> None:
    found = pair(evidence, name)
    assert found.killed_by[case] > 0
    assert found.diagnosed
    assert found.counts


def test_a_defect_that_the_cases_cannot_see_survives_with_inputs_that_would_show_it(
    evidence: Evidence,
) -> None:
    found = pair(evidence, "log-plus-1e-38")
    assert not found.killed
    assert found.counts
    assert "reduction='none'" in found.shows
    assert "target=" in found.shows


def test_a_change_that_changes_nothing_does_not_count(evidence: Evidence) -> None:
    assert not pair(evidence, "times-1+1ulp").counts
    assert not pair(evidence, "add-first-only").counts  # there is no sum of two in the formula


def test_defects_of_gradients_are_killed_and_named(evidence: Evidence) -> None:
    for name in ("gradient-dropped", "upstream-ignored", "sign", "reduction=sum"):
        assert pair(evidence, name, "gradient:target").diagnosed, name


def test_right_kernels_pass_but_where_their_form_of_the_formula_is_not_finite(evidence: Evidence) -> None:
    right = [one for one in evidence.innocents.values() if one.kind is Kind.LEGITIMATE and one.outcomes]
    assert len(right) > 10
    for one in right:
        expanded = one.aspect == "value" and one.kernel.startswith("expanded")
        assert one.false_alarms == [], one.kernel
        assert [name.split("/")[1] for name in one.undefined] == ["infinite"] * expanded
        overflows = expanded and not ("wide" in one.kernel or "fused" in one.kernel)
        assert [name.split("/")[1] for name in one.overflowed] == ["large"] * overflows
        assert one.outcomes["pass"] == one.outcomes.total() - len(one.undefined) - len(one.overflowed)


def test_a_worker_returns_what_the_same_kernel_returns_here(
    evidence: Evidence, records: list[Any], folder: Path
) -> None:
    fake = simulated(operator(folder), "float32")
    known = subjects(FORMULA, "float32", choices_of(fake))
    checks = {check.id: check for check in checks_of([fake], "float32") if check.of is None}
    compared = 0
    for record in records:
        check = checks.get(record["id"])
        if check is None or record["outcome"] == "error":
            continue
        call = materialise(check.spec)
        mine = known[subject_of(check)].run(call.arrays, call.spec.attributes)
        theirs = [number(form) for form in record["actual"]["values"]]
        assert np.array_equal(mine.astype(np.float64).ravel(), theirs, equal_nan=True)
        compared += 1
    assert compared > 150


def test_default_tolerances_miss_what_the_bound_sees(evidence: Evidence) -> None:
    by_judge = {one.judge: one for one in evidence.rivalries if one.dtype == "float32"}
    bound, torch = by_judge["this suite"], by_judge["torch.testing.assert_close"]
    assert ("kl_div", "times-1+8ulp") in bound.killed - torch.killed
    assert bound.alarmed == 0 < bound.innocent


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_probe_calls_a_usual_kernel_wrong(dtype: str, tmp_path: Path) -> None:
    text = CASES.replace("dtype: [float32]", f"dtype: [{dtype}]")
    fake = simulated(operator(tmp_path, text), dtype)
    specs = [check.spec for check in checks_of([fake], dtype)][:1]
    usual = subjects(FORMULA, dtype, choices_of(fake))["usual"]
    count = 0
    for probe in probes(FORMULA, fake.inputs, specs, dtype):
        assert probe.shows(usual) is None
        assert probe.sound.mean() > 0.5
        count += 1
    assert count > 10


def test_what_is_left_for_the_second_round_is_for_mutants_alone(folder: Path) -> None:
    many = """\
  - id: many
    summary: many variants
    inputs:
      input: {generator: log_probabilities, seed: 1}
      target: {generator: probabilities, seed: 2}
    matrix: {shape: [[1], [2], [3], [4], [5], [6000], [200000]], reduction: [sum], dtype: [float32]}
"""
    checks = checks_of([simulated(operator(folder, many), "float32")], "float32")
    kinds = {
        name: subject.kind
        for name, subject in subjects(FORMULA, "float32", choices_of(operator(folder))).items()
    }
    first, second = rounds(checks, kinds)
    assert {kinds[subject_of(check)] for check in second} == {Kind.MUTANT}
    assert not {check.id for check in first} & {check.id for check in second}
    assert not [check for check in (*first, *second) if "200000" in check.variant]
    assert [check.variant for check in first if subject_of(check) == "sign"] == [
        "shape:1+reduction:sum",
        "shape:2+reduction:sum",
        "shape:4+reduction:sum",
    ]
