"""Every golden case's float64 reference, and that of its gradients, is certified by rigorous enclosures."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from conformance.casefile import load_all
from conformance.model import DTYPES, CallSpec
from conformance.plan import Call, Target, expand, materialise, upstream
from conformance.reference import evaluate, known, load
from conformance.reference.certificate import certify, certify_gradients

CASES = Path(__file__).parents[1] / "cases"


@cache
def _specs() -> tuple[CallSpec, ...]:
    operators, errors = load_all([CASES], known())
    assert not errors
    targets = [Target(name, name) for name in ("torch", "mindspore", "oneflow")]
    checks = expand(operators, targets).checks
    return tuple({id(check.spec): check.spec for check in checks if not check.spec.case.refused}.values())


def _calls(dtype: str) -> Iterator[Call]:
    """One call for each different computation, one after the other: they are large."""
    seen = set()
    for spec in _specs():
        if spec.dtype == dtype:
            call = materialise(spec)
            if call.key not in seen:
                seen.add(call.key)
                yield call


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_reference_of_every_case_is_certified(dtype: str) -> None:
    judged, unproven = 0, []
    for call in _calls(dtype):
        spec = call.spec
        proof = certify(load(spec.operator.name), call.arrays, spec.attributes)
        judged += 1
        if not proof.certified:
            unproven.append((spec.case.id, dict(spec.attributes), proof))
    assert judged > 100
    assert unproven == []


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_gradients_of_every_case_are_certified(dtype: str) -> None:
    """By enclosures of the gradients, and where small by the derivative of the formula itself."""
    unproven, derived, judged = [], 0, 0
    for call in _calls(dtype):
        spec = call.spec
        if not spec.case.gradients:
            continue
        formula = load(spec.operator.name)
        shape = evaluate(formula, call.arrays, spec.attributes, dtype, certified=False).value.shape
        proofs = certify_gradients(formula, call.arrays, spec.attributes, upstream(call, shape))
        for name in spec.case.gradients:
            judged += 1
            derived += proofs[name].derived
            if not proofs[name].certified:
                unproven.append((spec.case.id, dict(spec.attributes), name, proofs[name]))
    assert judged > 100
    assert derived > 1000
    assert unproven == []
