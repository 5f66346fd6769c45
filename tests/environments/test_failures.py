"""What crashes, hangs and cannot start costs no more than itself."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from conformance.environments import Answered, Crashed, Finished, Pool, Ready, TimedOut, Unavailable
from tests.fakes import answers, children, drain, environment, request, run, tensor


@pytest.mark.parametrize(
    ("api", "cause", "words"),
    [
        ("fake.abort.kl_div", "SIGABRT", "check failed: kernel != nullptr"),
        ("fake.segfault.kl_div", "SIGSEGV", "in _segfault"),
        ("fake.exit.kl_div", "exit status 0", ""),
    ],
)
def test_a_crash_costs_only_its_own_request(api, cause, words):
    events = run(request(number, api if number in (3, 150) else "fake.right.kl_div") for number in range(300))
    crashes = [event for event in events if isinstance(event, Crashed)]
    assert [(crash.request, crash.cause) for crash in crashes] == [(3, cause), (150, cause)]
    assert all(words in crash.log for crash in crashes)
    noises = ("\x1b", "<string>", "receiver", "outbox")
    assert all(noise not in crash.log for crash in crashes for noise in noises)
    assert sorted(answers(events)) == [number for number in range(300) if number not in (3, 150)]
    assert len([event for event in events if isinstance(event, Ready)]) == 1
    assert events[-1] == Finished("fake")


def test_a_crash_log_holds_only_the_crashing_call():
    events = run([request(0, "fake.noisy.kl_div"), request(1, "fake.abort.kl_div")])
    (crash,) = (event for event in events if isinstance(event, Crashed))
    assert "from print" not in crash.log


def test_a_crash_behind_answers_that_were_not_sent():
    """They are found, and in their order; nothing is called a second time."""
    crashing = range(5, 100, 20)
    events = run(
        request(number, "fake.abort.kl_div" if number in crashing else "fake.right.kl_div")
        for number in range(100)
    )
    assert [event.request for event in events if isinstance(event, Crashed)] == list(crashing)
    assert [event.request for event in events[1:-1]] == list(range(100))


@pytest.mark.parametrize("api", ["fake.hang.kl_div", "fake.stuck.kl_div"])
def test_a_hang_behind_answers_that_were_not_sent(api):
    events = run([request(0), request(1), request(2), request(3, api), request(4)], deadline=1.0)
    told = [(event.request, type(event)) for event in events[1:-1]]
    assert told == [(0, Answered), (1, Answered), (2, Answered), (3, TimedOut), (4, Answered)]


def test_a_slow_call_does_not_hold_back_what_came_before_it():
    with Pool([environment()]) as pool:
        pool.submit("fake", [*(request(number) for number in range(20)), request(20, "fake.hang.kl_div")])
        pool.start()
        assert isinstance(pool.next_event(), Ready)
        got = [pool.next_event(timeout=30) for _ in range(20)]
    assert [event.request for event in got if isinstance(event, Answered)] == list(range(20))


def test_a_request_may_have_a_deadline_of_its_own():
    sleeping = {**request(0, "time.sleep", {"scalar": 1.5}), "deadline": 30.0}
    impatient = {**request(1, "fake.hang.kl_div"), "deadline": 0.5}
    usual = request(2, "fake.hang.kl_div")
    events = run([sleeping, impatient, usual], deadline=1.0)
    assert sorted(answers(events)) == [0]
    late = [(event.request, event.seconds) for event in events if isinstance(event, TimedOut)]
    assert late == [(1, 0.5), (2, 1.0)]


def test_the_host_honours_the_deadline_of_a_request(monkeypatch):
    """Where the worker stands still, its own timer cannot help."""
    monkeypatch.setattr("conformance.environments.lane.GRACE", 0.2)
    stopping = {**request(2, "signal.raise_signal", {"scalar": 19}), "deadline": 1.0}
    patient = {**request(0, "time.sleep", {"scalar": 1.0}), "deadline": 2.0}
    events = run([patient, request(1), stopping, request(3)], deadline=0.3)
    assert [(event.request, event.seconds) for event in events if isinstance(event, TimedOut)] == [(2, 1.0)]
    assert sorted(answers(events)) == [0, 1, 3]


@pytest.mark.parametrize("api", ["fake.hang.kl_div", "fake.stuck.kl_div"])
def test_a_hang_costs_only_its_own_request(api):
    events = run([request(0), request(1, api), request(2)], deadline=1.0)
    (late,) = (event for event in events if isinstance(event, TimedOut))
    assert (late.request, late.seconds) == (1, 1.0)
    assert f"in _{api.split('.')[1]}" in late.log
    assert sorted(answers(events)) == [0, 2]
    assert events[-1] == Finished("fake")


def test_a_stopped_process_is_killed_by_the_host(monkeypatch):
    """The worker's own timer cannot help where the whole process stands still."""
    monkeypatch.setattr("conformance.environments.lane.GRACE", 0.2)
    with Pool([environment()], deadline=1.0) as pool:
        pool.start()
        ready = pool.next_event()
        pid = children(os.getpid())[0]
        os.kill(pid, 19)
        pool.submit("fake", [request(0), request(1)])
        events = drain(pool)
    assert isinstance(ready, Ready)
    assert [type(event) for event in events] == [TimedOut, Answered, Finished]


def test_one_broken_environment_loses_nothing_of_another():
    with Pool([environment("good"), environment("bad")], deadline=1.0) as pool:
        pool.submit("good", (request(number) for number in range(500)))
        pool.submit(
            "bad", (request(number, f"fake.{what}.kl_div") for number, what in enumerate(["abort", "stuck"]))
        )
        pool.start()
        events = drain(pool)
    good = [event for event in events if event.environment == "good"]
    assert [event.request for event in good[1:-1]] == list(range(500))
    assert [type(event) for event in events if event.environment == "bad"] == [
        Ready,
        Crashed,
        TimedOut,
        Finished,
    ]


@pytest.mark.parametrize("api", ["fake.hang.kl_div", "fake.stuck.kl_div"])
def test_closing_ends_a_hung_worker_at_once(api):
    pool = Pool([environment()])
    pool.submit("fake", [request(0, api)])
    pool.start()
    pool.next_event()
    time.sleep(0.2)
    began = time.monotonic()
    pool.close()
    assert time.monotonic() - began < 20
    pool.close()
    assert children(os.getpid()) == []


def test_closing_while_workers_start():
    with Pool([environment(adapter="SlowAdapter", gateway="popen//env:FAKE_SLOW=60")]) as pool:
        pool.start()
        time.sleep(0.3)
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert children(os.getpid()) == []


def test_closing_leaves_no_thread():
    before = threading.active_count()
    run([request(0), request(1, "fake.abort.kl_div")])
    deadline = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_large_batch_does_not_block_the_pool_behind_a_stuck_worker():
    """The second batch does not fit into the pipe while the worker's Python stands still."""
    big = [tensor(np.ones(1_000_000), "float64")] * 2
    with Pool([environment("stuck"), environment("good")], deadline=2.0) as pool:
        pool.submit("stuck", [request(0, "fake.stuck.kl_div", *big), request(1, "fake.right.kl_div", *big)])
        pool.submit("good", (request(number) for number in range(200)))
        pool.start()
        events = drain(pool)
    kinds = [(event.environment, type(event)) for event in events]
    assert kinds.index(("good", Finished)) < kinds.index(("stuck", TimedOut))
    assert kinds[-2:] == [("stuck", Answered), ("stuck", Finished)]


def test_an_environment_whose_workers_always_die_is_given_up():
    events = run((request(number, "fake.abort.kl_div") for number in range(10)), crash_limit=3)
    assert [type(event) for event in events] == [Ready, Crashed, Crashed, Crashed, Unavailable]
    assert events[-1].reason == "its worker died 3 times in a row, last of SIGABRT"


def test_an_answer_between_crashes_keeps_an_environment():
    """Whether or not it had been sent."""
    apis = ["fake.abort.kl_div", "fake.right.kl_div", "fake.abort.kl_div", "fake.right.kl_div"] * 2
    events = run((request(number, api) for number, api in enumerate(apis)), crash_limit=2)
    assert [type(event) for event in events[1:]] == [Crashed, Answered] * 4 + [Finished]


def test_a_worker_that_cannot_be_replaced(tmp_path):
    mark = tmp_path / "mark"
    spec = environment(adapter="MortalAdapter", gateway=f"popen//env:FAKE_MARK={mark}")
    events = run([request(0), request(1, "fake.abort.kl_div"), request(2)], spec)
    assert [type(event) for event in events] == [Ready, Answered, Crashed, Unavailable]
    assert "ImportError: the licence has been used up" in events[-1].reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"adapter": "MissingAdapter"}, "No module named 'fake_framework'\nlooking for fake_framework"),
        ({"adapter": "AbortingAdapter"}, "it did not start: SIGABRT\ncannot find a device"),
        ({"gateway": "popen//python=/nowhere/bin/python"}, "there is no interpreter /nowhere/bin/python"),
        ({"gateway": "popen//python=false"}, "false ended with exit status 1"),
        ({"gateway": f"popen//python={sys.executable} -S"}, "ModuleNotFoundError: No module named 'numpy'"),
        ({"adapter": "NoAdapter"}, "NoAdapter"),
    ],
)
def test_an_environment_that_cannot_run_says_why_and_what_would_help(fields, reason):
    events = run([request(0)], environment(requires="Python 3.10", **fields))
    assert [type(event) for event in events] == [Unavailable]
    assert reason in events[0].reason
    assert events[0].remedy == "make fake (needs Python 3.10)"


@pytest.mark.parametrize(
    ("adapter", "reason"),
    [
        ("nowhere.at_all:Adapter", "there is no module nowhere.at_all"),
        ("", "there is no adapter for the framework fake"),
    ],
)
def test_an_adapter_that_cannot_be_found(adapter, reason):
    (event,) = run([], replace(environment(), adapter=adapter))
    assert isinstance(event, Unavailable)
    assert reason in event.reason


def test_a_start_that_takes_too_long():
    spec = environment(adapter="SlowAdapter", gateway="popen//env:FAKE_SLOW=60")
    (event,) = run([request(0)], spec, startup=1.0)
    assert isinstance(event, Unavailable)
    assert event.reason.startswith("it did not start within 1 s")
    assert "in load" in event.reason


def test_submitting_to_an_unavailable_environment_reports_it_again():
    with Pool([environment(adapter="MissingAdapter")]) as pool:
        pool.start()
        first = drain(pool)
        pool.submit("fake", [request(0)])
        assert drain(pool) == first
