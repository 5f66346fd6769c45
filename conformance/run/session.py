"""What the command line and pytest share: which cases, which environments, where results go."""

from __future__ import annotations

import datetime
import os
import platform
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from conformance import __version__
from conformance.environments import EnvironmentSpec, Ready, Unavailable, adapters, modes_of
from conformance.model import Api, Check, Operator
from conformance.plan import CHOSEN_MODES, EVERY_MODE, Modes, Target, expand, parse_modes
from conformance.results import Header, ResultsError, ResultsWriter, Selection, timestamp
from conformance.results.header import ApiForm, ConventionForm, EnvironmentForm
from conformance.results.header import Unavailable as UnavailableForm
from conformance.run.identity import case_digest, ci_run

# Seconds that a call may take besides, in a mode that compiles: the first torch.compile of a process took
# 7 to 13 s on two busy cores, the later ones 1 to 2 s; machines are slower, and operators larger, than that.
COMPILATION = 180.0


def readable(path: Path) -> Path:
    """`path` as people read it and results keep it: relative to the working directory where it lies there."""
    path = path.absolute()
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def default_cases(root: Path) -> Path:
    """The folder of case files: `cases` of `root` where there is one, else those of this package."""
    own = root / "cases"
    if own.is_dir():
        return own
    package = Path(__file__).parents[1]
    installed = package / "cases"
    return installed if installed.is_dir() else package.parent / "cases"


def targets_of(environments: Iterable[EnvironmentSpec], device: str | None) -> list[Target]:
    """Where the checks of a run in `environments` are to be planned."""
    known = adapters()
    return [
        Target(
            spec.name,
            spec.framework,
            device or "cpu",
            modes_of(spec.adapter or known.get(spec.framework, "")),
        )
        for spec in environments
    ]


def choose_modes(text: str | None, targets: Iterable[Target]) -> Modes:
    """What `--modes` asks for, of the modes that the environments have. Raises UnknownModeError."""
    if text is None:
        return CHOSEN_MODES
    return parse_modes(text, (mode for target in targets for mode in target.modes))


def used(environments: Iterable[EnvironmentSpec], checks: Iterable[Check]) -> list[EnvironmentSpec]:
    """The environments that `checks` need; another one is not worth the time that it takes to start."""
    names = {check.environment for check in checks}
    return [spec for spec in environments if spec.name in names]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where results are written: a new file in `folder`, or exactly the file `path`."""

    folder: Path
    path: Path | None = None

    def check(self) -> None:
        """Raise ResultsError where it can be seen, before anything runs, that no file can be made."""
        if self.path is not None and self.path.is_file():
            hint = "results are never overwritten: choose another name, or remove it"
            raise ResultsError(self.path, "exists already", hint=hint)
        folder = self.folder if self.path is None else self.path.parent
        if self.path is None:  # which is made where it is missing
            folder = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
        if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            what = "is no folder" if not folder.is_dir() else "cannot be written"
            raise ResultsError(folder, what, hint="name another results file")

    def open(self, header: Header) -> ResultsWriter:
        """The writer of a new file. Raises ResultsError."""
        if self.path is not None:
            return ResultsWriter.open(self.path, header)
        return ResultsWriter.create(self.folder, header)


def _environment_form(ready: Ready) -> EnvironmentForm:
    told = ready.description
    form: EnvironmentForm = {
        "framework": str(told["framework"]),
        "version": str(told["version"]),
        "python": str(told["python"]),
        "numpy": str(told["numpy"]),
        "device": str(told["device"]),
        "platform": str(told["platform"]),
        "threads": told["threads"],
    }
    if "signatures" in told:
        form["signatures"] = told["signatures"]
    return form


def _program() -> str:
    """The name of the program as people type it."""
    name = Path(sys.argv[0]).name
    return "conformance" if name == "__main__.py" else name


def unavailable_forms(lost: Mapping[str, Unavailable]) -> dict[str, UnavailableForm]:
    """The environments that could not run, as results files have them."""
    return {name: {"reason": event.reason, "mend": event.remedy} for name, event in lost.items()}


def convention_forms(operator: Operator) -> dict[str, ConventionForm]:
    """The conventions of an operator as a results file has them."""
    return {
        name: {
            "question": convention.question,
            "reference": convention.reference,
            "source": convention.source,
            "choices": dict(convention.choices),
        }
        for name, convention in operator.conventions.items()
    }


def api_form(operator: str, api: Api) -> ApiForm:
    """The documented signature of an API of `operator` as a results file has it."""
    return {
        "operator": operator,
        "kind": api.kind,
        "document": api.document,
        "inputs": dict(api.inputs),
        "parameters": [
            {
                "name": parameter.keyword,
                "attribute": parameter.name,
                "default": repr(parameter.default),
                "values": None if parameter.values is None else [repr(value) for value in parameter.values],
            }
            for parameter in api.parameters
        ],
        "fixed": {name: repr(value) for name, value in api.fixed.items()},
        "dtypes": None if api.dtypes is None else list(api.dtypes),
        "index_dtypes": None if api.index_dtypes is None else list(api.index_dtypes),
        "platforms": list(api.platforms),
    }


def header(
    operators: Sequence[Operator],
    selection: Selection,
    ready: Mapping[str, Ready],
    unavailable: Mapping[str, Unavailable],
) -> Header:
    """The first line of a results file. Raises ResultsError where a case file cannot be read any more."""
    return {
        "kind": "header",
        "schema": 1,
        "suite": {
            "name": "conformance",
            "version": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "platform": platform.platform(),
            "command": shlex.join([_program(), *sys.argv[1:]]),
        },
        "started": timestamp(),
        "run": ci_run(),
        "selection": selection,
        "cases": {operator.name: case_digest(operator) for operator in operators},
        "environments": {name: _environment_form(event) for name, event in ready.items()},
        "unavailable": unavailable_forms(unavailable),
        "conventions": {operator.name: convention_forms(operator) for operator in operators},
        "apis": {
            api.name: api_form(operator.name, api) for operator in operators for api in operator.apis.values()
        },
    }


def platform_of(ready: Mapping[str, Ready], environment: str) -> str:
    """The platform of an environment that runs, "" for one that does not."""
    return str(ready[environment].description["platform"]) if environment in ready else ""


def in_every_mode(
    operators: Iterable[Operator], targets: Sequence[Target], ready: Mapping[str, Ready]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """`planned_facts` of all that could be planned, whichever modes were asked for."""
    yield from planned_facts(expand(operators, targets, EVERY_MODE).checks, ready)


def planned_facts(
    checks: Iterable[Check], ready: Mapping[str, Ready]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """What expectations are matched by, and the platform, of each planned check that could run."""
    for check in checks:
        event = ready.get(check.environment)
        if event is not None:
            facts = {
                "id": check.id,
                "framework": check.api.framework,
                "framework_version": str(event.description["version"]),
                "device": check.device,
                "mode": check.mode,
            }
            yield facts, platform_of(ready, check.environment)


def today() -> datetime.date:
    """The date in UTC, which `until` of an expectation is compared with."""
    return datetime.datetime.now(datetime.timezone.utc).date()
