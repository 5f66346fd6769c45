"""Every golden case's float64 reference lies within its own running bound of a rigorous enclosure."""

from pathlib import Path

from conformance.casefile import load_all
from conformance.plan import Target, expand, materialise
from conformance.reference import certify, known, load

CASES = Path(__file__).parents[1] / "cases"


def _specs():
    operators, errors = load_all([CASES], known())
    assert not errors
    targets = [Target(name, name) for name in ("torch", "mindspore", "oneflow")]
    checks = expand(operators, targets).checks
    return {id(check.spec): check.spec for check in checks if not check.spec.case.refused}.values()


def test_the_reference_of_every_case_is_certified():
    seen, judged, unproven = set(), 0, []
    for spec in _specs():
        call = materialise(spec)
        if call.key in seen:
            continue
        seen.add(call.key)
        proof = certify(load(spec.operator.name), call.arrays, spec.attributes)
        judged += 1
        if not proof.certified:
            unproven.append((spec.case.id, spec.dtype, dict(spec.attributes), proof))
    assert judged > 500
    assert unproven == []
