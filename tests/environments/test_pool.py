"""The whole way: a pool, a worker process, the fake framework in it, and back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from conformance.environments import Answered, Finished, Pool, Ready
from tests.fakes import answers, children, drain, environment, request, run, tensor

X, Y = np.array([-1.0, -2.0]), np.array([0.25, 0.75])
SUM = float((Y * (np.log(Y) - X)).sum())


def _running():
    """The worker processes, without those that only wait to be looked at."""
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in children(os.getpid())]
    return [status for status in statuses if "State:\tZ" not in status]


def array(output):
    """The array of one output."""
    return np.frombuffer(output["data"], output["dtype"]).reshape(output["shape"])


def test_one_answer_per_request_then_finished():
    events = run(request(number, reduction="sum") for number in range(350))
    assert isinstance(events[0], Ready)
    assert [event.request for event in events[1:-1]] == list(range(350))
    assert events[-1] == Finished("fake")
    assert all(array(event.answer["outputs"][0]) == np.float32(SUM) for event in events[1:-1])


def test_ready_describes_the_environment():
    ready = run([])[0]
    assert isinstance(ready, Ready)
    assert ready.log == "fake is loading\n"
    assert {"framework": "fake", "version": "1.0", "devices": ["cpu"]}.items() <= ready.description.items()
    assert set(ready.description) >= {"python", "numpy", "device", "platform", "threads", "executable"}


def test_a_class_gets_attributes_in_its_constructor():
    events = run([request(0, "fake.right.KLDivLoss", reduction="sum")])
    assert array(answers(events)[0]["outputs"][0]) == np.float32(SUM)


@pytest.mark.parametrize("layout", ["contiguous", "transposed", "strided", "expanded"])
def test_every_layout_has_the_same_values(layout):
    rows = np.repeat(np.arange(1.0, 5.0)[None], 3, axis=0)
    shapes = [rows, rows[:1], np.full(4, 3.0), np.float64(2.0), np.zeros((0, 4)), np.stack([rows, rows])]
    both = [[tensor(values, "float64", layout)] * 2 for values in shapes]
    events = run(
        request(number, "fake.right.kl_div", *pair, reduction="none") for number, pair in enumerate(both)
    )
    for number, values in enumerate(shapes):
        expected = values * (np.log(values, where=values > 0, out=np.zeros_like(values)) - values)
        got = array(answers(events)[number]["outputs"][0])
        np.testing.assert_allclose(got, expected, rtol=1e-15)
        assert got.shape == np.shape(values)


def test_expanding_unequal_rows_is_refused():
    rows = tensor([[1.0], [2.0]], "float32", "expanded")
    answer = answers(run([request(0, "fake.right.kl_div", rows, rows)]))[0]
    assert answer["status"] == "harness"
    assert "equal along its first axis" in answer["message"]


def test_bfloat16_travels_as_bit_patterns():
    one, minus_one = 0x3F80, 0xBF80
    patterns = tensor([minus_one], "bfloat16"), tensor([one], "bfloat16")
    output = answers(run([request(0, "fake.right.kl_div", *patterns, reduction="none")]))[0]["outputs"][0]
    assert output == {"dtype": "bfloat16", "shape": [1], "data": one.to_bytes(2, "little")}


def test_what_a_call_prints_is_in_its_own_log_and_nowhere_else(capfd):
    got = answers(run([request(0, "fake.noisy.kl_div"), request(1)]))
    log = got[0]["log"]
    for line in ("from print\n", "from sys.stderr\n", "from descriptor 1\n", "from descriptor 2 \ufffd\n",
                 "from printf\n", "UserWarning: from warn\n"):  # fmt: skip
        assert line in log
    assert "\x1b" not in log
    assert got[1]["log"] == ""
    assert capfd.readouterr() == ("", "")


def test_warnings_are_told_for_every_call():
    got = answers(run(request(number, "fake.noisy.kl_div") for number in range(3)))
    assert [answer["log"].count("from warn\n") for answer in got.values()] == [1, 1, 1]


def test_printed_text_is_the_frameworks_own():
    asked = {**request(0, reduction="sum"), "print": "repr"}
    assert answers(run([asked]))[0]["printed"].startswith("Tensor(1.")


@pytest.mark.parametrize(
    ("api", "status", "text"),
    [
        ("fake.raises.kl_div", "raised", "no such kernel"),
        ("fake.late.kl_div", "raised", "the kernel failed a while ago"),
        ("fake.sysexit.kl_div", "raised", "3"),
        ("fake.right.kl_dif", "missing", "fake 1.0 has no fake.right.kl_dif; nearest: kl_div"),
        ("fakes.right.kl_div", "missing", "no module fakes"),
    ],
)
def test_what_is_not_an_output(api, status, text):
    answer = answers(run([request(0, api)]))[0]
    assert answer["status"] == status
    assert text in (answer["exception"] if status == "raised" else answer)["message"]


def test_an_exception_is_described():
    exception = answers(run([request(0, "fake.raises.kl_div")]))[0]["exception"]
    assert exception["class"] == "RuntimeError"
    assert exception["mro"] == ["RuntimeError", "Exception", "BaseException"]
    assert exception["message"] == "no such kernel"
    assert exception["traceback"].endswith("RuntimeError: no such kernel\n")
    assert "/" not in exception["traceback"].split("conformance/")[0]


def test_no_device_and_no_mode_is_missing():
    events = run([{**request(0), "device": "cuda"}, {**request(1), "mode": "graph"}])
    messages = [answer["message"] for answer in answers(events).values()]
    assert messages == [
        "fake finds no device cuda here; it has cpu",
        "fake has no mode graph here; it has eager",
    ]


def test_a_value_that_is_no_tensor_is_told_by_its_type():
    assert answers(run([request(0, "fake.nothing.kl_div")]))[0]["outputs"] == [
        {"type": "NoneType", "repr": "None"}
    ]


def test_what_cannot_travel_is_our_fault_and_costs_no_other_request():
    events = run([request(0), request(1, reduction=object()), request(2, reduction=-(2**70))])
    got = answers(events)
    assert got[1]["status"] == "harness"
    assert "object cannot be sent" in got[1]["message"]
    assert [got[number]["status"] for number in (0, 2)] == ["returned", "raised"]


def test_a_bad_message_is_our_fault():
    broken = tensor([1.0])
    broken["tensor"]["shape"] = [7]
    answer = answers(run([request(0, "fake.right.kl_div", broken, broken)]))[0]
    assert answer["status"] == "harness"
    assert "cannot reshape" in answer["message"]


def test_environments_start_at_the_same_time(tmp_path):
    gateway = f"popen//env:FAKE_MEETING={tmp_path}//env:FAKE_MEETING_SIZE=3"
    with Pool([environment(name, "MeetingAdapter", gateway=gateway) for name in "abc"]) as pool:
        pool.start()
        events = drain(pool)
    assert [type(event) for event in events] == [Ready] * 3


def test_starting_twice_starts_once():
    with Pool([environment()]) as pool:
        pool.start()
        pool.submit("fake", [request(0)])
        pool.start()
        events = drain(pool)
    assert [type(event) for event in events] == [Ready, Answered, Finished]


@pytest.mark.parametrize("adapter", ["FakeAdapter", "SlowAdapter", "AbortingAdapter"])
@pytest.mark.parametrize("gateway", ["popen", "popen//python=/nowhere/bin/python"])
def test_an_environment_that_is_released_is_not_heard_of(adapter, gateway):
    with Pool([environment("needed"), environment("idle", adapter, gateway=gateway)]) as pool:
        pool.start()
        pool.release("idle")
        pool.submit("needed", [request(0)])
        events = drain(pool)
        until = time.monotonic() + 10
        while len(running := _running()) > 1 and time.monotonic() < until:
            time.sleep(0.02)
        assert len(running) == 1
        with pytest.raises(KeyError):
            pool.release("unknown")
    assert [type(event) for event in events] == [Ready, Answered, Finished]
    assert {event.environment for event in events} == {"needed"}


def test_an_environment_that_is_released_before_the_start_is_not_started():
    with Pool([environment()]) as pool:
        pool.release("fake")
        pool.start()
        assert drain(pool) == []
        assert children(os.getpid()) == []


def test_requests_are_made_only_when_they_are_wanted():
    made = []

    def requests():
        for number in range(1000):
            made.append(number)
            yield request(number)

    with Pool([environment()]) as pool:
        pool.submit("fake", requests())
        assert made == []
        pool.start()
        while not isinstance(pool.next_event(), Answered):
            pass
        assert 1 < len(made) <= 300


def test_large_arrays_travel_in_small_batches():
    made = []

    def requests():
        for number in range(8):
            made.append(number)
            yield request(
                number, "fake.right.kl_div", *[tensor(np.ones(750_000), "float64")] * 2, reduction="sum"
            )

    with Pool([environment()]) as pool:
        pool.submit("fake", requests())
        pool.start()
        while not isinstance(pool.next_event(), Answered):
            pass
        assert len(made) <= 2
        assert len(drain(pool)) == 8


def test_a_large_upstream_gradient_counts_as_well():
    made = []

    def requests():
        for number in range(8):
            made.append(number)
            asked = request(number, "fake.right.kl_div", *[tensor([0.5], "float64")] * 2, reduction="sum")
            asked["gradient"] = {"upstream": tensor(np.ones(750_000), "float64"), "of": []}
            yield asked

    with Pool([environment()]) as pool:
        pool.submit("fake", requests())
        pool.start()
        while not isinstance(pool.next_event(), Answered):
            pass
        assert len(made) <= 2
        assert len(drain(pool)) == 8


def test_submitting_again_continues():
    with Pool([environment()]) as pool:
        pool.start()
        pool.submit("fake", [request(0)])
        first = drain(pool)
        pool.submit("fake", [request(1)])
        pool.submit("fake", [request(2)])
        second = drain(pool)
    assert sorted(answers(first)) == [0]
    assert sorted(answers(second)) == [1, 2]
    assert second.count(Finished("fake")) == 1


def test_an_exception_of_the_request_iterator_reaches_the_caller():
    def requests():
        yield request(0)
        raise KeyError("no such case")

    with Pool([environment()]) as pool:
        pool.submit("fake", requests())
        pool.start()
        with pytest.raises(KeyError, match="no such case"):
            drain(pool)


def test_a_timeout_brings_none():
    with Pool([environment(adapter="SlowAdapter")]) as pool:
        pool.start()
        assert pool.next_event(timeout=0.05) is None


def test_nothing_under_way_brings_none():
    with Pool([environment()]) as pool:
        assert pool.next_event() is None
        pool.start()
        assert isinstance(pool.next_event(), Ready)
        assert pool.next_event() is None
