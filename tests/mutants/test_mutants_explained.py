"""Wrong results are explained by the mutant that makes them, values and gradients alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.casefile import load as load_cases
from conformance.model import NamedCallable
from conformance.mutants import UPSTREAM, catalogue, choices_of, gradient_of
from conformance.plan import Target, expand, materialise, upstream
from conformance.reference import load
from conformance.run.hypotheses import Explainer
from conformance.run.references import Machine, References
from tests.fakes.project import case_file

CASES = Path(__file__).parents[2] / "cases"
CASE = """\
  - id: ordinary
    summary: a few distributions
    inputs:
      input: {generator: log_probabilities, shape: [3, 5], seed: 1}
      target: {generator: probabilities, shape: [3, 5], seed: 2}
    matrix: {reduction: [none, mean, sum], dtype: [float16, bfloat16, float32, float64]}
"""
REFERENCES = References()


def call(folder: Path, dtype: str, reduction: str) -> Any:
    path = folder / "kl_div.yaml"
    documented = "reduction: {default: mean, values: [none, mean, batchmean, sum]}"
    path.write_text(case_file(["right"], CASE).replace("reduction: {default: mean}", documented))
    for check in expand([load_cases(path)], [Target("fake", "fake")]).checks:
        if (check.spec.dtype, check.spec.attributes["reduction"]) == (dtype, reduction):
            return materialise(check.spec)
    raise AssertionError


def golden(operator: str, case: str, dtype: str) -> Any:
    """The first call of a golden case in a dtype."""
    cases = load_cases(CASES / f"{operator}.yaml")
    for check in expand([cases], [Target("torch", "torch")]).checks:
        if (check.spec.case.id, check.spec.dtype) == (case, dtype):
            return materialise(check.spec)
    raise AssertionError


def explained(made: Any, name: str, of: str | None = None) -> str | None:
    """What the explanation of the result of the mutant `name` is named."""
    original = load(made.spec.operator.name)
    formula = original if of is None else gradient_of(original, of)
    mutants = catalogue(formula, made.spec.dtype, choices_of(made.spec.operator))
    (mutant,) = (one for one in mutants if one.name == name)
    inputs, attributes, given = made.arrays, made.spec.attributes, None
    reference = REFERENCES.primary(made, Machine())
    if of is not None:
        given = upstream(made, reference.value.shape)
        inputs = {**inputs, UPSTREAM: given}
        reference = REFERENCES.gradients(made, Machine(), given)[of]
    actual = mutant.simulated(formula, inputs, attributes, made.spec.dtype)
    found = Explainer(REFERENCES).explain(made, actual, reference, of, given)
    return found.name if found else None


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", ["sign", "log-is-log2", "subtract-first-only", "twice", "half", "swapped"])
def test_a_wrong_value_is_explained(tmp_path: Path, dtype: str, name: str) -> None:
    assert explained(call(tmp_path, dtype, "none"), name) == name


@pytest.mark.parametrize("reduction", ["none", "mean"])
@pytest.mark.parametrize("distance", [None, "manhattan"])
def test_inputs_of_other_shapes_that_are_swapped_are_explained(reduction: str, distance: str | None) -> None:
    """What is swapped may round by more than what is right may."""
    operator = load_cases(CASES / "triplet_margin_with_distance_loss.yaml")
    wanted = {"reduction": reduction, "distance_function": distance and NamedCallable(distance)}
    (made,) = {
        id(check.spec): materialise(check.spec)
        for check in expand([operator], [Target("torch", "torch")]).checks
        if check.spec.case.id == "broadcast" and {**check.spec.attributes, **wanted} == check.spec.attributes
    }.values()
    assert made.arrays["anchor"].shape != made.arrays["positive"].shape
    assert explained(made, "swapped") == "swapped"


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_another_reduction_is_named_even_where_its_bound_is_far_wider(tmp_path: Path, reduction: str) -> None:
    other = {"mean": "sum", "sum": "mean"}[reduction]
    assert explained(call(tmp_path, "float32", reduction), f"reduction={other}") == f"reduction={other}"


def test_a_result_of_another_shape_is_explained_by_the_reduction_that_has_it(tmp_path: Path) -> None:
    assert explained(call(tmp_path, "float32", "mean"), "reduction=none") == "reduction=none"


@pytest.mark.parametrize("count", [64, 1024, 2**20])
def test_a_factor_that_all_elements_share_is_found(tmp_path: Path, count: int) -> None:
    assert explained(call(tmp_path, "float32", "none"), f"times-1+{count}ulp") == "times"


def test_a_single_number_is_no_evidence_of_a_factor(tmp_path: Path) -> None:
    assert explained(call(tmp_path, "float64", "mean"), f"times-1+{2**40}ulp") != "times"


@pytest.mark.parametrize("of", ["input", "target"])
@pytest.mark.parametrize("name", ["sign", "upstream-ignored", "gradient-dropped", "twice"])
def test_a_wrong_gradient_is_explained(tmp_path: Path, of: str, name: str) -> None:
    assert explained(call(tmp_path, "float32", "mean"), name, of) == name


@pytest.mark.parametrize("of", ["input", "target"])
def test_a_gradient_that_forgets_the_divisor_is_that_of_another_reduction(tmp_path: Path, of: str) -> None:
    found = explained(call(tmp_path, "float32", "mean"), "reduction=sum", of)
    assert found in ("reduction=sum", "reduction=none")  # under one upstream number they are the same


def test_a_dropped_term_of_a_gradient_is_explained(tmp_path: Path) -> None:
    made = call(tmp_path, "float32", "none")
    assert explained(made, "add-first-only", "target") == "add-first-only"


def test_narrower_logarithms_are_explained(tmp_path: Path) -> None:
    made = call(tmp_path, "float64", "none")
    assert explained(made, "elementary-float32") == "elementary-float32"


def test_numbers_where_zero_is_due_are_explained() -> None:
    made = golden("triplet_margin_with_distance_loss", "reductions", "float32")
    assert explained(made, "swapped", "anchor") == "swapped"


def test_an_attribute_that_makes_no_difference_explains_nothing() -> None:
    made = golden("triplet_margin_loss", "reductions", "bfloat16")
    assert explained(made, "times-1+16ulp", "anchor") != "p-less"


def test_what_is_far_smaller_than_the_reference_is_explained() -> None:
    made = golden("triplet_margin_loss", "equal", "bfloat16")
    assert explained(made, "sqrt-plus-1e-06", "positive") == "sqrt-plus-1e-06"


def test_of_several_explanations_in_a_half_type_that_rounded_once_is_named() -> None:
    made = golden("triplet_margin_loss", "norms", "bfloat16")
    assert explained(made, "half") == "half"


def test_what_nothing_known_explains_stays_unexplained(tmp_path: Path) -> None:
    made = call(tmp_path, "float32", "none")
    reference = REFERENCES.primary(made, Machine())
    noise = np.random.default_rng(1).normal(size=reference.value.shape).astype(np.float32)
    assert Explainer(REFERENCES).explain(made, noise, reference) is None
