"""Signatures: what documents say of each API, and where the installed package shows something else."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.report.collect import Collection
from conformance.report.visible import visible
from conformance.results import ApiForm, SignatureForm


def signatures(collection: Collection) -> dict[str, Any]:
    """`documented` maps APIs to signatures; `installed` environments to APIs to what differs there."""
    installed: dict[str, dict[str, list[str]]] = {}
    for label, environment in collection.environments.items():
        told = environment.get("signatures", {}) if environment is not None else {}
        for name, found in told.items():
            if name in collection.apis:
                words = differences(collection.apis[name], found)
                installed.setdefault(label, {})[visible(name)] = list(map(visible, words))
    documented = {visible(name): _documented(form) for name, form in collection.apis.items()}
    return {"documented": documented, "installed": installed}


def differences(documented: ApiForm, installed: SignatureForm) -> list[str]:
    """What an installed signature has otherwise than the documented one, in words."""
    inputs = list(documented["inputs"].values())
    own = [] if documented["kind"] == "class" else inputs
    wanted = [*own, *(parameter["name"] for parameter in documented["parameters"])]
    shown = {parameter["name"]: parameter for parameter in installed["parameters"]}
    words = [f"{name} is documented, and missing" for name in wanted if name not in shown]
    for name, parameter in shown.items():
        default = parameter["default"]
        if name not in wanted:
            words.append(f"{name} is not documented" + (f" (default {default})" if default else ""))
    for each in documented["parameters"]:
        found = shown.get(each["name"])
        if found is not None and not _same(each["default"], found["default"]):
            now = "must be given" if found["default"] is None else f"has the default {found['default']}"
            words.append(f"{each['name']} {now}, documented is {each['default']}")
    both = [name for name in wanted if name in shown]
    order = [name for name in shown if name in wanted]
    if both != order:
        words.append(f"the order is {', '.join(order)}; documented is {', '.join(both)}")
    called = installed["inputs"]
    if documented["kind"] == "class" and called is not None and called[: len(inputs)] != inputs:
        words.append(f"a call takes {', '.join(called) or 'nothing'}; documented is {', '.join(inputs)}")
    return words


def _same(documented: str, installed: str | None) -> bool:
    """Whether two defaults mean the same: 1 and 1.0 do."""
    if installed is None:
        return False
    try:
        return bool(ast.literal_eval(documented) == ast.literal_eval(installed))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return documented == installed


def _documented(form: ApiForm) -> dict[str, Any]:
    return {
        "operator": visible(form.get("operator", "")),
        "kind": visible(form["kind"]),
        "inputs": _texts(form["inputs"]),
        "parameters": [
            {
                "name": visible(parameter["name"]),
                "attribute": visible(parameter.get("attribute", parameter["name"])),
                "default": visible(parameter["default"]),
                "values": _told(parameter["values"]),
            }
            for parameter in form["parameters"]
        ],
        "fixed": _texts(form.get("fixed", {})),
        "dtypes": _told(form["dtypes"]),
        "index_dtypes": _told(form.get("index_dtypes")),
        "platforms": _told(form["platforms"]),
    }


def _texts(table: Mapping[str, str]) -> dict[str, str]:
    return {visible(name): visible(text) for name, text in table.items()}


def _told(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [visible(name) for name in names]
