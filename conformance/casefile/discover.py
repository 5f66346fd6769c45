"""Which files are case files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

SUFFIXES = (".yaml", ".yml")
NO_CASES = "expectations"  # the folder of the gate's own YAML

_OPERATOR_KEY = re.compile(rb"""^(?:\{[ \t]*)?(?:operator|"operator"|'operator')[ \t]*:""", re.MULTILINE)
_SCHEMA_COMMENT = re.compile(
    rb"^#[ \t]*yaml-language-server:[ \t]*\$schema=\S*conformance/casefile/schema\.json[ \t]*$", re.MULTILINE
)


def is_casefile(path: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> bool:
    """Whether `path` is ours: YAML with a top-level `operator` key or the comment that names our schema.

    Nothing below a folder named `expectations` is; folders above `root`, where it is given, do not
    count. A file that is ours need not be valid, and a YAML file that cannot be opened counts as ours:
    `load` says what is wrong with it.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES or NO_CASES in _folders(path, root):
        return False
    try:
        if not path.is_file():
            return path.is_symlink() and not path.exists()  # a link to nowhere is a file that is missing
        data = path.read_bytes()
    except (OSError, ValueError):
        return True
    # NUL bytes go so that UTF-16, which is refused later, is seen to be ours.
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe").replace(b"\0", b"")
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return bool(_OPERATOR_KEY.search(data) or _SCHEMA_COMMENT.search(data))


def find(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """Each file of `paths`, and for each folder of it the case files below, sorted; none of them twice."""
    seen = set()
    for given in map(Path, paths):
        found = _below(given) if given.is_dir() else [given]
        for path in found:
            identity = os.path.abspath(path)
            if identity not in seen:
                seen.add(identity)
                yield path


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != NO_CASES and not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if is_casefile(path, folder):
                yield path


def _folders(path: Path, root: str | os.PathLike[str] | None) -> tuple[str, ...]:
    folder = path.parent
    if root is not None and folder.is_relative_to(root):
        folder = folder.relative_to(root)
    return folder.parts
