"""What a package shows of its signatures, and how a run comes by it."""

from __future__ import annotations

import json

import pytest

from conformance.environments import Answered, Crashed, Ready, TimedOut
from conformance.frameworks.signature import LONGEST, signature_of
from conformance.results.validate import SIGNATURES
from conformance.run.introductions import REQUEST, Introductions
from conformance.worker.answer import answer
from tests.environments.test_worker import ArrayAdapter


class Awkward:
    def __repr__(self):
        raise ValueError("nothing to see")


class Loss:
    def __init__(self, weight=None, *, reduction="mean"):
        pass

    def forward(self, logits, labels=None):
        pass

    def construct(self, x):
        pass


def loss(x, y, /, beta=1.0, *rest, awkward=Awkward(), long="x" * 999, **more):  # noqa: B008
    pass


def test_a_function():
    told = signature_of(loss, ("forward",))
    assert told["inputs"] is None
    assert [parameter["name"] for parameter in told["parameters"]] == ["x", "y", "beta", "awkward", "long"]
    assert [parameter["default"] for parameter in told["parameters"][:4]] == [None, None, "1.0", "a Awkward"]
    assert len(told["parameters"][4]["default"]) == LONGEST
    assert [parameter["keyword_only"] for parameter in told["parameters"]] == [False] * 3 + [True] * 2


@pytest.mark.parametrize(
    ("calls", "inputs"),
    [
        (("forward",), ["logits", "labels"]),
        (("construct",), ["x"]),
        (("other", "construct"), ["x"]),
        ((), None),
    ],
)
def test_a_class(calls, inputs):
    told = signature_of(Loss, calls)
    assert [parameter["name"] for parameter in told["parameters"]] == ["weight", "reduction"]
    assert told["inputs"] == inputs


def test_what_is_hidden_has_none():
    assert signature_of(lambda *args, **kwargs: None, ()) is None
    assert signature_of(dict.fromkeys, ()) is not None
    assert signature_of(max, ()) is None


def test_an_address_is_no_part_of_a_default():
    assert signature_of(lambda x=object(): None, ())["parameters"][0]["default"] == "<object object>"  # noqa: B008


class TestAnswer:
    def asked(self, names, adapter=None):
        adapter = adapter or ArrayAdapter()
        adapter.load()
        return answer({"id": 1, "signatures": names}, adapter)

    def test_apis_that_exist_and_show_theirs(self):
        told = self.asked(["numpy.mean", "numpy.no_such_thing", "numpy.linalg.norm", "os.path.nothing"])
        assert told["status"] == "described"
        assert set(told["signatures"]) == {"numpy.mean", "numpy.linalg.norm"}
        assert SIGNATURES(told["signatures"]) == ""
        json.dumps(told)

    def test_an_adapter_that_fails_is_our_fault(self):
        class Failing(ArrayAdapter):
            def signatures(self, names):
                raise RuntimeError("no")

        assert self.asked([], Failing())["status"] == "harness"


READY = Ready("here", {"version": "1", "devices": ["cpu"]})
TOLD = {"fake.right": {"parameters": [], "inputs": None}}


class TestIntroductions:
    def introduced(self, event):
        introductions = Introductions({"here": ["fake.right"]})
        assert introductions.request("here") == {"id": REQUEST, "signatures": ["fake.right"]}
        assert introductions.seen(READY) is None
        return introductions.seen(event)

    def test_an_answer_makes_it_ready(self):
        seen = self.introduced(Answered("here", REQUEST, {"signatures": TOLD}))
        assert seen.description == {**READY.description, "signatures": TOLD}

    @pytest.mark.parametrize(
        "event",
        [
            Answered("here", REQUEST, {"status": "harness", "message": "no"}),
            Answered("here", REQUEST, {"signatures": {"fake.right": {"parameters": 3}}}),
            Crashed("here", REQUEST, "SIGSEGV", ""),
            TimedOut("here", REQUEST, 1.0, ""),
        ],
    )
    def test_without_one_it_is_ready_all_the_same(self, event):
        assert self.introduced(event) == READY

    def test_other_events_pass(self):
        event = Answered("here", 0, {})
        assert self.introduced(event) is event
