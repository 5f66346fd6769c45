"""Reads what a worker that died has left, and removes its directory.

Executed by execnet on the host where the worker ran. It receives the name of the directory and how
many bytes of the log to return, and sends them, decoded, and what the worker's outbox has: the id of
the request that was begun last, and the packed answers that were not sent.
"""

from __future__ import annotations

import os
import shutil
import struct
import tempfile


def left(directory: str, limit: int) -> tuple[str, int, bytes]:
    """Return the last `limit` bytes of a dead worker's log, the id of its last request, and its answers.

    What there is not is "", -1 and b"".
    """
    home = os.path.join(tempfile.gettempdir(), directory)
    log, running, answers = "", -1, b""
    try:
        with open(os.path.join(home, "log"), "rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - limit))
            log = stream.read().decode("utf-8", "replace")
        with open(os.path.join(home, "outbox"), "rb") as stream:
            running, used = struct.unpack("@qq", stream.read(16))
            answers = stream.read(used)
    except (OSError, struct.error):
        pass  # it died before it had made them
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return log, running, answers


if __name__ == "__channelexec__":
    channel.send(left(*channel.receive()))  # type: ignore[name-defined]  # noqa: F821 - execnet defines it
