"""Finds adapters, their modes, and their source text to send to a worker."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from pathlib import Path

GROUP = "conformance.frameworks"
"""The entry-point group of adapters. An entry is named like the framework's package."""

_OWN = {
    "mindspore": "conformance.frameworks.mindspore:MindSporeAdapter",
    "oneflow": "conformance.frameworks.oneflow:OneFlowAdapter",
    "torch": "conformance.frameworks.torch:TorchAdapter",
}

_WORKER = Path(__file__).parents[1] / "worker"

_SENT_AS = "conformance_adapter"  # the name of another package's adapter module on the worker's side


def adapters() -> dict[str, str]:
    """Return framework: ``module:Class`` of every adapter: ours, and those of installed packages."""
    entries = importlib.metadata.entry_points(group=GROUP)
    return {**_OWN, **{entry.name: entry.value for entry in entries}}


def modes_of(adapter: str) -> tuple[str, ...]:
    """Return the modes that `adapter` (``module:Class``) has, ``eager`` first.

    It is imported here for that; its framework is not, which `load` imports in a worker. An adapter that
    cannot be imported here is said to have only ``eager``: what is wrong with it is reported when an
    environment of it is started.
    """
    module, _, name = adapter.partition(":")
    try:
        return tuple(getattr(importlib.import_module(module), name).modes)
    except Exception:  # another package's code: it may raise anything
        return ("eager",)


def worker_sources(adapter: str) -> tuple[str, dict[str, str]]:
    """Return how a worker names `adapter` (``module:Class``), and the source files it needs.

    The files, path: text, are those of `conformance.worker` and `conformance.frameworks`, and the
    module of an adapter that is not ours, or all of its files where it is a package. Raises
    LookupError where the module cannot be found.
    """
    sources = {"conformance/__init__.py": ""}
    for folder in (_WORKER, _WORKER.with_name("frameworks")):
        sources.update(_files(folder, f"conformance/{folder.name}"))
    module, _, name = adapter.partition(":")
    if module.startswith("conformance.frameworks."):
        return adapter, sources
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        spec = None
    if spec is None or not spec.origin:
        raise LookupError(f"the adapter {adapter} cannot be found: there is no module {module}")
    origin = Path(spec.origin)
    if spec.submodule_search_locations is None:
        sources[f"{_SENT_AS}.py"] = origin.read_text(encoding="utf-8")
    else:
        sources.update(_files(origin.parent, _SENT_AS))
    return f"{_SENT_AS}:{name}", sources


def worker_script(name: str) -> str:
    """Return the source text of a script in `conformance.worker`, for execnet to run over there."""
    return (_WORKER / f"{name}.py").read_text(encoding="utf-8")


def _files(folder: Path, prefix: str) -> dict[str, str]:
    return {f"{prefix}/{file.name}": file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))}
