"""Reproducer scripts run alone, repeat the call bit for bit, and no text of others becomes code."""

from __future__ import annotations

import runpy
import subprocess
import sys
import textwrap
import types
from pathlib import Path

import numpy as np
import pytest

from conformance.report import reproducer
from conformance.results import array_form, input_form, raw_form
from tests.report.kl_check import check
from tests.report.records import run

RECORDS = list(run())
KINDS = list({(record["outcome"], record["subtype"]): record for record in RECORDS}.values())

FAKE = """
    import os, time
    import numpy as np

    def double(x, scale=2.0, mode="good", **options):
        if mode == "bad": return np.asarray(x, dtype=np.float64) * scale * 1.01
        if mode == "shape": return np.sum(x)
        if mode == "dtype": return np.asarray(x).astype(bool)
        if mode == "raise": raise ValueError("no such mode")
        if mode == "type": raise TypeError("no such mode")
        if mode == "die": os.abort()
        if mode == "hang": time.sleep(60)
        if mode == "raw": return np.float64([type(x) is not np.ndarray, len(options)])
        return np.asarray(x, dtype=np.float64) * scale

    class Double:
        def __init__(self, scale=2.0, *, mode="good"): self.scale, self.mode = scale, mode
        def __call__(self, x): return double(x, self.scale, self.mode)
"""


@pytest.fixture
def execute(tmp_path, monkeypatch, capfd):
    """Runs a record's script: exit status and what it printed. In its own process where that may die."""
    (tmp_path / "fakeframe.py").write_text(textwrap.dedent(FAKE))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fakeframe", raising=False)

    def execute(record):
        path = tmp_path / "script.py"
        path.write_text(reproducer(record), "utf-8")
        if record["outcome"] in ("crash", "timeout"):
            command = [sys.executable, str(path)]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
            )
            return done.returncode, done.stdout + done.stderr
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(path), run_name="__main__")
        captured = capfd.readouterr()
        return ended.value.code, captured.out + captured.err

    return execute


VALUES = np.array([[1.5, -0.0, 2.0**-1074], [-3.25, 1e300, 0.1]])


def fake(mode="good", expected=None, index=(0, 0), kind="function", **changes):
    """A check of the fake framework that asks it to be `mode`."""
    want = VALUES * 2 if expected is None else expected
    record = check(api="torch.nn.KLDivLoss", dtype="float64")
    arguments = {"mode": {"scalar": mode}}
    style = {
        "kind": kind,
        "construct_args": [],
        "construct_kwargs": {},
        "args": [{"input": "x"}],
        "kwargs": arguments,
    }
    if kind == "class":
        style.update(construct_args=[{"scalar": 2.0}], construct_kwargs=arguments, kwargs={})
    record.update(
        framework="fakeframe",
        api="fakeframe.Double" if kind == "class" else "fakeframe.double",
        call_style=style,
        inputs={"x": input_form(VALUES)},
        outcome="mismatch",
        subtype="value",
        expected=array_form(want),
    )
    record["error"].update(
        worst_index=list(index),
        worst_actual=0.0,
        worst_expected=float(want[index]),
        allowance=1e-9,
        mismatched=1,
    )
    return {**record, **changes}


@pytest.mark.parametrize("kind", ["function", "class"])
@pytest.mark.parametrize(("mode", "code", "word"), [("bad", 1, "REPRODUCED"), ("good", 0, "not reproduced")])
def test_wrong_values(execute, kind, mode, code, word):
    status, text = execute(fake(mode, kind=kind))
    assert status == code
    assert word in text


def test_what_it_prints(execute):
    _, text = execute(fake("bad"))
    assert (
        "at (0, 0): actual 3.0300000000000002 (0x1.83d70a3d70a3ep+1), expected 3.0 (0x1.8000000000000p+1)"
        in text
    )
    assert "they are 0.03 apart, allowed are 1e-09" in text


REFUSAL = {"outcome": "not_rejected", "subtype": None, "expected": {"exception": "ValueError"}, "error": None}
RAISES = {"outcome": "error", "subtype": None, "expected": None, "error": None}
SHAPE = {"subtype": "shape", "error": None}
DTYPE = {"subtype": "dtype", "error": None, "dtype": "float64"}
TEXT = {"subtype": "documented", "error": None, "expected": {"text": "[3. 2.\n  1.]"}}
DEATH = {"outcome": "crash", "subtype": None, "error": None, "seconds": 0.1}
LATE = {"outcome": "timeout", "subtype": None, "error": None, "seconds": 2.5}
NAN = {"expected": np.full((2, 3), np.nan)}


@pytest.mark.parametrize(
    ("mode", "changes", "code"),
    [
        ("good", REFUSAL, 1),
        ("type", REFUSAL, 1),
        ("raise", REFUSAL, 0),
        ("type", {**REFUSAL, "expected": {"exception": "ValueError or TypeError"}}, 0),
        ("raise", RAISES, 1),
        ("good", RAISES, 0),
        ("shape", SHAPE, 1),
        ("good", SHAPE, 0),
        ("dtype", DTYPE, 1),
        ("good", DTYPE, 0),
        ("good", TEXT, 1),
        ("die", DEATH, 1),
        ("good", DEATH, 0),
        ("raise", DEATH, 0),
        ("hang", LATE, 1),
        ("good", LATE, 0),
        ("good", NAN, 1),
        ("shape", {}, 1),
        ("raise", {}, 2),
        ("bad", {"outcome": "pass", "subtype": None, "error": None}, 0),
        ("good", {"outcome": "observed", "subtype": None, "error": None, "expected": None}, 0),
    ],
)
def test_each_outcome_has_its_own_judge(execute, mode, changes, code):
    changes = dict(changes)
    expected = changes.pop("expected", None)
    record = fake(mode, expected if isinstance(expected, np.ndarray) else None, **changes)
    if expected is not None and not isinstance(expected, np.ndarray):
        record["expected"] = expected
    elif changes.get("outcome") == "observed":
        record["expected"] = None
    done = execute(record)
    assert done[0] == code, done[1]


def test_where_no_allowance_is_known_only_the_same_number_is_right(execute):
    for mode, code in (("good", 0), ("bad", 1)):
        record = fake(mode)
        record["error"]["allowance"] = "NaN"
        assert execute(record)[0] == code


def test_the_printed_text_may_be_broken_differently(execute):
    record = {**fake("good", subtype="documented", error=None), "expected": {"text": "[3. 2.\n 1.]"}}
    record["inputs"] = {"x": input_form(np.array([1.5, 1.0, 0.5]))}
    assert execute(record)[0] == 0


def test_a_framework_that_is_not_there_is_no_reproduction(execute):
    record = fake("bad", framework="nowhereframe", api="nowhereframe.double")
    assert execute(record)[0] == 2


def test_minimised_inputs_are_used(execute):
    small = np.array([4.0])
    record = fake("good", minimised={
        "inputs": {"x": input_form(small)}, "upstream": None,
        "actual": array_form(small), "expected": array_form(small * 2),
        "worst_index": [0], "allowance": 1e-9,
    })  # fmt: skip
    code, text = execute(record)
    assert code == 0
    assert "at (0,): actual 8.0" in text


def test_arguments_that_are_no_tensors_are_passed_as_they_were(execute):
    style = fake()["call_style"]
    style["kwargs"]["not a name"] = {"scalar": {"float": "-Infinity"}}
    style["kwargs"]["flag"] = {"scalar": None}
    style["kwargs"]["mode"] = {"scalar": "raw"}
    for value, is_list in (([1, 2.5], 1.0), (np.array([1, 2]), 0.0)):
        want = np.array([is_list, 2.0])
        record = fake("raw", expected=want, index=(0,), call_style=style, inputs={"x": raw_form(value)})
        assert execute(record)[0] == 0


def inputs_of(record):
    """What the script passes on, with the fake framework's plain `place`."""
    changed = {**record, "framework": "fakeframe", "api": "fakeframe.given"}
    changed["call_style"] = {**record["call_style"], "kind": "function"}
    script = reproducer(changed).replace("    import fakeframe\n", "    pass\n")
    fakeframe = types.SimpleNamespace(given=lambda *args, **_: args)
    space = {"__name__": "reproducer", "fakeframe": fakeframe}
    exec(compile(script, "script.py", "exec"), space)
    return dict(zip(("input", "target"), space["call"](), strict=True))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 5), (40, 30), (), (0, 3)])
def test_inputs_are_the_recorded_bits(dtype, shape):
    record = check(shape=shape, dtype=dtype, reduction="none")
    for name, made in inputs_of(record).items():
        form = array_form(np.asarray(made, dtype=np.float64), dtype)
        assert form == {key: record["inputs"][name][key] for key in form}


def test_an_expanded_input_is_drawn_once_and_repeated():
    record = check(shape=(1, 100))
    row = np.asarray(inputs_of(record)["input"], dtype=np.float32)
    whole = np.ascontiguousarray(np.broadcast_to(row, (30, 100)))
    generator = record["inputs"]["input"]["generator"]
    record["inputs"]["input"] = input_form(whole, generator=generator)
    assert generator["shape"] == [1, 100]
    assert np.array_equal(inputs_of(record)["input"], whole)


def test_inputs_that_are_not_the_recorded_ones_are_refused(execute):
    record = check(shape=(40, 30))
    record.update(framework="fakeframe", api="fakeframe.double")
    record["inputs"]["input"]["sha256"] = "0" * 64
    code, text = execute(record)
    assert code == 2
    assert "not the input that was recorded" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mode": "graph"}, "scripts do not know how torch is called in this mode"),
        ({"aspect": "gradient:input"}, "the upstream gradient is not in the record"),
        ({"inputs": {}}, "an input of the call is not in the record"),
        ({"device": "cpu'; boom"}, "the device's name is no plain word"),
        ({"api": "torch.nn.x()"}, "is no dotted name"),
    ],
)
def test_what_cannot_be_written_says_so(execute, changes, words):
    record = check(**changes)
    assert words in " ".join(line.lstrip("# ") for line in reproducer(record).splitlines())
    assert execute(record)[0] == 2


def test_what_is_our_own_fault_has_no_script():
    ours = [record for record in RECORDS if record["outcome"] in ("harness_error", "invalid_case", "not_run")]
    assert [reproducer(record) for record in ours] == [None] * 3


def test_input_names_never_hide_the_script_s_own():
    record = check()
    tensors = record["inputs"]["input"], record["inputs"]["target"]
    record["inputs"] = {"np": tensors[0], "torch": tensors[1]}
    record["call_style"]["args"] = [{"input": "np"}, {"input": "torch"}]
    script = reproducer(record)
    assert "(input_0, input_1)" in script
    assert "\n    input_0 = place(" in script


def test_the_generator_s_text_is_the_suite_s_own():
    script = reproducer(check(shape=(40, 30)))
    assert Path("conformance/plan/rounding.py").read_text().splitlines()[-5:][0] in script
