"""`latest.jsonl`: always the last run, also while it goes on and after it was killed."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from conformance.results.errors import ResultsError

LATEST = "latest.jsonl"


def point_latest(path: Path, finished: bool) -> None:
    """Makes `latest.jsonl` beside `path` mean `path`, in one atomic step.

    A symbolic link; a hard link where the platform refuses that (both show the run while it goes on);
    else a copy, which can be made only once the run is `finished`. Called at the start and at the end of
    a run. Raises ResultsError where nothing works at the end.
    """
    latest = path.with_name(LATEST)
    if _same_file(latest, path):
        return
    fresh = path.with_name(f".{LATEST}.{os.getpid()}")
    for attempt in (_symlink, _hardlink, _copy) if finished else (_symlink, _hardlink):
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        with suppress(OSError, NotImplementedError):
            attempt(path, fresh)
            os.replace(fresh, latest)
            return
    with suppress(OSError):
        fresh.unlink(missing_ok=True)
    if finished:
        raise ResultsError(latest, "cannot be updated", hint=f"the results are in {path}")


def _same_file(latest: Path, path: Path) -> bool:
    try:
        return os.path.samefile(latest, path)
    except OSError:
        return False


def _symlink(path: Path, fresh: Path) -> None:
    os.symlink(path.name, fresh)


def _hardlink(path: Path, fresh: Path) -> None:
    os.link(path, fresh)


def _copy(path: Path, fresh: Path) -> None:
    shutil.copyfile(path, fresh)
