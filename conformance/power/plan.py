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
    """The name of the subject that a check calls; there may be dots in it (`beta=1.0`)."""
    return check.api.name.partition(".")[2].rpartition(".")[0]


def simulated(operator: Operator, dtype: str) -> Operator:
    """`operator` in `dtype`, with an API for each subject, documented for everything.

    Of its cases those that have a value.
    """
    choices = choices_of(operator)
    parameters = tuple(Parameter(name, name, default) for name, default in operator.attributes.items())
    parameters = tuple(dataclasses.replace(one, values=choices[one.name]) for one in parameters)
    formula = load(operator.name)
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
        for name in subjects(formula, dtype, choices)
    }
    cases = tuple(
        dataclasses.replace(
            case, apis=None, printed=None, formula=None, formula_document=None, dtypes=(dtype,)
        )
        for case in operator.cases
        if dtype in case.dtypes and not case.refused
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


def checks_of(operators: Sequence[Operator], dtype: str) -> list[Check]:
    """The checks of values and gradients in `dtype`, each of a subject that has such a side."""
    known = {
        operator.name: subjects(load(operator.name), dtype, choices_of(operator)) for operator in operators
    }

    def wanted(check: Check) -> bool:
        asked = check.aspect in (Aspect.VALUE, Aspect.GRADIENT) and check.oracle is Oracle.REFERENCE
        return asked and check.of in known[check.spec.operator.name][subject_of(check)].parts

    return [check for check in expand(operators, [TARGET]).checks if wanted(check)]
