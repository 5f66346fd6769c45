"""Forms: a formula with another function for one of its parts, or under another convention."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from conformance.casefile import load as load_cases
from conformance.plan import Target, expand, materialise, upstream
from conformance.reference import evaluate, evaluate_gradients, known, load

CASES = Path(__file__).parents[2] / "cases"
FORMS = [
    (operator, function, name, chosen)
    for operator in known()
    for module in [importlib.import_module(f"conformance.reference.{operator}")]
    for table, function in (
        ("FORMULAS", operator),
        ("ALTERNATIVES", operator),
        ("VJP_ALTERNATIVES", f"{operator}_vjp"),
    )
    for name, chosen in getattr(module, table, {}).items()
]
X, Y = np.array([[-0.5, -1.25], [-2.0, -0.125]]), np.array([[0.5, 0.5], [0.0, 1.0]])


@pytest.mark.parametrize(("operator", "function", "name", "chosen"), FORMS)
def test_a_form_changes_parts_and_conventions_that_the_function_has(
    operator: str, function: str, name: str, chosen: Mapping[str, Any]
) -> None:
    known = vars(importlib.import_module(f"conformance.reference.{operator}"))[function]
    parameters, hints = inspect.signature(known).parameters, typing.get_type_hints(known)
    assert chosen
    for word, other in chosen.items():
        assert parameters[word].kind is inspect.Parameter.KEYWORD_ONLY
        assert other != parameters[word].default
        if callable(other):
            assert other.__doc__, "reports print the first line"
        else:
            assert typing.get_origin(hints[word]) is Literal
            assert other in typing.get_args(hints[word])


@pytest.mark.parametrize("operator", known())
def test_forms_take_what_the_function_takes(operator: str) -> None:
    formula = load(operator)
    plan = expand([load_cases(CASES / f"{operator}.yaml")], [Target("torch", "torch")])
    check = next(check for check in plan.checks if check.spec.case.gradients)
    call = materialise(check.spec)
    given = formula, call.arrays, check.spec.attributes, "float32"
    value = evaluate(*given).value
    for name in (*formula.formulas, *formula.alternatives):
        assert evaluate(*given, function=name).value.shape == value.shape
    gradients = evaluate_gradients(*given, upstream(call, value.shape))
    for name in formula.vjp_alternatives:
        others = evaluate_gradients(*given, upstream(call, value.shape), function=name)
        assert {of: other.value.shape for of, other in others.items()} == {
            of: gradient.value.shape for of, gradient in gradients.items()
        }


@pytest.mark.parametrize("operator", known())
def test_no_two_functions_of_an_operator_are_taken_for_each_other(operator: str) -> None:
    """Enclosures are kept by the function's name."""
    formula = load(operator)
    functions = [formula.function, formula.vjp, *formula.formulas.values()]
    functions += [*formula.alternatives.values(), *formula.vjp_alternatives.values()]
    names = [function.__qualname__ for function in functions if function is not None]
    assert len(set(names)) == len(names)


def test_parts_are_no_conventions() -> None:
    formula = load("kl_div")
    assert formula.conventions["zero_target"] == ("zero", "nan")
    assert not {"terms", "by_target"} & {*formula.conventions}


def test_a_form_takes_the_conventions_of_its_function_but_not_its_own_again() -> None:
    formula, inputs = load("kl_div"), {"input": X, "target": Y}
    attributes = {"reduction": "none"}
    usual = evaluate(formula, inputs, attributes, "float64", function="expanded").value
    other = evaluate(
        formula, inputs, attributes, "float64", function="expanded", conventions={"zero_target": "nan"}
    ).value
    assert np.isfinite(usual).all()
    assert np.isnan(other).tolist() == [[False, False], [True, False]]
    with pytest.raises(TypeError, match="zero_target"):
        evaluate(
            formula, inputs, attributes, "float64", function="printed", conventions={"zero_target": "nan"}
        )


def test_a_form_of_the_gradients_takes_theirs() -> None:
    formula, inputs = load("kl_div"), {"input": X, "target": Y}
    for choice, expected in (("limit", np.inf), ("zero", 0.0), ("nan", np.nan)):
        got = evaluate_gradients(
            formula,
            inputs,
            {"reduction": "none"},
            "float64",
            np.ones((2, 2)),
            function="stepwise",
            conventions={"zero_target_gradient": choice},
            certified=False,
        )["target"].value[1, 0]
        assert np.array_equal(abs(got), expected, equal_nan=True)
