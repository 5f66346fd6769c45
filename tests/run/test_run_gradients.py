"""Gradients: what is asked of a worker, and what becomes of its answers."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from gradient_answers import MACHINE, Asked

from conformance.plan import upstream
from conformance.plan.generate import generate
from conformance.plan.rounding import round_to_numpy
from conformance.run.execution import executions
from conformance.run.minimise import minimised, worst_alone
from conformance.run.record import Recorder
from conformance.run.request import request

DTYPES = ("float16", "bfloat16", "float32", "float64")
REDUCTIONS = ("none", "sum", "mean", "batchmean")


def outcome(judgement):
    return str(judgement.outcome), str(judgement.subtype) if judgement.subtype else None


class TestAsking:
    def test_all_gradients_of_a_call_are_one_execution_beside_the_value(self, tmp_path):
        made = executions(list(Asked(tmp_path).checks.values()))
        assert [[check.aspect_word for check in each.checks] for each in made] == [
            ["value"],
            ["gradient:input", "gradient:target"],
        ]
        assert [each.of_gradients for each in made] == [False, True]

    def test_the_upstream_gradient_and_the_names_of_inputs_travel(self, tmp_path):
        asked = Asked(tmp_path, "float16")
        message = request(
            3, asked.checks["gradient:target"], asked.call, upstream=asked.upstream, deadline=9.5
        )
        assert [argument["name"] for argument in message["args"]] == ["input", "target"]
        assert message["gradient"]["of"] == ["input", "target"]
        tensor = message["gradient"]["upstream"]["tensor"]
        assert (tensor["dtype"], tensor["shape"], tensor["layout"]) == ("float16", [2, 3], "contiguous")
        assert tensor["data"] == upstream(asked.call, (2, 3)).tobytes()
        assert message["deadline"] == 9.5

    def test_the_value_is_asked_for_without_gradients(self, tmp_path):
        asked = Asked(tmp_path)
        message = request(3, asked.checks["value"], asked.call)
        assert message["gradient"] is None
        assert all("name" not in argument for argument in message["args"])

    @pytest.mark.parametrize("reduction", REDUCTIONS)
    def test_the_upstream_gradient_has_the_shape_of_the_value(self, tmp_path, reduction):
        asked = Asked(tmp_path, reduction=reduction)
        assert asked.upstream.shape == ((2, 3) if reduction == "none" else ())


class TestNumbers:
    @pytest.mark.parametrize("of", ["input", "target"])
    @pytest.mark.parametrize("reduction", REDUCTIONS)
    @pytest.mark.parametrize("dtype", DTYPES)
    def test_the_right_gradient_passes_with_room_to_spare(self, tmp_path, dtype, reduction, of):
        asked = Asked(tmp_path, dtype, reduction)
        judgement = asked.judged(of, asked.answer(asked.right()))
        assert outcome(judgement) == ("pass", None)
        assert judgement.comparison.max_bound_ratio < 0.6

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda right, upstream: right / upstream,
            lambda right, upstream: -right,
            lambda right, upstream: right * 1.001,
            lambda right, upstream: np.where(np.arange(6).reshape(2, 3) == 5, np.nan, right),
            lambda right, upstream: np.where(np.arange(6).reshape(2, 3) == 5, 0, right),
        ],
        ids=["no-upstream", "sign", "per-mille", "nan", "one-zero"],
    )
    @pytest.mark.parametrize("of", ["input", "target"])
    def test_another_gradient_is_a_mismatch(self, tmp_path, of, spoil):
        asked = Asked(tmp_path)
        right = asked.right()
        right[of] = spoil(right[of], asked.upstream).astype(np.float32)
        assert outcome(asked.judged(of, asked.answer(right))) == ("mismatch", "gradient")
        other = {"input": "target", "target": "input"}[of]
        assert outcome(asked.judged(other, asked.answer(right))) == ("pass", None)

    def test_another_shape_or_dtype(self, tmp_path):
        asked = Asked(tmp_path)
        right = asked.right()
        judgement = asked.judged("input", asked.answer({**right, "input": right["input"][:1]}))
        assert outcome(judgement) == ("mismatch", "shape")
        assert judgement.detail == "shape [1, 3], expected [2, 3]"
        wide = asked.judged("input", asked.answer({**right, "input": right["input"].astype(np.float64)}))
        assert outcome(wide) == ("mismatch", "dtype")
        odd = asked.judged("input", asked.answer({**right, "input": "a tensor"}))
        assert outcome(odd) == ("mismatch", "dtype")

    def test_an_output_of_another_shape_has_no_gradient_to_judge(self, tmp_path):
        asked = Asked(tmp_path, reduction="sum")
        judgement = asked.judged("input", asked.answer(None, output=np.zeros((2, 3), np.float32)))
        assert outcome(judgement) == ("mismatch", "shape")
        assert judgement.detail == "the output has shape [2, 3], expected []"

    def test_float64_is_judged_by_the_enclosure(self, tmp_path):
        asked = Asked(tmp_path, "float64")
        references = asked.references.gradients(asked.call, MACHINE, asked.upstream)
        assert references["target"].tail is not None


class TestConventions:
    ZERO = "input: [[-1.0, -2.0]], target: [[0, 0.5]]"
    CASE = "conventions: [zero_target_gradient]"

    def asked(self, folder):
        return Asked(folder, inputs=self.ZERO, case=self.CASE)

    @pytest.mark.parametrize(("at_zero", "choice"), [(0.0, "zero"), (np.nan, "nan")])
    def test_another_one_is_told(self, tmp_path, at_zero, choice):
        asked = self.asked(tmp_path)
        right = asked.right()
        right["target"][0, 0] = at_zero
        judgement = asked.judged("target", asked.answer(right))
        assert outcome(judgement) == ("mismatch", "convention")
        assert judgement.deviating == f"zero_target_gradient={choice}"

    def test_the_references_own_is_told_where_it_shows(self, tmp_path):
        asked = self.asked(tmp_path)
        answer = asked.answer(asked.right())
        assert outcome(asked.judged("target", answer)) == ("pass", None)
        assert asked.judged("target", answer).conventions == {"zero_target_gradient": "limit"}
        assert asked.judged("input", answer).conventions == {}

    def test_a_value_says_nothing_about_a_choice_that_only_gradients_leave(self, tmp_path):
        asked = self.asked(tmp_path)
        judgement = asked._judge.judge(asked.checks["value"], asked.call, asked.answer(None), MACHINE, "1.0")
        assert outcome(judgement) == ("pass", None)
        assert judgement.conventions == {}


class TestMissing:
    @pytest.mark.parametrize("of", ["input", "target"])
    @pytest.mark.parametrize("zero", [False, True])
    def test_none_or_zero_throughout_is_no_gradient(self, tmp_path, of, zero):
        asked = Asked(tmp_path)
        right = asked.right()
        right[of] = np.zeros_like(right[of]) if zero else None
        judgement = asked.judged(of, asked.answer(right))
        assert outcome(judgement) == ("mismatch", "missing_gradient")
        assert judgement.detail == ("the gradient is zero throughout" if zero else "the gradient is None")

    def test_no_gradients_at_all(self, tmp_path):
        asked = Asked(tmp_path)
        assert outcome(asked.judged("input", asked.answer(None))) == ("mismatch", "missing_gradient")

    def test_a_gradient_that_is_zero_is_not_missing(self, tmp_path):
        asked = Asked(tmp_path, inputs="input: [[-1.0, -2.0]], target: [[0, 0]]")
        right = asked.right()
        right["input"] = np.zeros((1, 2), np.float32)
        assert outcome(asked.judged("input", asked.answer(right))) == ("pass", None)

    @pytest.mark.parametrize("zero", [False, True])
    def test_where_that_is_declared_it_is_unsupported_and_not_stale(self, tmp_path, zero):
        asked = Asked(tmp_path, right='unsupported: {"gradient:target": the target is a constant}')
        right = asked.right()
        gradients = {**right, "target": np.zeros_like(right["target"]) if zero else None}
        judgement = asked.judged("target", asked.answer(gradients))
        assert outcome(judgement) == ("unsupported", None)
        assert "gradient:target: the target is a constant; the gradient is" in judgement.detail
        assert not judgement.stale_declaration

    def test_a_declared_gap_that_works_is_stale(self, tmp_path):
        asked = Asked(tmp_path, right='unsupported: {"gradient:target": the target is a constant}')
        judgement = asked.judged("target", asked.answer(asked.right()))
        assert outcome(judgement) == ("pass", None)
        assert judgement.stale_declaration


RAISED = {
    "status": "raised",
    "seconds": 0.0,
    "exception": {
        "class": "RuntimeError",
        "mro": ["RuntimeError"],
        "message": "no backward",
        "traceback": "",
    },
}


@pytest.mark.parametrize(
    ("row", "ended"),
    [
        ('documented: ["gradient:input", "gradient:target"]', ("error", None)),
        ('documented: ["gradient:input"]', ("unsupported", None)),
        ('raises: {"gradient:target": RuntimeError}', ("pass", None)),
        ('raises: {"gradient:target": ValueError}', ("wrong_error", None)),
    ],
)
def test_an_exception_is_judged_by_what_is_documented_of_the_gradient(tmp_path, row, ended):
    assert outcome(Asked(tmp_path, right=row).judged("target", RAISED)) == ended


def test_a_documented_refusal_of_a_gradient_that_does_not_come(tmp_path):
    asked = Asked(tmp_path, right='raises: {"gradient:target": RuntimeError}')
    assert outcome(asked.judged("target", asked.answer(asked.right()))) == ("not_rejected", None)


class TestRecord:
    def record(self, asked, of, judgement):
        return Recorder(asked.references).record(
            asked.checks[f"gradient:{of}"], asked.call, judgement, version="1.0", seconds=0.0, log=""
        )

    def test_the_upstream_gradient_can_be_made_again_from_the_record(self, tmp_path):
        asked = Asked(tmp_path, "bfloat16")
        record = self.record(asked, "target", asked.judged("target", asked.answer(asked.right())))
        gradient = record["gradient"]
        assert (gradient["of"], gradient["inputs"]) == ("target", ["input", "target"])
        assert "values" not in gradient["upstream"]  # of a pass
        made = gradient["upstream"]["generator"]
        drawn = generate(made["name"], tuple(made["shape"]), int(made["stream"]), made["options"])
        bits = round_to_numpy(drawn, "bfloat16").view(ml_dtypes.bfloat16)
        assert bits.tobytes() == asked.upstream.tobytes()

    def test_a_wrong_element_is_told_with_its_part_of_the_upstream_gradient(self, tmp_path):
        asked = Asked(tmp_path)
        right = asked.right()
        right["input"][1, 2] *= 2
        record = self.record(asked, "input", asked.judged("input", asked.answer(right)))
        error = record["error"]
        assert record["aspect"] == "gradient:input"
        assert error["worst_index"] == [1, 2]
        assert error["worst_inputs"] == {
            "input": -1.0,
            "target": 0.125,
            "upstream": float(asked.upstream[1, 2]),
        }
        parts = [float(error["bound"][name]) for name in ("elementwise", "accumulation", "output")]
        smallest = float(np.finfo(np.float32).smallest_subnormal)
        assert 2 * sum(parts) + 2 * smallest == pytest.approx(error["allowance"])
        assert record["gradient"]["upstream"]["values"] == asked.upstream.astype(float).ravel().tolist()

    def test_the_upstream_gradient_of_a_sum_is_one_number_for_all(self, tmp_path):
        asked = Asked(tmp_path, reduction="sum")
        right = asked.right()
        right["input"][0, 0] *= 2
        record = self.record(asked, "input", asked.judged("input", asked.answer(right)))
        assert record["error"]["worst_inputs"]["upstream"] == float(asked.upstream)

    def test_a_check_of_a_value_has_none(self, tmp_path):
        asked = Asked(tmp_path)
        value = asked.answer(None)
        check = asked.checks["value"]
        judgement = asked._judge.judge(check, asked.call, value, MACHINE, "1.0")
        record = Recorder(asked.references).record(
            check, asked.call, judgement, version="1.0", seconds=0.0, log=""
        )
        assert record["gradient"] is None


class TestAlone:
    @pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
    def test_the_worst_element_takes_its_part_of_the_upstream_gradient_along(self, tmp_path, reduction):
        asked = Asked(tmp_path, reduction=reduction)
        right = asked.right()
        right["target"][1, 0] *= 3
        judgement = asked.judged("target", asked.answer(right))
        alone = worst_alone(asked.checks["gradient:target"], asked.call, judgement)
        assert {name: array.ravel().tolist() for name, array in alone.call.arrays.items()} == {
            "input": [-0.125],
            "target": [0.5],
        }
        own = asked.upstream[1, 0] if reduction == "none" else asked.upstream
        assert alone.upstream.ravel().tolist() == [float(own)]
        assert alone.upstream.shape == ((1, 1) if reduction == "none" else ())

    def test_what_is_kept_of_it(self, tmp_path):
        asked = Asked(tmp_path)
        right = asked.right()
        right["target"][1, 0] *= 3
        check = asked.checks["gradient:target"]
        alone = worst_alone(check, asked.call, asked.judged("target", asked.answer(right)))
        gradient = right["target"][1:, :1]
        answer = asked.answer({"input": None, "target": gradient}, output=np.zeros((1, 1), np.float32))
        judgement = asked._judge.judge(check, alone.call, answer, MACHINE, "1.0", alone.upstream)
        kept = minimised(alone, judgement)
        assert kept["upstream"]["values"] == [float(asked.upstream[1, 0])]
        assert kept["actual"]["values"] == [float(gradient[0, 0])]
        assert kept["expected"]["values"][0] == pytest.approx(float(gradient[0, 0]) / 3)

    def test_a_gradient_of_a_broadcast_input_is_not_one_element(self, tmp_path):
        asked = Asked(tmp_path, inputs="input: [[-1.0, -2.0], [-0.5, -3.0]], target: [[0.25, 0.75]]")
        gradients = {"input": np.ones((2, 2), np.float32), "target": np.full((1, 2), 3, np.float32)}
        judgement = asked.judged("target", asked.answer(gradients))
        assert outcome(judgement) == ("mismatch", "gradient")
        assert worst_alone(asked.checks["gradient:target"], asked.call, judgement) is None
