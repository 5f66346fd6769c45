"""Short turns, as the kernel itself tells them."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = """
import ctypes, platform, struct, threading
from conformance.worker.turns import SHORTEST, take_short_turns
asked = take_short_turns()
number = {"x86_64": 315, "aarch64": 275}[platform.machine()]  # sched_getattr
def turn():
    told = ctypes.create_string_buffer(48)
    ctypes.CDLL(None).syscall(number, 0, told, len(told), 0)
    turns.append(struct.unpack("=IIQiIQQQ", told.raw)[5])
turns = []
thread = threading.Thread(target=turn); thread.start(); thread.join()
turn()
print(asked, [told / SHORTEST for told in turns])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")
def test_a_thread_that_is_started_later_has_short_turns_too():
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    # A kernel before 6.12 tells no turns.
    assert done.stdout in ("True [1.0, 1.0]\n", "True [0.0, 0.0]\n")


def test_where_it_cannot_be_asked_nothing_happens(monkeypatch):
    from conformance.worker import turns

    monkeypatch.setattr(turns.platform, "machine", lambda: "abacus")
    assert not turns.take_short_turns()
