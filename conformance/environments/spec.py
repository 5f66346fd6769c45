"""What an environment is: a named interpreter, here or on another host, with one framework in it."""

from __future__ import annotations

import dataclasses
import difflib
import os
import shlex
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import execnet


class EnvironmentUsageError(ValueError):
    """An environment that was asked for, or declared, in a way that cannot be understood or met."""


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """One environment.

    `framework` is the name under which its adapter is found, and to which the APIs of case files
    belong. `gateway` is an execnet specification. `build` is the command that makes the environment,
    `requires` what that command needs (such as "Python 3.10"). `flush_to_zero` declares that the
    device may return 0 below the smallest normal number, `log_ulps` how accurate its elementary
    functions are. `adapter` (``module:Class``) is for an adapter that is not registered.
    """

    name: str
    framework: str
    gateway: str = "popen"
    build: str = ""
    requires: str = ""
    flush_to_zero: bool = False
    log_ulps: float = 1.0
    adapter: str = ""

    @property
    def local(self) -> bool:
        """Whether its worker is a process of this machine."""
        return bool(execnet.XSpec(self.gateway).popen)

    @property
    def remedy(self) -> str:
        """What would make this environment run: the command, and what the command needs."""
        needs = f" (needs {self.requires})" if self.requires else ""
        if self.build:
            return f"{self.build}{needs}"
        return f"install {self.framework} there, or name another interpreter: {self.name}=PATH{needs}"

    def problem(self) -> str | None:
        """Return why the interpreter cannot be started, as far as can be seen without starting it."""
        python = execnet.XSpec(self.gateway).python
        if not self.local or not python:
            return None
        interpreter = shlex.split(python)[0]
        return None if shutil.which(interpreter) else f"there is no interpreter {interpreter}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that ends a message about an unknown word."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(choices)}" if choices else ""


def with_target(spec: EnvironmentSpec, target: str, root: Path) -> EnvironmentSpec:
    """Return `spec` with the interpreter that `target` names, and the options that follow it.

    `target` is the folder of an environment, an interpreter, or an execnet specification
    (``ssh=host//python=python3.11``); after ``//`` may follow any key of execnet's, and
    ``framework=NAME``. A relative path is taken from `root`. Raises EnvironmentUsageError.
    """
    head, *options = target.split("//")
    if "=" not in head and head not in ("popen", "socket"):
        options.insert(0, f"python={shlex.quote(str(_interpreter(head, root)))}")
        head = "popen"
    keys = {}
    for option in (head, *options):
        key, _, value = option.partition("=")
        if key not in execnet.XSpec.__annotations__ and key != "framework" and not key.startswith("env:"):
            known = [*execnet.XSpec.__annotations__, "framework"]
            raise EnvironmentUsageError(f"{spec.name}={target}: unknown key {key!r}{nearest(key, known)}")
        keys[key] = value
    framework = keys.pop("framework", spec.framework)
    if "popen" in keys and keys.get("python"):
        keys["python"] = _absolute(keys["python"], root)
    gateway = "//".join(f"{key}={value}" if value else key for key, value in keys.items())
    return dataclasses.replace(spec, gateway=gateway, framework=framework)


def _interpreter(text: str, root: Path) -> Path:
    path = root / Path(text).expanduser()
    if path.is_dir() or not (path.exists() or path.name.startswith("python")):
        return path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return path


def _absolute(command: str, root: Path) -> str:
    """Return the interpreter's command with its path made absolute; a bare name is for PATH."""
    interpreter, *rest = shlex.split(command)
    if os.sep in interpreter:
        interpreter = str(root / Path(interpreter).expanduser())
    return shlex.join([interpreter, *rest])
