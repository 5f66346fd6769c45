"""Ends this process when one call takes too long, even inside C code that never lets Python run.

An interval timer whose signal faulthandler handles: its handler is C, so it needs no interpreter; it
writes the traceback of every thread to the log and then lets the signal do what it does by default,
which is to kill. So a hung worker on another host ends itself, with or without a connection.
"""

from __future__ import annotations

import faulthandler
import signal


class Watchdog:
    """A deadline of `seconds` for whatever runs between `start` and `stop`."""

    def __init__(self) -> None:
        faulthandler.enable(2)
        self._works = hasattr(signal, "setitimer") and hasattr(faulthandler, "register")
        if self._works:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            faulthandler.register(signal.SIGALRM, 2, all_threads=True, chain=True)

    def start(self, seconds: float) -> None:
        """Start to count, or start anew."""
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def stop(self) -> None:
        """Stop counting."""
        if self._works:
            signal.setitimer(signal.ITIMER_REAL, 0)
