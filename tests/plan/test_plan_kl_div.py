"""The suite's first case file: it expands, and its labels mean what they say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance import reference
from conformance.casefile import load
from conformance.model import CallSpec, Case, Operator
from conformance.plan import CallCache, Plan, Target, expand, materialise, upstream

PATH = Path(__file__).parents[2] / "cases" / "kl_div.yaml"
FRAMEWORKS = ("torch", "mindspore", "oneflow")
SMALL = 1000  # elements of a call that is cheap to evaluate many times

CACHE = CallCache()
Value = Any  # an array, or the text of a refusal


@cache
def operator() -> Operator:
    return load(PATH, reference.known())


@cache
def plan() -> Plan:
    return expand([operator()], [Target(name, name) for name in FRAMEWORKS])


@cache
def facts() -> dict[CallSpec, tuple[str, str, int]]:
    """Each call, with its variant, key and bytes."""
    made = {}
    for check in plan().checks:
        if check.spec not in made:
            call = materialise(check.spec)
            made[check.spec] = (check.variant, call.key, call.nbytes)
    return made


def calls(case: Case, dtype: str = "float32") -> Iterator[CallSpec]:
    """The small calls of a case, in `dtype` or else its first; its smallest where none is small."""
    dtype = dtype if dtype in case.dtypes else case.dtypes[0]
    sizes = {
        spec: nbytes for spec, (_, _, nbytes) in facts().items() if spec.case is case and spec.dtype == dtype
    }
    small = [spec for spec, nbytes in sizes.items() if nbytes <= 8 * SMALL]
    yield from small or [min(sizes, key=sizes.__getitem__)]


def value(spec: CallSpec, **conventions: str) -> Value:
    """The reference value of a call, and the gradients that its case asks for."""
    call, formula = CACHE.get(spec), reference.load("kl_div")
    arrays = {name: np.asarray(array) for name, array in call.arrays.items()}
    asked: dict[str, Any] = {"conventions": conventions, "certified": False}
    try:
        found = reference.evaluate(formula, arrays, spec.attributes, spec.dtype, **asked).value
        if not spec.case.gradients:
            return [found]
        start = upstream(call, found.shape)
        gradients = reference.evaluate_gradients(formula, arrays, spec.attributes, spec.dtype, start, **asked)
    except ValueError as refusal:
        return str(refusal)
    return [found, *(gradients[name].value for name in spec.case.gradients)]


def differ(one: Value, other: Value) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return bool(type(one) is not type(other) or one != other)
    return not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


@cache
def effective(spec: CallSpec) -> set[tuple[str, str]]:
    """The conventions and choices that change the reference of a call."""
    usual = value(spec)
    return {
        (name, choice)
        for name, choices in reference.load("kl_div").conventions.items()
        for choice in choices[1:]
        if differ(usual, value(spec, **{name: choice}))
    }


def test_it_expands_to_thousands_of_checks_of_three_frameworks() -> None:
    assert not plan().problems
    assert len(plan().checks) >= 8000
    for framework in FRAMEWORKS:
        assert sum(check.api.framework == framework for check in plan().checks) > 1500


def test_its_ids_are_unique_and_safe() -> None:
    ids = [check.id for check in plan().checks]
    assert len(set(ids)) == len(ids)
    assert not [id for id in ids if set(id) & set("[]() \t\n\\\"'`$*?") or id.count("/") != 8 or "::" in id]


def test_every_case_has_checks() -> None:
    assert {check.spec.case.id for check in plan().checks} == {case.id for case in operator().cases}


def test_every_input_can_be_made() -> None:
    assert facts().keys() == {check.spec for check in plan().checks}


def test_one_call_has_one_key_and_two_calls_of_a_case_have_two() -> None:
    """A variant that repeats another would count one result twice."""
    by_key: dict[tuple[str, str], set[str]] = {}
    for spec, (variant, call, _) in facts().items():
        layouts = "+".join(source.layout for source in spec.inputs)
        key = (spec.case.id, f"{call} {spec.dtype} {layouts}")
        by_key.setdefault(key, set()).add(variant)
    assert not {key: variants for key, variants in by_key.items() if len(variants) > 1}


def test_the_file_and_the_reference_agree_on_the_conventions() -> None:
    in_file = {
        name: (convention.reference, set(convention.choices))
        for name, convention in operator().conventions.items()
    }
    in_reference = {
        name: (known[0], set(known)) for name, known in reference.load("kl_div").conventions.items()
    }
    assert in_file == in_reference


def test_every_convention_is_exercised() -> None:
    named = {name for case in operator().cases for name in case.conventions}
    assert named == set(operator().conventions)


@pytest.mark.parametrize(
    "case", [case for case in operator().cases if case.conventions], ids=lambda case: case.id
)
def test_a_convention_that_a_case_names_changes_its_reference(case: Case) -> None:
    changed: set[str] = set()
    for dtype in ("float32", "float16"):  # in which some numbers round to a special one
        if not set(case.conventions) <= changed:
            changed |= {name for spec in calls(case, dtype) for name, _ in effective(spec)}
    assert set(case.conventions) <= changed


def test_a_case_that_names_no_convention_depends_on_none() -> None:
    silent = [case for case in operator().cases if not case.conventions and not case.refused]
    found = {(case.id, *choice) for case in silent for spec in calls(case) for choice in effective(spec)}
    assert not found


def test_every_choice_makes_a_difference_somewhere() -> None:
    seen = {
        choice
        for case in operator().cases
        if case.conventions
        for spec in calls(case)
        for choice in effective(spec)
    }
    known = reference.load("kl_div").conventions
    assert seen == {(name, choice) for name, choices in known.items() for choice in choices[1:]}


def test_what_mathematics_answers_is_answered_and_nothing_else() -> None:
    for case in operator().cases:
        if not case.refused:
            for spec in calls(case):
                assert not isinstance(value(spec), str), spec.case.id


def test_documented_formulas_exist_in_the_reference() -> None:
    formulas = reference.load("kl_div").formulas
    for case in operator().cases:
        assert case.formula is None or case.formula in formulas
