"""The error along every value of a 16-bit dtype."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.results.validate import problem_of
from conformance.run.record import Recorder
from conformance.run.sweep import PARTS, sweep_form
from tests.run.gradient_answers import Asked

SIZE = {"float16": 31743, "bfloat16": 32639}


def asked(folder, dtype="float16", sign="positive"):
    size = SIZE[dtype] * (2 if sign == "both" else 1)
    every = f"{{generator: every_value, format: {dtype}, sign: {sign}, shape: [{size}]}}"
    inputs = f"input: {{generator: constant, value: -1.5, shape: [{size}]}}, target: {every}"
    return Asked(folder, dtype=dtype, inputs=inputs)


def judged(asked, change=lambda gradient: gradient):
    right = asked.right()
    return asked.judged("target", asked.answer({**right, "target": change(right["target"])}))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_each_part_has_its_largest_error_and_bound(tmp_path, dtype):
    case = asked(tmp_path, dtype)
    judgement = judged(case)
    form = sweep_form(case.call, judgement)
    assert form["input"] == "target"
    assert len(form["start"]) == len(form["ulp"]) == len(form["bound"]) == len(form["wrong"]) == PARTS
    assert form["start"] == sorted(form["start"])
    assert form["start"][0] == float(case.call.arrays["target"][0])
    told = [value for value in form["ulp"] if value is not None]
    assert max(told) == pytest.approx(judgement.comparison.max_ulp, rel=0.01)
    assert sum(form["wrong"]) == 0


def test_wrong_elements_are_counted_in_their_part(tmp_path):
    def spoil(gradient):
        gradient = gradient.copy()
        gradient[1000:1004] *= 2
        gradient[1004] = np.nan
        return gradient

    form = sweep_form(asked(tmp_path).call, judged(asked(tmp_path), spoil))
    at = 1000 * PARTS // SIZE["float16"]
    assert form["wrong"][at] == sum(form["wrong"]) == 5
    assert form["ulp"][at] > 10 * form["bound"][at]


def test_numbers_of_both_signs_share_no_part(tmp_path):
    case = asked(tmp_path, sign="both")
    form = sweep_form(case.call, judged(case))
    assert len(form["start"]) == 2 * PARTS
    signs = np.sign(form["start"])
    assert (signs[:PARTS] == 1).all()
    assert (signs[PARTS:] == -1).all()


def test_where_nothing_is_finite_there_is_no_error(tmp_path):
    case = asked(tmp_path)
    form = sweep_form(case.call, judged(case, lambda gradient: gradient * np.nan))
    assert form["ulp"] == [None] * PARTS
    assert sum(form["wrong"]) == SIZE["float16"]


def test_what_is_not_swept_or_not_compared_has_none(tmp_path):
    plain = Asked(tmp_path)
    assert sweep_form(plain.call, judged(plain)) is None
    case = asked(tmp_path)
    assert sweep_form(case.call, judged(case, lambda gradient: None)) is None


def test_it_is_a_part_of_the_record(tmp_path):
    case = asked(tmp_path)
    recorder = Recorder(case.references)
    told = {"version": "1", "seconds": 0.0, "log": ""}
    record = recorder.record(case.checks["gradient:target"], case.call, judged(case), **told)
    assert record["sweep"] == sweep_form(case.call, judged(case))
    assert problem_of(record) == ""
    plain = Asked(tmp_path)
    assert "sweep" not in recorder.record(plain.checks["gradient:target"], plain.call, judged(plain), **told)
