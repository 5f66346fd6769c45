"""Reproducer scripts in the real frameworks' environments, where tox has built them."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conformance.plan.generate import generate
from conformance.report import reproducer
from conformance.results import array_form, array_values, input_form
from tests.report.kl_check import check, rounded

ROOT = Path(__file__).parents[2]
IDENTITY = {
    "torch": "torch.Tensor.detach",
    "oneflow": "oneflow.Tensor.detach",
    "mindspore": "mindspore.ops.stop_gradient",
}
API = {
    "torch": "torch.nn.functional.kl_div",
    "oneflow": "oneflow.nn.KLDivLoss",
    "mindspore": "mindspore.ops.kl_div",
}
LAYOUTS = ("contiguous", "transposed", "strided", "expanded")
EDGES = [1.0, -0.0, 0.1, np.inf, -np.inf, np.nan, 6e4, -1e-7, 1e-40, 5e-324, 3.4e38, 2.0**-133]

DRIVER = """
import json, runpy, sys
import numpy as np
answers = []
for path in json.load(open(sys.argv[1])):
    space = runpy.run_path(path)
    made = np.asarray(space["array"](space["call"]()), dtype=np.float64)
    answers.append([list(made.shape), [value.hex() for value in made.ravel().tolist()]])
print(json.dumps(answers))
"""


@pytest.fixture(params=sorted(IDENTITY))
def framework(request):
    """A framework that has an environment here, with its interpreter."""
    scripts = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    interpreter = ROOT / ".tox" / request.param / scripts
    if not interpreter.exists():
        pytest.skip(f"no environment: tox run -e {request.param} --notest")
    return request.param, str(interpreter)


def execute(framework, arguments, folder):
    quiet = {"GLOG_v": "3", "GLOG_minloglevel": "3"}
    return subprocess.run(
        [framework[1], *arguments], capture_output=True, text=True, timeout=300, cwd=folder, check=False,
        env={**os.environ, **quiet},
    )  # fmt: skip


def _given(framework, array, dtype, layout):
    record = check(api=API[framework])
    record.update(api=IDENTITY[framework], inputs={"x": input_form(array, dtype, layout=layout)})
    record["call_style"] = {
        "kind": "function", "construct_args": [], "construct_kwargs": {},
        "args": [{"input": "x"}], "kwargs": {},
    }  # fmt: skip
    return record


def test_every_bit_of_the_inputs_arrives(framework, tmp_path):
    cases = []
    for dtype, layout in itertools.product(
        ("float16", "bfloat16", "float32", "float64", "int64", "bool"), LAYOUTS
    ):
        array = (
            np.array([3, -1, 7, 0, 2, 5])
            if dtype == "int64"
            else np.array([True, False, True, True, False, True])
        )
        if dtype not in ("int64", "bool"):
            array = rounded(EDGES, dtype)
        array = array.reshape(2, -1)
        cases.append((dtype, layout, np.ascontiguousarray(array[[0, 0]]) if layout == "expanded" else array))
    cases += [("bfloat16", layout, rounded(0.3, "bfloat16")) for layout in LAYOUTS]
    cases += [("float32", layout, np.zeros((0, 3), np.float32)) for layout in LAYOUTS]
    paths = []
    for number, (dtype, layout, array) in enumerate(cases):
        paths.append(str(tmp_path / f"script_{number}.py"))
        Path(paths[-1]).write_text(reproducer(_given(framework[0], array, dtype, layout)), "utf-8")
    (tmp_path / "paths.json").write_text(json.dumps(paths))
    (tmp_path / "driver.py").write_text(DRIVER)
    done = execute(framework, ["driver.py", "paths.json"], tmp_path)
    assert done.returncode == 0, done.stderr
    for (dtype, layout, array), (shape, words) in zip(
        cases, json.loads(done.stdout.splitlines()[-1]), strict=True
    ):
        wanted = array_values(array_form(array, dtype))
        assert shape == list(wanted.shape), (dtype, layout)
        assert words == [float(value).hex() for value in wanted.ravel()], (dtype, layout)


@pytest.mark.parametrize(("factor", "code"), [(1.0, 0), (1.5, 1)])
@pytest.mark.parametrize("shape", [(3, 5), (20, 30)])
def test_the_script_says_whether_the_values_are_right(framework, tmp_path, factor, code, shape):
    record = check(api=API[framework[0]], shape=shape, reduction="sum", outcome="mismatch", subtype="value")
    wanted = record["expected"]["values"][0] * factor
    record["expected"]["values"] = [wanted]
    record["error"].update(
        worst_index=[], worst_actual=0.0, worst_expected=wanted, allowance=abs(wanted) * 1e-4
    )
    (tmp_path / "script.py").write_text(reproducer(record), "utf-8")
    done = execute(framework, ["script.py"], tmp_path)
    assert done.returncode == code, done.stdout + done.stderr


MODES = [("torch", "script"), ("torch", "compile"), ("mindspore", "jit"), ("oneflow", "graph")]


@pytest.mark.parametrize(("name", "mode"), MODES)
def test_the_script_calls_in_the_mode_of_the_check(name, mode, framework, tmp_path):
    if framework[0] != name:
        pytest.skip(f"{mode} is a mode of {name}")
    record = check(api=API[name], reduction="sum", outcome="mismatch", subtype="value", mode=mode)
    wanted = record["expected"]["values"][0]
    record["error"].update(
        worst_index=[], worst_actual=0.0, worst_expected=wanted, allowance=abs(wanted) * 1e-4
    )
    script = reproducer(record)
    assert "function = compiled(" in script
    (tmp_path / "script.py").write_text(script, "utf-8")
    done = execute(framework, ["script.py"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def _of_gradient(framework, shape, reduction, layout):
    """A record of a gradient, and that with respect to the input: -target * upstream."""
    record = check(api=API[framework], shape=shape, reduction=reduction, layout=layout)
    options = {"low": -1, "high": 1, "sign": "both"}
    wide = generate("magnitudes", shape if reduction == "none" else (), 7, options)
    made = {"name": "magnitudes", "shape": list(wide.shape), "seed": 0, "stream": "7", "options": options}
    upstream = rounded(wide, "float32")
    target = rounded(generate("probabilities", shape, 12, {}), "float32").astype(np.float64)
    record.update(aspect="gradient:input", outcome="mismatch", subtype="gradient")
    record["gradient"] = {
        "of": "input", "inputs": ["input", "target"], "upstream": input_form(upstream, generator=made),
    }  # fmt: skip
    return record, -target * upstream


def test_the_backward_pass_starts_with_the_recorded_gradient(framework, tmp_path):
    cases = [((3, 5), "none", "contiguous"), ((3, 5), "none", "transposed"), ((20, 30), "none", "strided")]
    cases += [((3, 5), "sum", "contiguous"), ((20, 30), "sum", "transposed")]
    wanted, paths = [], []
    for number, case in enumerate(cases):
        record, want = _of_gradient(framework[0], *case)
        wanted.append(want)
        paths.append(str(tmp_path / f"script_{number}.py"))
        Path(paths[-1]).write_text(reproducer(record), "utf-8")
    (tmp_path / "paths.json").write_text(json.dumps(paths))
    (tmp_path / "driver.py").write_text(DRIVER)
    done = execute(framework, ["driver.py", "paths.json"], tmp_path)
    assert done.returncode == 0, done.stderr
    for want, (shape, words) in zip(wanted, json.loads(done.stdout.splitlines()[-1]), strict=True):
        got = np.array([float.fromhex(word) for word in words]).reshape(shape)
        np.testing.assert_allclose(got, want, rtol=1e-6)


def test_the_script_says_whether_there_is_a_gradient(framework, tmp_path):
    record, _ = _of_gradient(framework[0], (3, 5), "sum", "contiguous")
    record["subtype"] = "missing_gradient"
    (tmp_path / "script.py").write_text(reproducer(record), "utf-8")
    done = execute(framework, ["script.py"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not reproduced: there is a gradient" in done.stdout
    # What a script sees where the gradient does not reach the input: the same call on another tensor.
    head = "def forward(input, target):\n"
    cut = reproducer(record).replace(head, f"{head}        input = place(array(input), 'float32')\n")
    (tmp_path / "cut.py").write_text(cut, "utf-8")
    done = execute(framework, ["cut.py"], tmp_path)
    if framework[0] != "mindspore":  # whose tensors have no values while it differentiates
        assert done.returncode == 1, done.stdout + done.stderr
        assert "REPRODUCED" in done.stdout
