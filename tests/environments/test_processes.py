"""Workers as processes: other hosts, signals, and a host that dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.environments import Answered, Crashed, Finished, Pool, Ready, TimedOut, Unavailable
from conformance.environments.process import cause
from tests.fakes import children, environment, request, run

SSH = """#!/bin/sh
# Runs what it is asked to run on this host, as the last argument says.
for command; do :; done
exec sh -c "$command"
"""


REFUSED = """#!/bin/sh
echo connection refused >&2
exit 255
"""

OLD_PYTHON = f"""#!{sys.executable}
import sys
sys.version_info, sys.version = (3, 7), "3.7.1 (old)"
exec(eval(sys.stdin.readline()))
"""


def test_through_ssh(tmp_path, monkeypatch):
    ssh = tmp_path / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    spec = environment(gateway=f"ssh=somewhere//python={sys.executable}")
    behaviours = ["right", "abort", "stuck", "noisy", "exit", "right"]
    with Pool([spec], deadline=1.0) as pool:
        pool.submit(
            "fake", [request(number, f"fake.{name}.kl_div") for number, name in enumerate(behaviours)]
        )
        pool.start()
        events = list(iter(pool.next_event, None))
    assert [type(event) for event in events] == [
        Ready, Answered, Crashed, TimedOut, Answered, Crashed, Answered, Finished
    ]  # fmt: skip
    assert [event.cause for event in events if isinstance(event, Crashed)] == ["SIGABRT", "exit status 0"]


@pytest.mark.parametrize(
    ("gateway", "script", "reason"),
    [
        ("ssh=host", REFUSED, "255: connection refused"),
        ("popen//python=ssh", OLD_PYTHON, "1: Python 3.8 or newer is needed, not 3.7.1"),
    ],
)
def test_what_cannot_start_says_so_in_the_event_and_not_on_the_terminal(
    tmp_path, monkeypatch, capfd, gateway, script, reason
):
    ssh = tmp_path / "ssh"
    ssh.write_text(script)
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (event,) = run([request(0)], environment(gateway=gateway))
    assert isinstance(event, Unavailable)
    assert event.reason == f"ssh ended with exit status {reason}"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("status", "log", "local", "named"),
    [
        (-6, "", True, "SIGABRT"),
        (-200, "", True, "signal 200"),
        (3, "", True, "exit status 3"),
        (139, "", True, "exit status 139"),
        (139, "", False, "SIGSEGV"),
        (255, "Fatal Python error: Segmentation fault\n\nThread", False, "SIGSEGV"),
        (255, "Fatal Python error: _PyMem_DebugFree\n", False, "_PyMem_DebugFree"),
        (255, "", False, "exit status 255"),
    ],
)
def test_causes(status, log, local, named):
    assert cause(status, log, local=local) == named


def test_an_interrupt_from_the_terminal_is_for_the_host_alone():
    with Pool([environment()]) as pool:
        pool.start()
        pool.next_event()
        os.kill(children(os.getpid())[0], signal.SIGINT)
        pool.submit("fake", [request(0)])
        assert isinstance(pool.next_event(), Answered)


HOST = """
import sys
from conformance.environments import Pool
from tests.fakes import children, environment, request, run
pool = Pool([environment()], deadline=1.0)
pool.submit("fake", [request(0, sys.argv[1])])
pool.start()
print(type(pool.next_event()).__name__, flush=True)
pool.next_event()
print("answered", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("behaviour", ["right", "stuck"])
def test_a_worker_ends_with_its_host(tempdir, behaviour):
    """However the host ends, and whatever the worker does."""
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, f"fake.{behaviour}.kl_div"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with host:
        assert host.stdout.readline() == "Ready\n"
        if behaviour == "right":
            assert host.stdout.readline() == "answered\n"
        else:
            time.sleep(0.3)  # for the request to arrive
        worker = children(host.pid)[0]
        host.kill()
    until = time.monotonic() + 10
    while _alive(worker) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _alive(worker)
    if behaviour == "stuck":  # nobody was left to remove its directory
        (left,) = tempdir.glob("conformance-*")
        shutil.rmtree(left)


FORGETFUL_HOST = """
from conformance.environments import Pool
from tests.fakes import environment, request
pool = Pool([environment("hung"), environment("starting", "SlowAdapter", gateway="popen//env:FAKE_SLOW=60")])
pool.submit("hung", [request(0, "fake.hang.kl_div")])
pool.start()
pool.next_event()
"""


def test_a_pool_that_is_never_closed_leaves_nothing_either():
    """The directory is looked at after the test."""
    done = subprocess.run(
        [sys.executable, "-c", FORGETFUL_HOST], capture_output=True, cwd=Path(__file__).parents[2], check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def _alive(pid):
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
