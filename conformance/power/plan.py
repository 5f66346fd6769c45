"""The plan of a power run: the golden cases, through simulated APIs in place of the frameworks'."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from conformance import __version__
from conformance.environments import EnvironmentSpec
from conformance.model import DTYPES, Api, Aspect, Check, Location, NamedCallable, Operator, Oracle, Parameter
from conformance.mutants import choices_of
from conformance.plan import Target, expand
from conformance.power.simulated import CHOICES, FOLDER, VERSION
from conformance.power.subjects import USUAL

FRAMEWORK = "simulated"
TARGET = Target(FRAMEWORK, FRAMEWORK)


def api_name(subject: str, operator: str) -> str:
    """The dotted name under which a subject is called."""
    return f"{FRAMEWORK}.{subject}.{operator}"


def subject_of(check: Check) -> str:
    """The name of the subject that a check calls; there may be dots in it (`beta=1.0`)."""
    return check.api.name.partition(".")[2].rpartition(".")[0]


def simulated(operator: Operator, dtype: str) -> Operator:
    """`operator` in `dtype`, with one API, the usual kernel, that is documented for everything.

    Of its cases those that have a value.
    """
    choices = choices_of(operator)
    parameters = tuple(Parameter(name, name, default) for name, default in operator.attributes.items())
    api = Api(
        name=api_name(USUAL, operator.name),
        framework=FRAMEWORK,
        kind="function",
        document="",
        location=Location(operator.path, 1),
        inputs={name: name for name in operator.inputs},
        parameters=tuple(dataclasses.replace(one, values=choices[one.name]) for one in parameters),
        dtypes=DTYPES,
    )
    cases = tuple(
        dataclasses.replace(
            case, apis=None, printed=None, formula=None, formula_document=None, dtypes=(dtype,)
        )
        for case in operator.cases
        if dtype in case.dtypes and not case.refused
    )
    return dataclasses.replace(operator, apis={api.name: api}, cases=cases)


def _named(value: object) -> dict[str, object]:
    """A function's name as JSON, for `json.dumps`. Raises TypeError for what is none."""
    if not isinstance(value, NamedCallable):
        raise TypeError(f"{value!r} is no JSON")
    return {"callable": value.callable}


def environment(operator: Operator) -> EnvironmentSpec:
    """The environment of the simulated framework: a worker process of this interpreter."""
    choices: Mapping[str, object] = {operator.name: choices_of(operator)}
    variables = {
        FOLDER: str(Path(__file__).parents[1]),
        CHOICES: json.dumps(choices, separators=(",", ":"), default=_named),
        VERSION: __version__,
    }
    gateway = "//".join(["popen", *(f"env:{name}={value}" for name, value in variables.items())])
    return EnvironmentSpec(
        FRAMEWORK, FRAMEWORK, gateway, adapter="conformance.power.simulated:SimulatedAdapter"
    )


def checks_of(operator: Operator) -> list[Check]:
    """The checks of values and gradients of the usual kernel."""
    return [
        check
        for check in expand([operator], [TARGET]).checks
        if check.aspect in (Aspect.VALUE, Aspect.GRADIENT) and check.oracle is Oracle.REFERENCE
    ]


class Cast:
    """The same checks with another subject in the part of the usual kernel."""

    def __init__(self, operator: Operator) -> None:
        self._name = operator.name
        (self._usual,) = operator.apis.values()
        self._apis: dict[str, Api] = {}

    def check(self, check: Check, subject: str) -> Check:
        """`check`, made by `subject`."""
        if subject not in self._apis:
            self._apis[subject] = dataclasses.replace(self._usual, name=api_name(subject, self._name))
        api = self._apis[subject]
        name = check.id.replace(f"/{self._usual.name}/", f"/{api.name}/")
        return msgspec.structs.replace(check, id=name, api=api)
