"""The plan of a power run: the golden cases, through simulated APIs in place of the frameworks'."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from conformance import __version__
from conformance.environments import EnvironmentSpec
from conformance.model import DTYPES, Api, Aspect, Check, Location, Operator, Oracle, Parameter
from conformance.mutants import choices_of
from conformance.plan import Target, expand
from conformance.power.simulated import CHOICES, FOLDER, VERSION
from conformance.power.subjects import subjects
from conformance.reference import load

FRAMEWORK = "simulated"
TARGET = Target(FRAMEWORK, FRAMEWORK)


def api_name(subject: str, operator: str) -> str:
    """The dotted name under which a subject is called."""
    return f"{FRAMEWORK}.{subject}.{operator}"


def subject_of(check: Check) -> str:
    """The name of the subject that a check calls."""
    return check.api.name.split(".")[1]


def simulated(operator: Operator) -> Operator:
    """`operator` with an API for each subject, documented for everything, and every case that has a value."""
    choices = choices_of(operator)
    parameters = tuple(Parameter(name, name, default) for name, default in operator.attributes.items())
    parameters = tuple(dataclasses.replace(one, values=choices[one.name]) for one in parameters)
    formula = load(operator.name)
    names = dict.fromkeys(name for dtype in DTYPES for name in subjects(formula, dtype, choices))
    apis = {
        api_name(name, operator.name): Api(
            name=api_name(name, operator.name),
            framework=FRAMEWORK,
            kind="function",
            document="",
            location=Location(operator.path, 1),
            inputs={name: name for name in operator.inputs},
            parameters=parameters,
            dtypes=DTYPES,
        )
        for name in names
    }
    cases = tuple(
        dataclasses.replace(case, apis=None, printed=None, formula=None, formula_document=None)
        for case in operator.cases
        if not case.refused
    )
    return dataclasses.replace(operator, apis=apis, cases=cases)


def environment(operators: Sequence[Operator]) -> EnvironmentSpec:
    """The environment of the simulated framework: a worker process of this interpreter."""
    choices: Mapping[str, object] = {operator.name: choices_of(operator) for operator in operators}
    variables = {
        FOLDER: str(Path(__file__).parents[1]),
        CHOICES: json.dumps(choices, separators=(",", ":")),
        VERSION: __version__,
    }
    gateway = "//".join(["popen", *(f"env:{name}={value}" for name, value in variables.items())])
    return EnvironmentSpec(
        FRAMEWORK, FRAMEWORK, gateway, adapter="conformance.power.simulated:SimulatedAdapter"
    )


def checks_of(operators: Sequence[Operator]) -> list[Check]:
    """The checks of values and gradients, each of a subject that has such a side in its dtype."""
    plan = expand(operators, [TARGET])
    known = {
        (operator.name, dtype): subjects(load(operator.name), dtype, choices_of(operator))
        for operator in operators
        for dtype in DTYPES
    }

    def wanted(check: Check) -> bool:
        found = known[check.spec.operator.name, check.spec.dtype].get(subject_of(check))
        asked = check.aspect in (Aspect.VALUE, Aspect.GRADIENT) and check.oracle is Oracle.REFERENCE
        return asked and found is not None and check.of in found.parts

    return [check for check in plan.checks if wanted(check)]
