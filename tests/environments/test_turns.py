"""Short turns and one core, as the kernel itself tells them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

TURNS = """
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


CORES = """
import os, sys, threading
from conformance.worker.turns import share_one_core
os.sched_setscheduler(0, int(sys.argv[1]), os.sched_param(0))
told, done = [], threading.Event()
def tell():
    told.append((len(os.sched_getaffinity(0)), os.sched_getscheduler(0)))
def wait_and_tell():
    done.wait()
    tell()
before = threading.Thread(target=wait_and_tell); before.start()
shared = share_one_core()
done.set(); before.join()
after = threading.Thread(target=tell); after.start(); after.join()
tell()
print(shared, *set(told) if shared else told)
"""

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")


@on_linux
@pytest.mark.parametrize(("nice", "policy"), [(0, "other"), (3, "other"), (0, "batch")])
def test_a_thread_that_is_started_later_has_short_turns_too_and_nothing_else_changes(nice, policy):
    ask = [sys.executable, "-c", TURNS, str(nice), policy]
    done = subprocess.run(ask, capture_output=True, text=True, check=True)
    asked, later, own, nicer, batch = done.stdout.split()
    assert (int(nicer), batch) == (nice, str(policy == "batch"))
    assert later == own == ("1.0" if asked == "True" else "0.0")  # a kernel before 6.12 grants none


def of_cores(policy):
    ask = [sys.executable, "-c", CORES, str(policy)]
    return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()


@on_linux
def test_threads_started_before_and_after_share_one_core():
    assert of_cores(os.SCHED_OTHER) == f"True (1, {os.SCHED_BATCH})"


@on_linux
def test_a_process_that_somebody_gave_another_policy_keeps_it_and_its_cores():
    untouched = (len(os.sched_getaffinity(0)), os.SCHED_IDLE)
    assert of_cores(os.SCHED_IDLE) == f"False {untouched} {untouched} {untouched}"


def test_where_it_cannot_be_asked_nothing_happens(monkeypatch):
    from conformance.worker import turns

    monkeypatch.setattr(turns.platform, "machine", lambda: "abacus")
    assert not turns.take_short_turns()
