"""From case files to checks: the matrix of each case, each variant named, each check identified."""

from __future__ import annotations

import fnmatch
import inspect
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.model import (
    INDEX,
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
from conformance.plan.contract import SILENT_INDEX, Promise, promise, same_value, scalar_word, shape_of
from conformance.plan.generate import GENERATORS
from conformance.plan.modes import CHOSEN_MODES, EAGER, Modes

_INPUT_AXES = ("shape", "seed", "layout", "index_dtype")
_UNSAFE = re.compile(r"[^\w.,~+-]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where checks run: an environment's name, its framework, the device asked for, the modes it has."""

    environment: str
    framework: str
    device: str = "cpu"
    modes: tuple[str, ...] = (EAGER,)


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
    """One input with the matrix's shape, seed, layout and index dtype."""
    origin = source.source
    if isinstance(origin, Raw):
        return source
    dtype = values["index_dtype"] if source.dtype == INDEX else source.dtype
    if isinstance(origin, Generator):
        shape = values.get("shape") if origin.shape is None else origin.shape
        origin = Generator(origin.name, shape, origin.seed + values.get("seed", 0), origin.options)
    return InputSpec(source.name, origin, dtype, values.get("layout", source.layout))


@dataclass(frozen=True, slots=True)
class _Alike:
    """APIs of a case that make the same calls: their documents give alike what the case leaves open."""

    apis: tuple[Api, ...]
    defaults: Mapping[str, Scalar]
    index_dtype: str

    def spec(self, operator: Operator, case: Case, values: Mapping[str, Any], dtype: str) -> CallSpec:
        """Their call in one variant."""
        given = {**case.attributes, **{name: values[name] for name in values if name not in _INPUT_AXES}}
        places = {"index_dtype": self.index_dtype, **values}
        inputs = tuple(_place(source, places) for source in case.inputs)
        return CallSpec(operator, case, {**self.defaults, **given}, tuple(given), inputs, dtype)


def _groups(operator: Operator, case: Case, apis: Iterable[Api]) -> list[_Alike]:
    """The `apis` of a case by the calls that they make."""
    given = {*case.attributes, *case.matrix}
    found: dict[str, list[Api]] = {}
    for api in apis:
        left = {name: value for name, value in _defaults(operator, api).items() if name not in given}
        index = None if "index_dtype" in given else _index_dtype(api)
        found.setdefault(repr((left, index)), []).append(api)  # by text: Python thinks 1 and true equal
    return [
        _Alike(tuple(alike), _defaults(operator, alike[0]), _index_dtype(alike[0]))
        for alike in found.values()
    ]


def _index_dtype(api: Api) -> str:
    return (api.index_dtypes or (SILENT_INDEX,))[0]


def _defaults(operator: Operator, api: Api) -> dict[str, Scalar]:
    """The attributes' values where none are passed: those that an API's document gives, or the operator's."""
    documented = {parameter.name: parameter.default for parameter in api.parameters}
    own = {name: value for name, value in {**documented, **api.fixed}.items() if name in operator.attributes}
    return {**operator.attributes, **own}


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of an answer that is judged, and what the API promises of it."""

    aspect: Aspect
    oracle: Oracle
    promised: Promise
    of: str | None = None


def _sides(spec: CallSpec, api: Api, device: str) -> tuple[_Side, ...]:
    case, given = spec.case, {name: spec.attributes[name] for name in spec.given}
    promised = promise(api, case, spec.inputs, given, spec.dtype, device)
    if promised.raises or case.refused:
        return (_Side(Aspect.ERROR, Oracle.REFUSAL, promised),)
    sides = [_Side(Aspect.VALUE, Oracle.REFERENCE, promised)]
    document = case.printed.document if case.printed else case.formula_document
    if document is not None and api.framework in _frameworks_of(spec.operator, document):
        sides.append(_Side(Aspect.DOCUMENTED, Oracle.DOCUMENT, promised))
    for name in case.gradients:
        of_gradient = promise(api, case, spec.inputs, given, spec.dtype, device, name)
        oracle = Oracle.REFUSAL if of_gradient.raises else Oracle.REFERENCE
        sides.append(_Side(Aspect.GRADIENT, oracle, of_gradient, name))
    return tuple(sides)


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
    calls: Mapping[str, tuple[CallSpec, str]],
    variant: str,
    apis: Sequence[Api],
    targets: Sequence[Target],
    modes: Modes,
    known: dict[tuple[str, str, str], tuple[_Side, ...]],
) -> Iterator[Check]:
    for api in apis:
        spec, asked = calls[api.name]
        for target in targets:
            if target.framework != api.framework:
                continue
            key = (api.name, target.device, asked)
            if key not in known:
                known[key] = _sides(spec, api, target.device)
            case = spec.case
            where = f"{spec.operator.name}/{case.id}/{variant}/{api.name}/{target.environment}/{spec.dtype}"
            for mode in modes.of(case, target.modes):
                for side in known[key]:
                    yield _check(f"{where}/{target.device}/{mode}", spec, variant, api, target, mode, side)


def _asked(spec: CallSpec) -> str:
    """What a promise depends on beside the API and the device; variants of other seeds have the same."""
    given = {name: spec.attributes[name] for name in spec.given}
    return f"{spec.dtype} {given!r} {[(shape_of(source), source.dtype) for source in spec.inputs]}"


def _check(
    where: str, spec: CallSpec, variant: str, api: Api, target: Target, mode: str, side: _Side
) -> Check:
    promised = side.promised
    word = str(side.aspect) if side.of is None else f"{side.aspect}:{side.of}"
    return Check(
        f"{where}/{word}",
        spec,
        variant,
        api,
        target.environment,
        target.device,
        mode,
        side.aspect,
        promised.level,
        side.oracle,
        promised.features,
        promised.undocumented,
        promised.declared,
        promised.raises,
        side.of,
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


def expand(operators: Iterable[Operator], targets: Sequence[Target], modes: Modes = CHOSEN_MODES) -> Plan:
    """The checks of `operators` in the environments `targets`, in `modes`, by operator, case and variant.

    All eager checks come before those in modes that compile: one compilation takes as long as thousands
    of eager calls and may end its process, so what can be known without it is known first. Within each
    half the checks of one call follow each other, so that its reference is computed once. Two checks of
    one id are a problem of the later case, not of the run.
    """
    plan = Plan()
    compiled: list[Check] = []
    seen: set[str] = set()
    for operator in operators:
        for case in operator.cases:
            problems = list(_problems(case))
            apis = _apis(operator, case)
            checks: list[Check] = []
            known: dict[tuple[str, str, str], tuple[_Side, ...]] = {}
            groups = _groups(operator, case, apis)
            for variant, dtype, values in () if problems else _variants(case):
                calls: dict[str, tuple[CallSpec, str]] = {}
                for group in groups:
                    spec = group.spec(operator, case, values, dtype)
                    calls |= dict.fromkeys((api.name for api in group.apis), (spec, _asked(spec)))
                checks += _checks(calls, variant, apis, targets, modes, known)
            ids = {check.id for check in checks}
            if len(ids) < len(checks) or ids & seen:
                problems.append(Problem(case.location, f"{case.id}: two checks would have the same id"))
            plan.problems += problems
            if not problems:
                seen |= ids
                plan.checks += [check for check in checks if check.mode == EAGER]
                compiled += [check for check in checks if check.mode != EAGER]
    plan.checks += compiled
    return plan
