"""Runs a module as `python -m` does, and writes down what this process itself needed: memory, processor.

    python watched.py FILE MODULE [ARGUMENTS ...]

A process of its own does the counting because what a parent is told (`wait4`) is about a whole tree,
workers included.
"""

from __future__ import annotations

import atexit
import json
import runpy
import sys
import time
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


def _write(file: str) -> None:
    """What was needed; `main` is the processor time of the main thread, which this one is."""
    needed = {"peak": _peak_bytes(), "main": time.thread_time(), "host": time.process_time()}
    Path(file).write_text(json.dumps(needed))


if __name__ == "__main__":
    file, module = sys.argv[1:3]
    sys.path[0] = ""  # what `python -m` has there, in place of this file's folder
    del sys.argv[1:3]
    atexit.register(_write, file)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
