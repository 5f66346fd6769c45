"""Building environments: a virtual environment with one version of a framework, kept for the next time."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_AVAILABLE = re.compile(r"^Available versions: (.*)$", re.MULTILINE)
_TOLD = 5  # last lines of pip's that a failure shows


class BuildError(Exception):
    """An environment cannot be built; the message says why, in pip's own last words."""


def cache_folder() -> Path:
    """Where built environments are kept."""
    return platformdirs.user_cache_path("conformance") / "environments"


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds environments of one package.

    `python` is the interpreter that they are made with, `requirements` are installed beside the package
    (workers need NumPy), `pip_args` are handed to pip as they are, `folder` is where they are kept.
    """

    package: str
    python: str
    requirements: Sequence[str]
    pip_args: Sequence[str]
    folder: Path

    def build(self, version: str) -> Path:
        """The folder of an environment with that version, built unless it is there. Raises BuildError.

        It is made beside its place and then moved there: what is there is whole, whoever else builds it.
        """
        target = self._target(version)
        if target.is_dir():
            return target
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        try:
            fresh.parent.mkdir(parents=True, exist_ok=True)
            _call([self.python, "-m", "venv", str(fresh)])
            wanted = [f"{self.package}=={version}", *self.requirements]
            _call([str(interpreter(fresh)), *_PIP, "install", *self.pip_args, *wanted])
            if not target.is_dir():
                fresh.rename(target)
        except OSError as problem:
            raise BuildError(f"{problem.filename or target}: {problem.strerror or problem}") from problem
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return target

    def available(self) -> list[str]:
        """The versions of the package that pip finds for this interpreter. Raises BuildError."""
        told = _call([self.python, *_PIP, "index", "versions", *self.pip_args, self.package])
        found = _AVAILABLE.search(told)
        return [word.strip() for word in found[1].split(",")] if found else []

    def built(self, version: str) -> bool:
        """Whether there is an environment with that version."""
        return self._target(version).is_dir()

    def _target(self, version: str) -> Path:
        parts = [self.python, list(self.requirements), list(self.pip_args)]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]
        return self.folder / f"{self.package}-{version}-{digest}"


_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def interpreter(folder: Path) -> Path:
    """The interpreter of the virtual environment in `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _call(command: Sequence[str]) -> str:
    """The output of a command. Raises BuildError where it fails, OSError where it cannot be started."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise BuildError("\n".join(lines[-_TOLD:]) or f"exit status {done.returncode}")
    return done.stdout
