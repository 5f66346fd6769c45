"""What is made once and used by many: arrays, forms, comparisons; and what is made ahead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from run_checks import check_of, checks

from conformance.casefile import load as load_cases
from conformance.model import Outcome
from conformance.plan import Call, CallCache, Target, expand, materialise
from conformance.reference import Reference
from conformance.results import array_form
from conformance.run.ahead import LARGEST, Ahead
from conformance.run.assess import Assessor
from conformance.run.execution import Execution
from conformance.run.forms import Forms
from conformance.run.judgement import Judgement
from conformance.run.record import Recorder
from conformance.run.references import Machine, References, judge_by
from conformance.run.shared import Shared
from tests.fakes.project import case_file

UNSHAPED = "{x: {generator: uniform, seed: 1}, y: {generator: uniform, seed: 1}}"
DRAWN = "{x: {generator: uniform, shape: [2], seed: 1}, y: {generator: uniform, shape: [2], seed: 1}}"


def test_what_is_made_of_one_object_for_one_use_is_made_once() -> None:
    shared, source, made = Shared(), [1], []

    def make() -> int:
        made.append(1)
        return len(made)

    assert shared.get(source, "a", 0, make) == shared.get(source, "a", 0, make) == 1
    assert shared.get(source, "b", 0, make) == 2
    assert shared.get([1], "a", 0, make) == 3  # equal, but another


@pytest.mark.parametrize(("entries", "nbytes"), [(2, 10**6), (10**6, 20)])
def test_the_oldest_go_when_there_are_too_many_or_too_large_ones(entries: int, nbytes: int) -> None:
    shared, sources = Shared(entries, nbytes), [[0], [1], [2]]
    for source in sources:
        shared.get(source, None, 10, lambda: "first")
    assert [shared.get(source, None, 10, lambda: "again") for source in sources[1:]] == ["first", "first"]
    assert shared.get(sources[0], None, 10, lambda: "again") == "again"


def test_a_generated_input_of_a_passing_check_has_its_generator_and_no_values(tmp_path: Path) -> None:
    call = materialise(check_of(checks(tmp_path, inputs=DRAWN), "torch.op").spec)
    forms = Forms()
    short, whole = forms.inputs(call, whole=False)["x"], forms.inputs(call, whole=True)["x"]
    assert short.keys() == {"dtype", "shape", "sha256", "layout", "generator"}
    assert whole["values"] == call.arrays["x"].tolist()  # type: ignore[attr-defined]
    assert short["generator"] == whole["generator"]
    assert forms.inputs(call, whole=False)["x"] is short


def test_inputs_of_the_same_numbers_keep_their_own_names_and_streams(tmp_path: Path) -> None:
    call = materialise(check_of(checks(tmp_path, inputs=DRAWN), "torch.op").spec)
    call.arrays["y"] = call.arrays["x"]
    x, y = Forms().inputs(call, whole=False).values()
    assert x["generator"]["stream"] != y["generator"]["stream"]


def test_a_literal_keeps_its_values(tmp_path: Path) -> None:
    call = materialise(check_of(checks(tmp_path), "torch.op").spec)
    assert Forms().inputs(call, whole=False)["y"]["values"] == [1.0, 2.0]


def test_the_way_of_calling_is_shared_only_where_the_same_is_given(tmp_path: Path) -> None:
    made = checks(tmp_path, "matrix: {flag: [true, false], seed: [1, 2]}", DRAWN)
    forms = Forms()
    styles = {id(forms.style(check)) for check in made if check.api.name == "torch.op"}
    assert len(styles) == 2
    assert all(forms.style(check) == Forms().style(check) for check in made)


class Counted(References):
    """Says what it was asked, and fails where a test wants it to."""

    def __init__(self, fails: bool = False) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.fails = fails

    def primary(self, call, machine):  # type: ignore[no-untyped-def]
        self.asked.append(call.key)
        if self.fails:
            raise ValueError("no reference")
        return Reference(np.ones(2), None, np.ones(2), "float32")


def run_ahead(made: list, references: References, seconds: float = 0.0) -> int:
    ahead, steps = Ahead(made, CallCache(), references, Recorder(references), Machine()), 0
    while not ahead.finished:
        ahead.step(seconds)
        steps += 1
    return steps


@pytest.mark.parametrize("fails", [False, True])
def test_each_call_is_prepared_once_and_failing_ones_stop_nothing(tmp_path: Path, fails: bool) -> None:
    made, references = checks(tmp_path), Counted(fails)
    calls = len({check.spec for check in made})
    # A step for each call's inputs, one for references made together, one for each reference, one for all
    # their forms, and the end.
    assert run_ahead(made, references) == 2 * calls + 3
    assert len(references.asked) == calls < len(made)


def test_large_calls_are_not_held_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.run.ahead.MOST", 10)
    made, references = checks(tmp_path), Counted()
    run_ahead(made, references)
    assert 1 <= len(references.asked) < len({check.spec for check in made})


def test_a_step_takes_as_much_as_its_time_allows(tmp_path: Path) -> None:
    assert run_ahead(checks(tmp_path), Counted(), seconds=60.0) == 1


def test_the_reference_of_a_large_call_waits_until_it_is_needed(tmp_path: Path) -> None:
    large = DRAWN.replace("shape: [2]", f"shape: [{LARGEST}]")
    references = Counted()
    run_ahead(checks(tmp_path, inputs=large), references)
    assert references.asked == []


def test_nothing_to_do_is_done_at_once() -> None:
    assert run_ahead([], Counted()) == 1


def test_equal_results_are_compared_once_and_others_anew() -> None:
    one = np.ones(3)
    reference = Reference(one, None, one * 1e-9, "float64")
    references, machine = References(), Machine()
    first = references.compare(reference, one.copy(), machine)
    assert references.compare(reference, one.copy(), machine) is first
    assert first.passed
    assert not references.compare(reference, one * 2, machine).passed
    assert references.compare(reference, one.copy(), Machine(flush_to_zero=True)) is not first


def test_passes_that_were_compared_together_are_not_compared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    one, machine, references = np.ones(3), Machine(), References()
    reference = Reference(one, None, one * 1e-9, "float64")
    certified = Reference(one, one * 0, one * 1e-9, "float64")
    right, wrong, large = one.copy(), one * 2, np.ones(1000)
    results = [
        (reference, right),
        (reference, wrong),
        (reference, one.astype(np.float32)),
        (certified, right),
    ]
    results += [(Reference(large, None, large, "float64"), large), (reference, np.ones(2))]
    references.compare_together((*pair, machine) for pair in results)
    alone: list[bytes] = []
    monkeypatch.setattr(
        "conformance.run.references.judge_by", lambda _, actual, __: alone.append(actual.tobytes())
    )
    references.compare(reference, right, machine)
    assert alone == []
    for each, actual in results[1:5]:
        references.compare(each, actual, machine)
    assert len(alone) == 4


def test_a_call_under_the_same_options_is_evaluated_once(tmp_path: Path) -> None:
    text = "{input: [-1.0, -2.0], target: [0.25, 0.0]}"
    path = tmp_path / "kl_div.yaml"
    path.write_text(case_file(["right"], f"  - id: few\n    summary: few\n    inputs: {text}\n"))
    check = next(iter(expand([load_cases(path)], [Target("fake", "fake")]).checks))
    call, references, machine = materialise(check.spec), References(), Machine()
    naive = references.evaluate(call, machine, summation="naive")
    assert references.evaluate(call, machine, summation="naive") is naive
    assert references.evaluate(call, machine) is not naive
    assert references.evaluate(call, machine, arithmetic="bfloat16", summation="naive") is not naive
    assert references.evaluate(call, Machine(log_ulps=3.0), summation="naive") is not naive
    unusual = references.evaluate(call, machine, summation="naive", conventions={"zero_target": "nan"})
    assert np.isnan(unusual.value).any()
    assert not np.isnan(naive.value).any()
    upstream = references.upstream(call, machine)
    gradients = references.evaluate_gradients(call, machine, upstream, summation="naive")
    assert references.evaluate_gradients(call, machine, upstream, summation="naive") is gradients
    assert references.evaluate_gradients(call, machine, upstream) is not gradients


def test_what_records_tell_of_a_call_can_be_made_before_any_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = check_of(checks(tmp_path, inputs=DRAWN), "torch.op")
    call, value = materialise(check.spec), np.ones(2)
    recorder = Recorder(References())
    recorder.prepare(call, value)
    for form in ("input_form", "drawn_form"):
        monkeypatch.setattr(f"conformance.run.forms.{form}", None)  # whoever makes one now, fails
    monkeypatch.setattr("conformance.run.record.array_form", lambda *_, **__: "made late")
    actual = value.astype(np.float32)
    comparison = judge_by(Reference(value, None, value * 1e-6, "float32"), actual, Machine())
    judgement = Judgement(Outcome.PASS, actual=actual, expected=value, comparison=comparison)
    record = recorder.record(check, call, judgement, version="1", seconds=0.0, log="")
    assert record["inputs"].keys() == {"x", "y"}
    assert record["actual"] == "made late"
    assert record["expected"] == array_form(value)


def test_what_was_expected_of_a_large_array_is_sampled_where_its_own_result_is_worst(tmp_path: Path) -> None:
    check = check_of(checks(tmp_path, "matrix: {shape: [[100]]}", UNSHAPED), "torch.op")
    call, value = materialise(check.spec), np.ones(100)
    reference = Reference(value, None, np.full(100, 1e-6), "float32")
    recorder, kept = Recorder(References()), []
    for worst in (40, 60):  # two frameworks, one after the other, of which either may answer first
        actual = value.astype(np.float32)
        actual[worst] = np.nextafter(actual[worst], np.float32(2))
        comparison = judge_by(reference, actual, Machine())
        judgement = Judgement(Outcome.PASS, actual=actual, expected=value, comparison=comparison)
        record = recorder.record(check, call, judgement, version="1", seconds=0.0, log="")
        kept.append([form["sample"]["index"] for form in (record["actual"], record["expected"])])
    assert all(worst in index for worst, both in zip((40, 60), kept, strict=True) for index in both)


class TestReferencesTogether:
    """`References.evaluate_together`: what `primary` has to evaluate afterwards, and what it finds made."""

    @staticmethod
    def evaluated(monkeypatch: pytest.MonkeyPatch, calls: list[Call]) -> tuple[list[Reference], list[Call]]:
        """The references of `calls`, made together, and those calls that were left to be evaluated."""
        references, left = References(), []
        alone = References._evaluate

        def evaluate(self: References, call: Call, machine: Machine, **options: object) -> Reference:
            left.append(call)
            return alone(self, call, machine, **options)

        monkeypatch.setattr(References, "_evaluate", evaluate)
        references.evaluate_together(calls, Machine())
        return [references.primary(call, Machine()) for call in calls], left

    @staticmethod
    def sweep(tmp_path: Path, shape: str, dtype: str = "float32", seeds: int = 5) -> list[Call]:
        """A call for each seed and reduction."""
        cases = (
            "  - id: sweep\n    summary: seeds\n    inputs:\n"
            f"      input: {{generator: log_probabilities, shape: {shape}, seed: 1}}\n"
            f"      target: {{generator: probabilities, shape: {shape}, seed: 2}}\n"
            f"    matrix: {{reduction: [sum, mean], seed: {{count: {seeds}}}, dtype: [{dtype}]}}\n"
        )
        path = tmp_path / "kl_div.yaml"
        path.write_text(case_file(["right"], cases))
        plan = expand([load_cases(path, ["kl_div"])], [Target("fake", "fake")])
        return [materialise(check.spec) for check in plan.checks]

    def test_calls_that_differ_in_their_seeds_are_all_made(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = self.sweep(tmp_path, "[3, 5]")
        found, left = self.evaluated(monkeypatch, calls)
        assert len(calls) == 10
        assert not left
        for call, reference in zip(calls, found, strict=True):
            alone = References().primary(call, Machine())
            assert reference.value.tobytes() == alone.value.tobytes()
            assert reference.bound.tobytes() == alone.bound.tobytes()

    @pytest.mark.parametrize(
        ("shape", "dtype", "seeds"),
        [("[3, 5]", "float32", 2), ("[3, 5]", "float64", 5), ("[40, 40]", "float32", 5)],
    )
    def test_few_large_and_certified_ones_are_left(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, dtype: str, seeds: int
    ) -> None:
        calls = self.sweep(tmp_path, shape, dtype, seeds)
        _, left = self.evaluated(monkeypatch, calls)
        assert left == calls

    def test_a_call_that_is_no_longer_held_is_not_made_for_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        check = check_of(checks(tmp_path), "torch.op")
        assessor = Assessor({check.environment: Machine()}, None)  # type: ignore[arg-type]  # asked nothing here
        monkeypatch.setattr(CallCache, "get", lambda *_: pytest.fail("made again"))
        assessor.evaluate_together([Execution(0, [check])])
