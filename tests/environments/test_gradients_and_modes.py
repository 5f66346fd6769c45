"""Gradients and modes, through the whole worker: the fake framework in every way, the real ones in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conformance.environments import Answered, Crashed, TimedOut, adapters, declared, modes_of
from tests.fakes import answers, environment, run, tensor
from tests.fakes import request as ask

ENVIRONMENTS = declared(Path(__file__).parents[2])
LAYOUTS = ["contiguous", "transposed", "strided", "expanded"]
X = np.array([[-1.0, -2.0, -0.5], [-1.0, -2.0, -0.5]])
Y = np.array([[0.25, 0.5, 0.125], [0.25, 0.5, 0.125]])
UPSTREAM = np.array([[0.5, -1.25, 2.0], [-0.75, 1.0, 1.5]])


def differentiated(
    number,
    api,
    *,
    mode="eager",
    of=("input", "target"),
    dtype="float64",
    layout="contiguous",
    **attributes,
):
    """A request for the gradients of an API of two tensors."""
    inputs = [
        {**tensor(values, dtype, layout), "name": name} for name, values in (("input", X), ("target", Y))
    ]
    gradient = {"upstream": tensor(UPSTREAM, dtype), "of": list(of)}
    return {**ask(number, api, *inputs, **attributes), "gradient": gradient, "mode": mode, "deadline": 300.0}


def by_names(request):
    """The same request, with its tensors passed by name."""
    kwargs = {**request["kwargs"], **{message["name"]: message for message in request["args"]}}
    return {**request, "args": [], "kwargs": dict(reversed(kwargs.items()))}


def entry(values, dtype="float64"):
    """What a worker says of an array."""
    array = np.asarray(values, dtype)
    return {"dtype": dtype, "shape": list(array.shape), "data": array.tobytes()}


def asked(request, **options):
    """The answer to one request to the fake framework."""
    return answers(run([request], environment(adapter="CompilingAdapter"), **options))[0]


BY_INPUT, BY_TARGET = entry(-Y * UPSTREAM), entry((np.log(Y) - X + 1) * UPSTREAM)


@pytest.mark.parametrize("mode", ["eager", "graph"])
@pytest.mark.parametrize("api", ["fake.right.kl_div", "fake.right.KLDivLoss"])
@pytest.mark.parametrize("change", [dict, by_names])
def test_gradients_come_beside_the_outputs(api, mode, change):
    answer = asked(change(differentiated(0, api, mode=mode, reduction="none")))
    assert answer["outputs"] == [entry(Y * (np.log(Y) - X))]
    assert answer["gradients"] == {"input": BY_INPUT, "target": BY_TARGET}


@pytest.mark.parametrize("of", [["input"], ["target"], ["target", "input"]])
def test_only_what_is_asked_for_is_differentiated(of):
    found = asked(differentiated(0, "fake.right.kl_div", of=of, reduction="none"))["gradients"]
    assert found == {name: {"input": BY_INPUT, "target": BY_TARGET}[name] for name in of}


def test_a_value_is_computed_without_gradients():
    assert asked(ask(0))["gradients"] is None


@pytest.mark.parametrize(
    ("behaviour", "by_target"),
    [
        ("halved", entry((np.log(Y) - X + 1) * UPSTREAM / 2)),
        ("zeroed", entry(np.zeros_like(Y) * (np.log(Y) - X + 1) * UPSTREAM)),
        ("detached", None),
        ("lax", None),
        ("pair", BY_TARGET),
    ],
)
def test_gradients_are_told_as_they_came(behaviour, by_target):
    answer = asked(differentiated(0, f"fake.{behaviour}.kl_div", reduction="none"))
    assert answer["status"] == "returned"
    assert answer["gradients"]["target"] == by_target


@pytest.mark.parametrize(
    ("api", "attributes"),
    [
        ("fake.right.kl_div", {"reduction": "sum"}),
        ("fake.deep.kl_div", {"reduction": "none"}),
        ("fake.nothing.kl_div", {}),
    ],
)
def test_an_output_of_another_shape_is_not_pulled_back(api, attributes):
    answer = asked(differentiated(0, api, **attributes))
    assert answer["status"] == "returned"
    assert answer["gradients"] is None


def test_an_exception_on_the_way_back_is_the_frameworks():
    answer = asked(differentiated(0, "fake.forward.kl_div", reduction="none"))
    assert answer["status"] == "raised"
    assert answer["exception"]["message"] == "no such backward kernel"


def test_an_input_that_is_no_argument_is_our_fault():
    answer = asked(differentiated(0, "fake.right.kl_div", of=["weight"], reduction="none"))
    assert answer["status"] == "harness"
    assert "weight" in answer["message"]


def test_what_cannot_be_compiled_is_the_frameworks():
    answer = asked({**ask(0), "mode": "refuses"})
    assert answer["status"] == "raised"
    assert answer["exception"]["message"] == "while compiling: a statement that no graph can have"


def test_what_this_machine_lacks_to_compile_is_missing():
    answer = asked({**ask(0), "mode": "lacks"})
    assert (answer["status"], answer["message"]) == ("missing", "it needs a compiler")


def test_a_compiler_that_hangs_or_aborts_costs_one_request():
    modes = ["eager", "hangs", "graph", "aborts", "graph"]
    requests = [{**ask(number), "mode": mode} for number, mode in enumerate(modes)]
    requests[1]["deadline"] = 0.2
    events = run(requests, environment(adapter="CompilingAdapter"))
    assert [event.request for event in events if isinstance(event, TimedOut)] == [1]
    assert [event.request for event in events if isinstance(event, Crashed)] == [3]
    assert {number for number, answer in answers(events).items() if answer["status"] == "returned"} == {
        0,
        2,
        4,
    }


def test_a_worker_that_an_error_has_spoilt_is_replaced_and_nobody_is_blamed():
    requests = [ask(0), ask(1, "fake.raises.kl_div"), ask(2), ask(3, "fake.raises.kl_div"), ask(4)]
    events = run(requests, environment(adapter="FragileAdapter"))
    assert [event.request for event in events if isinstance(event, Answered)] == [0, 1, 2, 3, 4]
    assert not [event for event in events if isinstance(event, Crashed)]
    assert [answers(events)[number]["status"] for number in (0, 2, 4)] == ["returned"] * 3


REAL = [
    (framework, mode)
    for framework in ("torch", "mindspore", "oneflow")
    for mode in modes_of(adapters()[framework])
]


@pytest.fixture(scope="module", params=REAL, ids="-".join)
def real(request):
    """A framework, a mode of it, and its answers: a value and the gradients for every dtype and layout.

    The call is the absolute difference of two tensors, in which nobody has anything to round.
    """
    framework, mode = request.param
    spec = ENVIRONMENTS.get(framework)
    if spec is None:
        pytest.skip(f"no environment {framework} is declared")
    if spec.problem():
        pytest.skip(f"{spec.problem()}; {spec.remedy}")
    api = f"{framework}.nn.L1Loss"
    gradients = [
        differentiated(number, api, mode=mode, dtype=dtype, layout=layout, reduction="none")
        for number, (dtype, layout) in enumerate(real_cases(mode))
    ]
    for message in gradients:
        message.update(kind="class", construct_kwargs={"reduction": {"scalar": "none"}}, kwargs={})
    values = [{**message, "id": len(gradients) + message["id"], "gradient": None} for message in gradients]
    found = answers(run([*gradients, *values], spec))
    return framework, mode, [found[number] for number in range(2 * len(gradients))]


def real_cases(mode):
    """(dtype, layout) to call: one for `torch.compile`, which takes seconds for each.

    OneFlow's graphs write beyond the end of an expanded tensor, and may or may not die of it.
    """
    if mode == "compile":
        return [("float32", "transposed")]
    layouts = [layout for layout in LAYOUTS if (mode, layout) != ("graph", "expanded")]
    return [(dtype, layout) for dtype in ("float32", "float64") for layout in layouts]


def test_real_values_are_right_in_every_mode(real):
    _, mode, given = real
    cases = real_cases(mode)
    for (dtype, layout), answer in zip(cases, given[len(cases) :], strict=True):
        assert answer.get("outputs") == [entry(np.abs(X - Y), dtype)], (layout, answer)
        assert answer["gradients"] is None


def test_real_gradients_are_right_in_every_mode_that_has_them(real):
    framework, mode, given = real
    cases = real_cases(mode)
    sign = np.sign(X - Y)
    for (dtype, layout), answer in zip(cases, given[: len(cases)], strict=True):
        if (framework, mode) == ("oneflow", "graph"):
            assert answer["status"] == "missing"
            assert "gradient" in answer["message"]
            continue
        expected = {"input": entry(sign * UPSTREAM, dtype), "target": entry(-sign * UPSTREAM, dtype)}
        assert answer.get("gradients") == expected, (layout, answer)
