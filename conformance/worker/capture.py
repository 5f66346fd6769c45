"""What a framework prints, from Python or from C, goes to a log file and from there to its call."""

from __future__ import annotations

import ctypes
import io
import os
import sys
import warnings
from collections import deque
from typing import TextIO

from conformance.worker.text import clean

LIMIT = 4000
"""How much of what one call printed is kept, in bytes from the end."""


class Capture:
    """Both output streams of this process, in one file that holds what the present call printed."""

    def __init__(self, path: str) -> None:
        # Appending: what is written after a truncation then starts at the beginning again.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor in (1, 2):
            os.dup2(self._file, descriptor)
        sys.stdout = sys.__stdout__ = _unbuffered(1)  # type: ignore[misc]  # final for others
        sys.stderr = sys.__stderr__ = _unbuffered(2)  # type: ignore[misc]  # final for others
        _unbuffer_c_stdout()
        # Kept here: through the file, and with the line of source, one warning costs 50 us.
        self._warnings: deque[str] = deque(maxlen=50)
        warnings.showwarning = self._warn

    def take(self) -> str:
        """Return what was printed since the last time (its end, if it is long), without colours."""
        text = ""
        if self._warnings:
            text = "".join(self._warnings)[-LIMIT:]
            self._warnings.clear()
        size = os.fstat(self._file).st_size
        if size > 0:
            text += os.pread(self._file, LIMIT, max(0, size - LIMIT)).decode("utf-8", "replace")
            os.ftruncate(self._file, 0)
        return clean(text) if text else ""

    def _warn(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        self._warnings.append(f"{filename}:{lineno}: {category.__name__}: {message}\n")


def _unbuffered(descriptor: int) -> io.TextIOWrapper:
    raw = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115 - lives as long as the process
    # Not buffered, or the text would be lost in a crash and counted to a later call otherwise.
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)


def _unbuffer_c_stdout() -> None:
    """The same for C's `stdout`, which is fully buffered when it is a file."""
    libc = ctypes.CDLL(None)
    for name in ("stdout", "__stdoutp"):  # the second is macOS
        try:
            stream = ctypes.c_void_p.in_dll(libc, name)
        except ValueError:
            continue
        unbuffered = 2  # _IONBF
        libc.setvbuf(stream, None, unbuffered, ctypes.c_size_t(0))
