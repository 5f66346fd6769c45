"""Cases that cannot be planned are problems of their own, and of no other."""

from __future__ import annotations

import pytest
from op_file import PLAIN, MakeOperator, MakePlan

from conformance.plan import Plan, Target, expand

TORCH = (Target("torch", "torch"),)


def test_an_unknown_generator_is_a_problem_of_its_case_alone(plan: MakePlan) -> None:
    made = plan(
        "  - id: bad\n    summary: s\n    inputs: {x: {generator: unifrom, shape: [2]}, y: 1}\n" + PLAIN
    )
    assert {check.spec.case.id for check in made.checks} == {"plain"}
    (problem,) = made.problems
    line = made.checks[0].spec.case.location.line - 3
    assert str(problem) == (
        f"op.yaml:{line}: bad.inputs.x: unknown generator 'unifrom'; known: alternating, constant, "
        "every_value, integers, log_probabilities, magnitudes, normal, probabilities, signs, uniform"
    )


@pytest.mark.parametrize(
    ("option", "known"),
    [
        ("hihg: 2", "high, low, stream"),
        ("axis: 0", "high, low, stream"),
        ("stream: s", None),
        ("low: 1", None),
    ],
)
def test_an_unknown_option_of_a_generator_is_a_problem_of_its_case(
    plan: MakePlan, option: str, known: str | None
) -> None:
    made = plan(
        f"  - id: a\n    summary: s\n    inputs: {{x: 1, y: {{generator: uniform, shape: [2], {option}}}}}\n"
    )
    told = f"a.inputs.y: generator uniform has no option {option.split(':')[0]!r}; known: {known}"
    assert [problem.message for problem in made.problems] == ([told] if known else [])
    assert bool(made.checks) is (known is None)


def test_two_checks_of_one_id_are_a_problem_of_the_later_case_alone(operator: MakeOperator) -> None:
    first = operator(PLAIN)
    second = operator(PLAIN + PLAIN.replace("id: plain", "id: other"))
    made = expand([first, second], TORCH)
    assert {check.spec.operator is first for check in made.checks if check.spec.case.id == "plain"} == {True}
    assert {check.spec.case.id for check in made.checks} == {"plain", "other"}
    (problem,) = made.problems
    assert problem.location == second.cases[0].location
    assert problem.message == "plain: two checks would have the same id"


def test_values_that_look_alike_in_ids_are_a_problem(plan: MakePlan) -> None:
    made = plan(
        PLAIN + "    matrix: {mode: [none, 'null', mean], size: [null]}\n" + PLAIN.replace("plain", "other")
    )
    assert not made.problems
    made = plan(
        PLAIN + "    matrix: {mode: ['1', '2'], size: ['1', 1]}\n" + PLAIN.replace("id: plain", "id: other")
    )
    assert [problem.message for problem in made.problems] == ["plain: two checks would have the same id"]
    assert {check.spec.case.id for check in made.checks} == {"other"}


def test_one_environment_given_twice_is_a_problem(plan: MakePlan) -> None:
    assert plan(PLAIN, targets=TORCH + TORCH).problems


def test_nothing_to_do(operator: MakeOperator) -> None:
    assert expand([], TORCH) == Plan()
    assert expand([operator(PLAIN)], []) == Plan()
