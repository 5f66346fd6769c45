"""The adapters of the real frameworks: what goes in comes out, bit by bit, in every dtype and layout."""

from __future__ import annotations

import ast
import os
import platform
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from conformance.environments import Ready, declared
from tests.fakes import answers, run, tensor
from tests.fakes import request as ask

ENVIRONMENTS = declared(Path(__file__).parents[2])
# `mindspore.Tensor.copy` would not do: it turns bfloat16 subnormals into zeros.
COPY = {
    "torch": "torch.Tensor.clone",
    "mindspore": "mindspore.Tensor.contiguous",
    "oneflow": "oneflow.Tensor.clone",
}
LAYOUTS = ["contiguous", "transposed", "strided", "expanded"]


def _arrays():
    """(dtype, array): every dtype with shapes of every kind, whose rows are equal; and every half number."""
    numbers = np.random.default_rng(5)
    for dtype in ("float16", "bfloat16", "float32", "float64", "int32", "int64", "bool"):
        stored = np.dtype("uint16" if dtype == "bfloat16" else dtype)
        for shape in ((), (4,), (3, 5), (2, 3, 4), (0, 3), (3, 0), (1,), (3, 1)):
            row = numbers.integers(0, 2 if dtype == "bool" else 100, shape[1:]).astype(stored)
            yield dtype, np.broadcast_to(row, shape) if shape else row
    patterns = np.arange(65536, dtype=np.uint16)
    yield "float16", patterns.view(np.float16)
    # A conversion may change the bits of a NaN into those of another, which nobody can tell apart.
    yield "bfloat16", patterns[(patterns & 0x7FFF) <= 0x7F80]


CASES = [
    (dtype, array, layout)
    for dtype, array in _arrays()
    for layout in LAYOUTS
    if layout != "expanded" or array.size < 1000
]


@pytest.fixture(scope="module", params=sorted(COPY))
def outcome(request):
    """A framework, and its answers: one per case, then for an unknown API, an unknown device, its cores."""
    spec = ENVIRONMENTS.get(request.param)
    if spec is None:
        pytest.skip(f"no environment {request.param} is declared")
    if spec.problem():
        pytest.skip(f"{spec.problem()}; {spec.remedy}")
    copy = COPY[spec.framework]
    requests = [
        ask(number, copy, tensor(array, dtype, layout)) for number, (dtype, array, layout) in enumerate(CASES)
    ]
    requests.append(ask(len(CASES), f"{spec.framework}.nn.KLDivLos"))
    requests.append({**ask(len(CASES) + 1, copy, tensor([1.0])), "device": "abacus"})
    requests.append({**ask(len(CASES) + 2, "os.sched_getaffinity", {"scalar": 0}), "print": "str"})
    events = run(requests, spec)
    assert isinstance(events[0], Ready), events[0]
    assert events[0].description["framework"] == spec.framework
    given = answers(events)
    return spec.framework, [given[request["id"]] for request in requests]


def test_what_goes_in_comes_out(outcome):
    wrong = [
        (dtype, array.shape, layout, answer)
        for (dtype, array, layout), answer in zip(CASES, outcome[1], strict=False)
        if answer.get("outputs") != [{"dtype": dtype, "shape": list(array.shape), "data": array.tobytes()}]
    ]
    assert wrong == []


def test_an_adapter_says_what_is_not_there(outcome):
    framework, answers = outcome
    assert answers[-3]["status"] == "missing"
    assert f"has no {framework}.nn.KLDivLos; nearest: KLDivLoss" in answers[-3]["message"]


def test_an_unknown_device_is_missing_before_it_can_do_harm(outcome):
    """OneFlow aborts the process where CUDA is used without a driver."""
    framework, answers = outcome
    assert answers[-2]["status"] == "missing"
    assert f"{framework} finds no device abacus here" in answers[-2]["message"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux")
def test_only_a_framework_whose_threads_spin_has_a_single_core(outcome):
    framework, answers = outcome
    kernel = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    single = framework == "oneflow" and kernel >= (6, 12)  # which grants short turns
    assert len(ast.literal_eval(answers[-1]["printed"])) == (1 if single else len(os.sched_getaffinity(0)))
