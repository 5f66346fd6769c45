"""The one place that looks beneath execnet's surface: at a gateway's process, from its start to its end.

What an interpreter says when it cannot start, execnet lets go to the terminal. It ends workers
politely (`Group.terminate`): it writes to a process first, which blocks when that process hangs with a
full pipe, and it does not tell the exit status. `_io` is its IO protocol, the same for local processes
and ssh.
"""

from __future__ import annotations

import re
import signal
import subprocess
import threading

import execnet
from execnet import gateway_io

PATIENCE = 5.0
"""How long a process may take to end after its connection has ended, in seconds."""

# execnet's bootstrap line evaluates a line of its input and executes the result. Python 2 must read it.
_PROBE = (
    b"'import sys; sys.exit(sys.version_info < (3, 8) "
    b'and "Python 3.8 or newer is needed, not " + sys.version.split()[0])\'\n'
)
_PROBE_SECONDS = 60.0
_STDERR_SHOWN = 2000

_FATAL = re.compile(r"^Fatal Python error: (.+)$", re.MULTILINE)
_OUR_FRAME = re.compile(  # of execnet, and of the thread that sends answers
    r'^  File "(?:<string>|<remote exec>|[^"]*execnet[\\/]gateway_base\.py|[^"]*worker[\\/]outbox\.py)",'
    r" line \d+ in .*\n?",
    re.MULTILINE,
)
_EMPTY_THREAD = re.compile(r"^Thread 0x.*\(most recent call first\):\n\n", re.MULTILINE)
_FAULTS = {
    "Aborted": "SIGABRT",
    "Segmentation fault": "SIGSEGV",
    "Floating point exception": "SIGFPE",
    "Floating-point exception": "SIGFPE",
    "Illegal instruction": "SIGILL",
    "Bus error": "SIGBUS",
}


def probe(gateway: str) -> None:
    """Start the interpreter of an execnet specification for nothing, to learn why where it cannot be.

    Raises OSError with the reason, which has what it wrote to stderr. Other kinds of gateways than
    local processes and ssh are left to execnet.
    """
    spec = execnet.XSpec(gateway)
    if spec.via or not (spec.popen or spec.ssh):
        return
    arguments = gateway_io.popen_args(spec) if spec.popen else gateway_io.ssh_args(spec)
    try:
        done = subprocess.run(
            arguments, input=_PROBE, capture_output=True, timeout=_PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as problem:
        raise OSError(f"{arguments[0]} did not answer within {_PROBE_SECONDS:g} s") from problem
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-_STDERR_SHOWN:]
        ended = cause(done.returncode, "", local=True)
        raise OSError(f"{arguments[0]} ended with {ended}: {said}".rstrip(": "))


def kill(gateway: execnet.Gateway) -> None:
    """Kill the gateway's local process at once (for ssh: the connection)."""
    gateway._io.kill()


def exit_status(gateway: execnet.Gateway) -> int | None:
    """Wait for a process whose connection has ended, kill it if it lingers; return its exit status.

    As `subprocess` has it: the negative number of a signal. None where it cannot be known.
    """
    lingering = threading.Timer(PATIENCE, kill, (gateway,))
    lingering.start()
    try:
        return gateway._io.wait()
    finally:
        lingering.cancel()


def trimmed(log: str) -> str:
    """Return a dead worker's log without execnet's and our own frames and threads in its tracebacks."""
    return _EMPTY_THREAD.sub("", _OUR_FRAME.sub("", log))


def cause(status: int | None, log: str, *, local: bool) -> str:
    """Name what ended a process: a signal such as ``SIGABRT``, or its exit status.

    Through ssh the status of a killed process is 128 and the signal, or 255; in the latter case
    the last words that faulthandler wrote to its log name the signal.
    """
    if status is not None and not local and 128 < status < 255:
        status = 128 - status
    if status is not None and status < 0:
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    if not local:
        fatal = _FATAL.findall(log)
        if fatal:
            words: str = fatal[-1]
            return _FAULTS.get(words, words)
    return f"exit status {status}"
