"""From case files to checks: the matrix of each case, each variant named, each check identified."""

from __future__ import annotations

import fnmatch
import inspect
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.model import (
    Api,
    Aspect,
    CallSpec,
    Case,
    Check,
    Generator,
    InputSpec,
    Location,
    Operator,
    Oracle,
    Raw,
    Scalar,
)
from conformance.plan.contract import Promise, promise, same_value, scalar_word, shape_of
from conformance.plan.generate import GENERATORS

_INPUT_AXES = ("shape", "seed", "layout")
_UNSAFE = re.compile(r"[^\w.,~+-]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where checks run: an environment's name, the framework in it, the device asked for."""

    environment: str
    framework: str
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Problem:
    """A case that cannot be planned: where, and why."""

    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


@dataclass(slots=True)
class Plan:
    """All checks in the order in which they run, and the cases that could not be planned."""

    checks: list[Check] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def _word(axis: str, value: Any) -> str:
    """A value as it stands in ids, which keep `/`, `[` and the like for themselves (so `%2F`, `%5B`)."""
    if axis == "shape":
        return "x".join(map(str, value)) or "0-d"
    return _UNSAFE.sub(_escaped, scalar_word(value))


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _variants(case: Case) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every (variant name, dtype, axis values) of a case's matrix, without what it excludes."""
    axes = {name: values for name, values in case.matrix.items() if name != "dtype"}
    for combination in itertools.product(*axes.values()):
        values = dict(zip(axes, combination, strict=True))
        name = "+".join(f"{axis}:{_word(axis, value)}" for axis, value in values.items()) or "default"
        for dtype in case.dtypes:
            point = {**values, "dtype": dtype}
            if not any(_lies_in(point, hole) for hole in case.exclude):
                yield name, dtype, values


def _lies_in(point: Mapping[str, Any], hole: Mapping[str, Any]) -> bool:
    return all(axis in point and same_value(point[axis], value) for axis, value in hole.items())


def _place(source: InputSpec, values: Mapping[str, Any]) -> InputSpec:
    """One input with the matrix's shape, seed and layout."""
    if isinstance(source.source, Raw):
        return source
    origin = source.source
    if isinstance(origin, Generator):
        shape = values.get("shape") if origin.shape is None else origin.shape
        origin = replace(origin, shape=shape, seed=origin.seed + values.get("seed", 0))
    return replace(source, source=origin, layout=values.get("layout", source.layout))


def _spec(operator: Operator, case: Case, values: Mapping[str, Any], dtype: str) -> CallSpec:
    given: dict[str, Scalar] = {**case.attributes}
    given.update({name: value for name, value in values.items() if name not in _INPUT_AXES})
    inputs = tuple(_place(source, values) for source in case.inputs)
    return CallSpec(operator, case, {**operator.attributes, **given}, tuple(given), inputs, dtype)


def _aspects(operator: Operator, case: Case, api: Api, promised: Promise) -> Iterator[tuple[Aspect, Oracle]]:
    if promised.raises or case.refused:
        yield Aspect.ERROR, Oracle.REFUSAL
        return
    yield Aspect.VALUE, Oracle.REFERENCE
    document = case.printed.document if case.printed else case.formula_document
    if document is not None and api.framework in _frameworks_of(operator, document):
        yield Aspect.DOCUMENTED, Oracle.DOCUMENT


def _frameworks_of(operator: Operator, document: str) -> set[str]:
    """The frameworks whose APIs rest on a document: what it prints is no promise of the others."""
    return {api.framework for api in operator.apis.values() if api.document == document}


def _apis(operator: Operator, case: Case) -> list[Api]:
    patterns = case.apis or ("*",)
    return [
        api
        for name, api in operator.apis.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    ]


def _checks(
    spec: CallSpec,
    variant: str,
    apis: Sequence[Api],
    targets: Sequence[Target],
    modes: Sequence[str],
    promises: dict[tuple[str, str, str], Promise],
) -> Iterator[Check]:
    case, given = spec.case, {name: spec.attributes[name] for name in spec.given}
    # What a promise depends on beside the API and the device; variants of other seeds have the same.
    asked = f"{spec.dtype} {given!r} {[shape_of(source) for source in spec.inputs]}"
    for api in apis:
        for target in targets:
            if target.framework != api.framework:
                continue
            key = (api.name, target.device, asked)
            if key not in promises:
                promises[key] = promise(api, case, spec.inputs, given, spec.dtype, target.device)
            promised = promises[key]
            where = f"{spec.operator.name}/{case.id}/{variant}/{api.name}/{target.environment}/{spec.dtype}"
            for mode in modes:
                for aspect, oracle in _aspects(spec.operator, case, api, promised):
                    yield Check(
                        f"{where}/{target.device}/{mode}/{aspect}",
                        spec,
                        variant,
                        api,
                        target.environment,
                        target.device,
                        mode,
                        aspect,
                        promised.level,
                        oracle,
                        promised.features,
                        promised.undocumented,
                        promised.declared,
                        promised.raises,
                    )


def _problems(case: Case) -> Iterator[Problem]:
    for source in case.inputs:
        if not isinstance(source.source, Generator):
            continue
        key, name = f"{case.id}.inputs.{source.name}", source.source.name
        if name not in GENERATORS:
            yield Problem(
                case.location, f"{key}: unknown generator {name!r}; known: {', '.join(sorted(GENERATORS))}"
            )
            continue
        known = {*inspect.signature(GENERATORS[name]).parameters, "stream"} - {"shape", "seed"}
        for option in source.source.options:
            if option not in known:
                words = ", ".join(sorted(known))
                yield Problem(
                    case.location, f"{key}: generator {name} has no option {option!r}; known: {words}"
                )


def expand(
    operators: Iterable[Operator], targets: Sequence[Target], modes: Sequence[str] = ("eager",)
) -> Plan:
    """All checks of `operators` in the environments `targets`, ordered by operator, case and variant.

    The checks of one call follow each other, so that its reference is computed once. Two checks of
    one id are a problem of the later case, not of the run.
    """
    plan = Plan()
    seen: set[str] = set()
    for operator in operators:
        for case in operator.cases:
            problems = list(_problems(case))
            apis = _apis(operator, case)
            checks: list[Check] = []
            promises: dict[tuple[str, str, str], Promise] = {}
            for variant, dtype, values in () if problems else _variants(case):
                spec = _spec(operator, case, values, dtype)
                checks += _checks(spec, variant, apis, targets, modes, promises)
            ids = {check.id for check in checks}
            if len(ids) < len(checks) or ids & seen:
                problems.append(Problem(case.location, f"{case.id}: two checks would have the same id"))
            plan.problems += problems
            if not problems:
                seen |= ids
                plan.checks += checks
    return plan
