"""Short turns, as the kernel itself tells them."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = """
import ctypes, os, platform, struct, sys, threading
before = os.nice(0)
os.nice(int(sys.argv[1]))
if sys.argv[2] == "batch":
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
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
batch = os.sched_getscheduler(0) == os.SCHED_BATCH
print(asked, *(told / SHORTEST for told in turns), os.nice(0) - before, batch)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")
@pytest.mark.parametrize(("nice", "policy"), [(0, "other"), (3, "other"), (0, "batch")])
def test_a_thread_that_is_started_later_has_short_turns_too_and_nothing_else_changes(nice, policy):
    ask = [sys.executable, "-c", ASK, str(nice), policy]
    done = subprocess.run(ask, capture_output=True, text=True, check=True)
    asked, later, own, nicer, batch = done.stdout.split()
    assert (asked, int(nicer), batch) == ("True", nice, str(policy == "batch"))
    assert later == own
    assert own in ("1.0", "0.0")  # a kernel before 6.12 tells no turns


def test_where_it_cannot_be_asked_nothing_happens(monkeypatch):
    from conformance.worker import turns

    monkeypatch.setattr(turns.platform, "machine", lambda: "abacus")
    assert not turns.take_short_turns()
