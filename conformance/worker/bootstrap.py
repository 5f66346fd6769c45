"""The first code that runs on the worker's side: unpacks the rest of it, then becomes the worker.

Executed by execnet, which puts `channel` into the globals. It receives one order, a dict:
`directory` (a name for the worker's temporary directory), `sources` (path: text), `adapter`
(``module:Class``), `deadline` and `startup` (seconds).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import Any


def work(channel: Any, order: dict[str, Any]) -> None:
    """Unpack the sources into a new directory, serve from there, and remove it at the end."""
    home = os.path.join(tempfile.gettempdir(), order["directory"])
    os.mkdir(home, 0o700)
    try:
        source = os.path.join(home, "source")
        for name, text in order["sources"].items():
            path = os.path.join(source, *name.split("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text)
        # An empty entry is the working directory, in which a framework may write anything.
        sys.path[:] = [source, *filter(None, sys.path)]
        os.mkdir(os.path.join(home, "work"))
        os.chdir(os.path.join(home, "work"))

        from conformance.worker.main import serve  # here: it has only just been written

        serve(channel, order["adapter"], home, order["deadline"], order["startup"])
    finally:
        os.chdir(tempfile.gettempdir())
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__channelexec__":
    work(channel, channel.receive())  # type: ignore[name-defined]  # noqa: F821 - execnet defines it
