"""When and where the threads of this process run: short turns, and all of them on one core."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys

SHORTEST = 100_000
"""The shortest turn that Linux grants, in nanoseconds."""

# sched_setattr and sched_getattr, which the C library does not wrap.
_CALLS = {"x86_64": (314, 315), "aarch64": (274, 275)}
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")  # size, policy, flags, nice, priority, runtime, deadline, period
_RUNTIME = 5  # the turn of one under a policy that has turns


def take_short_turns() -> bool:
    """Ask for turns of `SHORTEST` for this thread and those it starts; return whether they are granted.

    Threads of a framework hand each other work many times a call; OneFlow's wait for it without
    sleeping. One that is woken behind another on its core waits there until the other's turn is over: by
    default for 3 ms and more, twenty times as long as a small call. With short turns it comes at once.
    Linux knows this since 6.12, and needs no privilege for it; older kernels take no notice. How nice the
    process is stays as it was; one under a policy without turns is left alone.
    """
    calls = _CALLS.get(platform.machine())
    if not sys.platform.startswith("linux") or calls is None:
        return False
    policy, nice = os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)
    if policy not in (os.SCHED_OTHER, os.SCHED_BATCH):
        return False
    setting, getting = calls
    system = ctypes.CDLL(None).syscall
    wanted = _ATTRIBUTES.pack(_ATTRIBUTES.size, policy, 0, nice, 0, SHORTEST, 0, 0)
    found = ctypes.create_string_buffer(_ATTRIBUTES.size)
    if system(setting, 0, wanted, 0) or system(getting, 0, found, len(found), 0):
        return False
    granted: int = _ATTRIBUTES.unpack(found.raw)[_RUNTIME]
    return granted == SHORTEST


def share_one_core() -> bool:
    """Keep all threads of this process on the core of the calling one; return whether that worked.

    For a framework whose threads spin: they wait for each other without sleeping, in every call. On two
    cores each of them keeps one busy, which leaves none to the host and to other workers, and a call that
    takes 160 us then takes 300. On one core they are in each other's way, unless one that is woken lets
    the other finish what it is at: that is what SCHED_BATCH asks for. Then a call takes 120 us. Large
    operations lose next to nothing: those of 1e6 elements took as long on one core as on two.

    Threads that are started later share the core, too. A process under another policy is left alone. To be
    called where turns are short: else it may happen that each call takes a whole long one.
    """
    if not sys.platform.startswith("linux") or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return False
    try:
        core = {ctypes.CDLL(None).sched_getcpu()}
        for thread in map(int, os.listdir("/proc/self/task")):
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.sched_setscheduler(thread, os.SCHED_BATCH, os.sched_param(0))
                os.sched_setaffinity(thread, core)
    except OSError:
        return False
    return True
