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
from conformance.power.bench import Bench
from conformance.power.domain import MANY, NO_NUMBERS, probes
from conformance.power.figures import Evidence
from conformance.power.plan import Cast, checks_of, simulated, subject_of
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
    cast = Cast(fake)
    checks = {}
    for check in checks_of(fake):
        mine_of_it = [cast.check(check, name) for name in known] if check.of is None else []
        checks.update({one.id: one for one in mine_of_it})
    compared = 0
    for record in records:
        check = checks.get(record["id"])
        if check is None:
            continue
        call = materialise(check.spec)
        mine = known[subject_of(check)].run(call.arrays, call.spec.attributes)
        theirs = [number(form) for form in record["actual"]["values"]]
        assert np.array_equal(mine.astype(np.float64).ravel(), theirs, equal_nan=True)
        compared += 1
    assert compared > 150
    assert {record["outcome"] for record in records} <= {"pass", "degraded", "vacuous", "mismatch"}


def test_default_tolerances_miss_what_the_bound_sees(evidence: Evidence) -> None:
    by_judge = {one.judge: one for one in evidence.rivalries if one.dtype == "float32"}
    bound, torch = by_judge["this suite"], by_judge["torch.testing.assert_close"]
    assert "times-1+8ulp" in bound.killed - torch.killed
    assert bound.alarmed == 0 < bound.innocent


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_probe_calls_a_usual_kernel_wrong(dtype: str, tmp_path: Path) -> None:
    text = CASES.replace("dtype: [float32]", f"dtype: [{dtype}]")
    cases = operator(tmp_path, text)
    bench = Bench(cases, dtype)
    checks = [check for check in checks_of(simulated(cases, dtype)) if check.of is None]
    sound = [probe.sound.mean() for probe in probes(bench, checks, dtype)]
    assert len(sound) > 10
    assert np.mean(sound) > 0.5  # sums of numbers from the whole range are infinite mostly
    for probe in probes(bench, checks, dtype):
        assert probe.shows(bench.known["usual"]) is None


def test_the_domain_holds_numbers_of_all_sizes_and_few_inputs_without_a_number(tmp_path: Path) -> None:
    cases = operator(tmp_path, CASES.replace("dtype: [float32]", "dtype: [float64]"))
    checks = [check for check in checks_of(simulated(cases, "float64")) if check.of is None]
    probed = list(probes(Bench(cases, "float64"), checks, "float64"))
    each = [probe for probe in probed if probe.usual.shape == probe.inputs["target"].shape]
    numbers = np.concatenate([probe.inputs["target"].ravel() for probe in each])
    assert numbers.min() == 0
    assert np.min(numbers[numbers > 0]) == 2.0**-1074
    assert numbers.max() == np.finfo(np.float64).max
    without = [probe for probe in each if not np.isfinite(probe.reference.value).any()]
    assert without
    assert max(probe.usual.size for probe in without) <= NO_NUMBERS
    together = [probe for probe in probed if not probe.usual.shape]
    assert max(probe.inputs["target"].size for probe in together) == MANY[0]


def test_few_variants_of_a_case_are_for_all_mutants_and_all_small_ones_for_right_kernels(
    folder: Path,
) -> None:
    many = """\
  - id: many
    summary: many variants
    inputs:
      input: {generator: log_probabilities, seed: 1}
      target: {generator: probabilities, seed: 2}
    matrix: {shape: [[1], [2], [3], [4], [5], [6000], [200000]], reduction: [sum], dtype: [float32]}
"""
    checks = checks_of(simulated(operator(folder, many), "float32"))
    parts = rounds(checks)
    names = [check.variant.partition("+")[0] for check in parts.first]
    assert names == ["shape:1", "shape:2", "shape:3", "shape:4"]
    assert [check.variant for check in parts.second] == ["shape:5+reduction:sum", "shape:6000+reduction:sum"]
    assert len(parts.innocent) == 6
