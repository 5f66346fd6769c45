"""Which checks the suite is asked about, and what a right kernel's mismatch is put down to."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from power_project import operator

from conformance.power.bench import Bench
from conformance.power.excuses import excuse
from conformance.power.figures import Innocent
from conformance.power.plan import Cast, checks_of, simulated
from conformance.power.rivals import Rivals
from conformance.power.survey import TRIED, Survey, nearest, spread, survey
from conformance.power.trials import rounds

CASES = """\
  - id: near
    summary: t - x is exact, and exp(t) t - exp(t) x cancels
    inputs: {input: [-2.984375, -3.984375, -7.96875], target: [-3, -4, -8]}
    attributes: {log_target: true, reduction: none}
    matrix: {dtype: [bfloat16]}
  - id: large
    summary: y log y overflows where y (log y - x) does not
    inputs: {input: [88.0, 88.25], target: [3.0e+38, 2.5e+38]}
    matrix: {reduction: [none], dtype: [bfloat16]}
  - id: infinite
    summary: y log y - y x is infinity less infinity
    inputs: {input: [3.0, -1.0], target: [.inf, 0.5]}
    matrix: {reduction: [none], dtype: [bfloat16]}
  - id: small
    summary: beneath an absolute tolerance of 1e-5
    inputs: {input: [-1.0, -2.0, -0.5], target: [1.0e-7, 2.0e-7, 3.0e-7]}
    matrix: {reduction: [none], dtype: [bfloat16]}
  - id: sums
    summary: single numbers, and several
    inputs: {input: [-1.0, -2.0, -0.5], target: [0.5, 0.25, 0.25]}
    matrix: {reduction: [none, sum, mean], dtype: [bfloat16]}
"""


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Any:
    cases = operator(tmp_path_factory.mktemp("survey"), CASES)
    fake = simulated(cases, "bfloat16")
    return Bench(cases, "bfloat16"), Cast(fake), checks_of(fake)


def noted(checks: Any, case: str, kernel: str) -> str:
    """The list that a kernel's mismatch in a case goes to."""
    bench, cast, every = checks
    check = next(check for check in every if check.spec.case.id == case)
    one = Innocent("kl_div", "value", kernel, bench.known[kernel].kind, "bfloat16")
    found = excuse(one, bench, cast.check(check, kernel))
    (name,) = (
        name
        for name in ("overflowed", "undefined", "cancelled", "false_alarms")
        if getattr(one, name) is found
    )
    return name


def test_what_another_form_gets_wrong_is_put_down_to_it(checks: Any) -> None:
    assert noted(checks, "near", "expanded-form") == "cancelled"
    assert noted(checks, "large", "expanded-form") == "overflowed"
    assert noted(checks, "infinite", "expanded-form-wide") == "undefined"


def test_what_no_other_form_explains_is_a_false_alarm(checks: Any) -> None:
    assert noted(checks, "near", "operation-by-operation") == "false_alarms"
    assert noted(checks, "sums", "expanded-form") == "false_alarms"


def test_a_mutant_is_noted_where_its_result_is_wrong(checks: Any) -> None:
    bench, _, every = checks
    found = Survey()
    wanted = [(None, name) for name in ("sign", "times-1+1ulp", "reduction=sum")]
    for latest in survey(bench, [check for check in every if check.spec.case.id == "sums"], wanted):
        found = latest
    assert [check.variant for check in found.wrong[None, "sign"]] == [
        "reduction:none",
        "reduction:sum",
        "reduction:mean",
    ]
    assert (None, "times-1+1ulp") not in found.wrong
    assert [check.variant for check in found.wrong[None, "reduction=sum"]] == [
        "reduction:none",
        "reduction:mean",
    ]


def test_a_mutant_is_looked_at_until_there_is_enough_of_it(checks: Any) -> None:
    bench, _, every = checks
    first = next(check for check in every if check.spec.case.id == "sums")
    repeated = [copy.copy(first) for _ in range(TRIED + 3)]
    rivals = Rivals("kl_div", "bfloat16")
    for whole, those, seen in ((True, None, TRIED + 3), (False, None, TRIED), (False, rivals, TRIED)):
        (*_, found) = survey(bench, repeated, [(None, "sign")], those, whole=whole)
        assert len(found.wrong[None, "sign"]) == seen
        assert found.enough((None, "sign"))
    # What the default tolerances do not see is looked at to the end, for their sake.
    small = next(check for check in every if check.spec.case.id == "small")
    repeated = [copy.copy(small) for _ in range(TRIED + 3)]
    (*_, found) = survey(bench, repeated, [(None, "half")], Rivals("kl_div", "bfloat16"), whole=False)
    assert len(found.wrong[None, "half"]) == TRIED + 3


def test_results_of_several_numbers_are_asked_about_first(checks: Any) -> None:
    _, _, every = checks
    none, total, mean = (check for check in every if check.spec.case.id == "sums")
    found = Survey(wrong={(None, "sign"): [total, none, mean]}, telling={id(none)})
    assert found.chosen((None, "sign"), 2) == [none, total]
    assert found.rest((None, "sign"), [none, total]) == [mean]
    assert found.rest((None, "other"), []) == []
    assert Survey(accepted={(None, "sign"): [mean, none]}).chosen((None, "sign")) == [mean]


def test_the_cases_that_come_nearest_to_a_survivor_are_told(checks: Any) -> None:
    bench, _, every = checks
    sums = [check for check in every if check.spec.case.id == "sums"]
    ((case, ratio),) = nearest(bench, bench.known["times-1+1ulp"], sums)
    assert case == "sums"
    assert 0 < ratio <= 1
    ((_, far),) = nearest(bench, bench.known["times-1+4ulp"], sums)
    assert far > ratio


def test_every_case_comes_once_before_any_comes_twice(checks: Any) -> None:
    _, _, every = checks
    cases = ["near", "large", "infinite", "small", "sums", "sums"]
    assert [check.spec.case.id for check in spread(every, 6)] == cases
    assert [check.spec.case.id for check in spread(every, 2)] == ["near", "infinite"]


def test_large_calls_are_left_to_right_kernels_and_survivors(tmp_path: Path) -> None:
    cases = """\
  - id: many
    summary: many terms
    inputs:
      input: {generator: log_probabilities, seed: 1}
      target: {generator: probabilities, seed: 2}
    matrix: {shape: [[5], [6000], [200000]], reduction: [sum], dtype: [float32]}
"""
    parts = rounds(checks_of(simulated(operator(tmp_path, cases), "float32")))
    assert [check.variant for check in parts.first] == ["shape:5+reduction:sum"]
    assert [check.variant for check in parts.second] == ["shape:6000+reduction:sum"]
    assert len(parts.innocent) == 2
