"""Which environments there are, and which of them a run uses."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.environments.adapters import adapters
from conformance.environments.spec import EnvironmentSpec, EnvironmentUsageError, nearest, with_target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TYPES: dict[str, tuple[type, ...]] = {
    "gateway": (str,),
    "framework": (str,),
    "build": (str,),
    "requires": (str,),
    "flush_to_zero": (bool,),
    "log_ulps": (int, float),
    "adapter": (str,),
}


def declared(root: Path) -> dict[str, EnvironmentSpec]:
    """Return name: environment, as `[tool.conformance.environments]` of `root`/pyproject.toml has them.

    Each is a table with `gateway` (as after ``NAME=`` on the command line) and, where wanted, the
    other fields of EnvironmentSpec. Relative paths are taken from `root`. Raises
    EnvironmentUsageError, which names the file and the key.
    """
    path = root / "pyproject.toml"
    if not path.exists():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as problem:
        raise EnvironmentUsageError(f"{path}: {problem}") from problem
    environments = tables.get("tool", {}).get("conformance", {}).get("environments", {})
    return {name: _declared(name, table, path) for name, table in environments.items()}


def discover() -> dict[str, EnvironmentSpec]:
    """Return name: environment for each framework that this interpreter could import.

    Nothing is imported: a framework is a package of the name under which its adapter is registered.
    """
    return {
        name: EnvironmentSpec(name, name, "popen", build=f"{sys.executable} -m pip install {name}")
        for name in adapters()
        if importlib.util.find_spec(name) is not None
    }


def select(requested: Sequence[str], root: Path) -> tuple[EnvironmentSpec, ...]:
    """Return the environments of a run.

    `requested` are texts ``NAME`` or ``NAME=TARGET`` of a command line; see `with_target` for
    TARGET. The framework of a new NAME is what stands before its first ``-``. Without a request:
    all that `root`/pyproject.toml declares, so that one that is not built is missed; where none of
    them is, the frameworks of this interpreter. Raises EnvironmentUsageError where a name is
    unknown, and where nothing at all can run.
    """
    known = declared(root)
    if requested:
        return tuple(_requested(text, known, root) for text in requested)
    built = any(spec.problem() is None for spec in known.values())
    chosen = known.values() if built else discover().values()
    if not chosen:
        remedies = "".join(f"\n  {spec.name}: {spec.remedy}" for spec in known.values())
        raise EnvironmentUsageError(f"no environment is built, and no framework is installed here{remedies}")
    return tuple(chosen)


def _requested(text: str, known: Mapping[str, EnvironmentSpec], root: Path) -> EnvironmentSpec:
    name, has_target, target = text.partition("=")
    if not has_target:
        spec = known.get(name) or discover().get(name)
        if spec is None:
            hint = nearest(name, [*known, *discover()])
            raise EnvironmentUsageError(f"unknown environment {name!r}{hint} (a new one is NAME=PATH)")
        return spec
    spec = known.get(name) or EnvironmentSpec(name, name.partition("-")[0])
    return _checked(with_target(spec, target, root), "")


def _declared(name: str, table: Any, path: Path) -> EnvironmentSpec:
    where = f"{path}: tool.conformance.environments.{name}"
    if not isinstance(table, Mapping):
        raise EnvironmentUsageError(f"{where}: must be a table")
    for key, value in table.items():
        if key not in _TYPES:
            raise EnvironmentUsageError(f"{where}.{key}: unknown key{nearest(key, _TYPES)}")
        if not isinstance(value, _TYPES[key]) or (isinstance(value, bool) and bool not in _TYPES[key]):
            raise EnvironmentUsageError(f"{where}.{key}: must be {_TYPES[key][-1].__name__}, not {value!r}")
    fields = {"framework": name.partition("-")[0], **table}
    gateway = fields.pop("gateway", "popen")
    return _checked(with_target(EnvironmentSpec(name, **fields), gateway, path.parent), f"{where}: ")


def _checked(spec: EnvironmentSpec, where: str) -> EnvironmentSpec:
    known = adapters()
    if not spec.adapter and spec.framework not in known:
        hint = nearest(spec.framework, known)
        raise EnvironmentUsageError(
            f"{where}no adapter for framework {spec.framework!r} of environment {spec.name!r}{hint}"
        )
    return spec
