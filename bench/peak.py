"""Runs a module as `python -m` does, and writes down how much memory this process needed at most.

    python peak.py FILE MODULE [ARGUMENTS ...]

A process of its own does the counting because what a parent is told (`wait4`) is the largest of a whole
tree, workers included.
"""

from __future__ import annotations

import atexit
import runpy
import sys
from pathlib import Path


def _peak_bytes() -> int:
    """The high-water mark of this process's resident memory."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would begin with what the parent had before this program was loaded
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    file, module = sys.argv[1:3]
    sys.path[0] = ""  # what `python -m` has there, in place of this file's folder
    del sys.argv[1:3]
    atexit.register(lambda: Path(file).write_text(str(_peak_bytes())))
    runpy.run_module(module, run_name="__main__", alter_sys=True)
