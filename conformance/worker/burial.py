"""Reads the last words of a worker that died, and removes its directory.

Executed by execnet on the host where the worker ran. It receives the name of the directory and how
many bytes of the log to return, and sends them, decoded.
"""

from __future__ import annotations

import os
import shutil
import tempfile


def last_words(directory: str, limit: int) -> str:
    """Return the last `limit` bytes of a dead worker's log (empty if there is none)."""
    home = os.path.join(tempfile.gettempdir(), directory)
    try:
        with open(os.path.join(home, "log"), "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - limit))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__channelexec__":
    channel.send(last_words(*channel.receive()))  # type: ignore[name-defined]  # noqa: F821
