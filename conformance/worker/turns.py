"""How long this process's threads run at a stretch while others wait for the same core."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

SHORTEST = 100_000
"""The shortest turn that Linux grants, in nanoseconds."""

_SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}  # sched_setattr, which the C library does not wrap
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")  # size, policy, flags, nice, priority, runtime, deadline, period


def take_short_turns() -> bool:
    """Ask for turns of `SHORTEST` for this thread and all that it will start; return whether that worked.

    Threads of a framework hand each other work many times a call; OneFlow's wait for it without
    sleeping. One that is woken behind another on its core waits there until the other's turn is over: by
    default for 3 ms and more, twenty times as long as a small call. With short turns it comes at once.
    Linux knows this since 6.12, and needs no privilege for it; older kernels take no notice. How nice the
    process is stays as it was; one under a policy without turns is left alone.
    """
    number = _SET_ATTRIBUTES.get(platform.machine())
    if not sys.platform.startswith("linux") or number is None:
        return False
    policy, nice = os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)
    if policy not in (os.SCHED_OTHER, os.SCHED_BATCH):
        return False
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, policy, 0, nice, 0, SHORTEST, 0, 0)
    done: int = ctypes.CDLL(None, use_errno=True).syscall(number, 0, attributes, 0)
    return done == 0
