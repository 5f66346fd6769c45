"""Which oracles judge a call, and what a check carries of its API's promises."""

from __future__ import annotations

import pytest
from op_file import APIS, PLAIN, MakePlan

from conformance.model import Aspect, Level, Oracle
from conformance.plan import Plan


def aspects(plan: Plan) -> dict[str, list[tuple[Aspect, Oracle]]]:
    found: dict[str, list[tuple[Aspect, Oracle]]] = {}
    for check in plan.checks:
        found.setdefault(check.api.name, []).append((check.aspect, check.oracle))
    return found


VALUE = (Aspect.VALUE, Oracle.REFERENCE)
DOCUMENTED = (Aspect.DOCUMENTED, Oracle.DOCUMENT)
ERROR = (Aspect.ERROR, Oracle.REFUSAL)
ONE_DTYPE = "    matrix: {dtype: [float32]}\n"


def test_a_value_is_held_against_the_reference(plan: MakePlan) -> None:
    assert aspects(plan(PLAIN + ONE_DTYPE)) == {
        "torch.nn.Op": [VALUE],
        "torch.op": [VALUE],
        "oneflow.Op": [VALUE],
    }


@pytest.mark.parametrize(
    "oracle", ['printed: {text: "1", document: DOCUMENT}', "formula: {name: printed, document: DOCUMENT}"]
)
def test_a_document_binds_only_frameworks_whose_apis_rest_on_it(plan: MakePlan, oracle: str) -> None:
    paper = plan(PLAIN + ONE_DTYPE + "    " + oracle.replace("DOCUMENT", "paper") + "\n")
    assert aspects(paper) == {
        "torch.nn.Op": [VALUE, DOCUMENTED],
        "torch.op": [VALUE, DOCUMENTED],
        "oneflow.Op": [VALUE],
    }
    manual = plan(PLAIN + ONE_DTYPE + "    " + oracle.replace("DOCUMENT", "manual") + "\n")
    assert aspects(manual)["oneflow.Op"] == [VALUE, DOCUMENTED]
    assert aspects(manual)["torch.op"] == [VALUE]


def test_a_document_binds_every_api_of_the_framework(plan: MakePlan) -> None:
    """What torch documents for one API is what its others compute too."""
    rows = APIS.replace(
        "torch.op:\n    kind: function\n    document: paper",
        "torch.op:\n    kind: function\n    document: manual",
    )
    made = aspects(plan(PLAIN + ONE_DTYPE + '    printed: {text: "1", document: manual}\n', rows))
    assert made["torch.nn.Op"] == [VALUE, DOCUMENTED]


def test_a_call_without_an_answer_ought_to_be_refused_by_all(plan: MakePlan) -> None:
    case = PLAIN + ONE_DTYPE + "    refused: true\n    printed: {text: '1', document: paper}\n"
    assert aspects(plan(case)) == {"torch.nn.Op": [ERROR], "torch.op": [ERROR], "oneflow.Op": [ERROR]}


def test_a_documented_refusal_replaces_the_value_for_that_api_alone(plan: MakePlan) -> None:
    rows = APIS.replace("dtypes: [float32]", "raises: {odd: ValueError}")
    made = plan(PLAIN + ONE_DTYPE + "    features: [odd]\n    printed: {text: '1', document: paper}\n", rows)
    assert aspects(made) == {"torch.nn.Op": [VALUE, DOCUMENTED], "torch.op": [ERROR], "oneflow.Op": [VALUE]}
    assert {check.api.name: check.raises for check in made.checks} == {
        "torch.nn.Op": (),
        "torch.op": ("ValueError",),
        "oneflow.Op": (),
    }


def test_checks_carry_what_their_api_promised(plan: MakePlan) -> None:
    case = "  - id: a\n    summary: s\n    inputs: {x: [1], y: [2]}\n    attributes: {flag: true}\n"
    case += "    matrix: {dtype: [float16]}\n"
    promised = {
        check.api.name: (check.level, check.declared, check.undocumented) for check in plan(case).checks
    }
    assert promised == {
        "torch.nn.Op": (Level.OBSERVE, None, ("dtype:float16",)),
        "torch.op": (Level.OBSERVE, "no parameter flag; documented for float32 only", ()),
        "oneflow.Op": (Level.OBSERVE, "no parameter flag", ("dtype:float16",)),
    }
    assert {
        check.level for check in plan(case.replace("float16", "float32")).checks if check.api.kind == "class"
    } == {
        Level.MUST,
        Level.OBSERVE,
    }
