"""This interpreter's pytest, lent to a framework's interpreter without installing anything there.

pytest, xdist and what they need are pure Python, so a folder of links to them on PYTHONPATH will do. The
whole site-packages would not: it holds this interpreter's own NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement


def lend(folder: Path, *names: str) -> Path:
    """Fill `folder` with links to the packages of these names and all they require; return it.

    Raises PackageNotFoundError where one of them is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for package in _closure(names):
        for name in _top_level(package):
            link = folder / name
            if not link.exists():
                link.symlink_to(Path(str(package.locate_file(name))))
    return folder


def _closure(names: Iterable[str]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = distribution(name)
        needs = map(Requirement, found[name].requires or ())
        waiting += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return list(found.values())


def _top_level(package: Distribution) -> set[str]:
    """The modules and packages of a distribution, and its metadata; not its scripts (`../../bin`)."""
    return {file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__")}
