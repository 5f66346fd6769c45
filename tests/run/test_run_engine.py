"""Runs over real workers of the fake framework: what becomes of each kind of misbehaviour."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from fake_runs import DEADLINE, MANY, make_run

from conformance.environments import EnvironmentSpec
from conformance.plan import CallCache
from conformance.reference import evaluate
from conformance.reference import load as load_formula
from conformance.results import read_results
from conformance.run import record as record_module
from conformance.run.judge import Judge
from conformance.run.references import inputs_of
from tests.fakes import children, environment
from tests.fakes.project import ONE_CASE, case_file

TWO_CASES = ONE_CASE + ONE_CASE.replace("id: one", "id: two")


def outcomes(records):
    """Environment, API's behaviour, case and dtype: record."""
    found = {}
    for record in records:
        behaviour = record["api"].split(".")[1]
        key = (record["environment"], behaviour, record["case"], record["dtype"])
        assert key not in found
        found[key] = record
    return found


@pytest.fixture(scope="module")
def misbehaved(tmp_path_factory):
    """One run with everything that can go wrong within an environment, and a second environment."""
    behaviours = ["right", "wrong", "wide", "deep", "raises", "nothing", "late", "noisy", "sysexit"]
    behaviours += ["hang", "abort", "segfault", "exit", "gone"]
    kept = "/fake/ or (/broken/ and kl_div/one/) or (/other/ and fake.right)"
    run, checks = make_run(
        tmp_path_factory.mktemp("misbehaved"),
        case_file(behaviours, TWO_CASES),
        [environment(), environment("other"), environment("broken", "MissingAdapter")],
        keywords=kept,
    )
    records = list(run)
    assert len(records) == len(checks) == 3 * len(behaviours) + 2
    return run, outcomes(records)


@pytest.mark.parametrize(
    ("behaviour", "outcome", "subtype", "words"),
    [
        ("right", "pass", None, ""),
        ("wrong", "mismatch", "value", ""),
        ("wide", "mismatch", "dtype", "dtype float64, expected float32"),
        ("deep", "mismatch", "shape", "shape [1], expected []"),
        ("raises", "error", None, "RuntimeError: no such kernel"),
        ("nothing", "mismatch", "dtype", "returned NoneType, no tensor"),
        ("late", "error", None, "the kernel failed a while ago"),
        ("noisy", "pass", None, ""),
        ("sysexit", "error", None, "SystemExit: 3"),
        ("hang", "timeout", None, "no answer within 1 s"),
        ("abort", "crash", None, "the process died: SIGABRT"),
        ("segfault", "crash", None, "the process died: SIGSEGV"),
        ("exit", "crash", None, "the process died: exit status 0"),
        ("gone", "invalid_case", None, "fake 1.0 has no fake.gone"),
    ],
)
def test_each_misbehaviour_has_its_outcome_and_costs_no_other_check(
    misbehaved, behaviour, outcome, subtype, words
):
    _, records = misbehaved
    for case in ("one", "two"):  # the second comes after all that the first has done to the worker
        record = records["fake", behaviour, case, "float32"]
        assert (record["outcome"], record["subtype"]) == (outcome, subtype)
        assert words in (record["detail"] or "")


def test_a_crash_keeps_what_the_process_said_last(misbehaved):
    _, records = misbehaved
    assert "check failed: kernel != nullptr" in records["fake", "abort", "one", "float32"]["log"]
    assert "Segmentation fault" in records["fake", "segfault", "one", "float32"]["log"]


def test_a_timeout_took_its_deadline(misbehaved):
    _, records = misbehaved
    assert records["fake", "hang", "one", "float32"]["seconds"] == DEADLINE


def test_what_a_framework_prints_is_in_the_record_of_its_own_call(misbehaved):
    _, records = misbehaved
    log = records["fake", "noisy", "one", "float32"]["log"]
    assert all(words in log for words in ("from print", "from descriptor 1", "from printf", "from warn"))
    assert records["fake", "right", "two", "float32"]["log"] == ""


def test_a_missing_api_names_the_line_of_its_row(misbehaved):
    _, records = misbehaved
    record = records["fake", "gone", "one", "float32"]
    place, _, message = record["detail"].partition(": ")
    file, line = place.rsplit(":", 1)
    assert "fake.gone.kl_div:" in Path(file).read_text().splitlines()[int(line) - 1]
    assert message.startswith("fake 1.0 has no")


def test_an_environment_that_cannot_run_costs_only_its_own_checks(misbehaved):
    run, records = misbehaved
    lost = [record for key, record in records.items() if key[0] == "broken"]
    assert {record["outcome"] for record in lost} == {"not_run"}
    assert "environment broken cannot run" in lost[0]["detail"]
    assert "No module named 'fake_framework'" in lost[0]["detail"]
    assert records["other", "right", "two", "float32"]["outcome"] == "pass"
    assert set(run.sink.unavailable) == {"broken"}


def test_results_hold_what_was_yielded_and_are_complete(misbehaved):
    run, records = misbehaved
    results = read_results(run.sink.path)
    assert results.complete
    assert {record["id"] for record in results.checks} == {record["id"] for record in records.values()}
    assert list(results.header["environments"]) == ["fake", "other"]
    assert results.header["unavailable"]["broken"]["mend"] == "make fake"
    assert results.footer["unavailable"].keys() == {"broken"}


def test_no_worker_is_left(misbehaved):
    assert children(os.getpid()) == []


PROMISES = """\
  - id: one
    summary: one call
    inputs: {input: [-1.0, -2.0], target: [0.25, 0.75]}
    matrix: {reduction: [sum], dtype: [float16, float32]}
"""


def test_promises_decide_between_error_and_unsupported(tmp_path):
    """`lies` refuses float16, which it has promised; `raises` promised nothing; `lax` is right after all."""
    text = case_file(
        ["lies", "raises", "late", "lax"],
        PROMISES,
        lies="dtypes: [float16, float32]",
        late='unsupported: {"reduction:sum": "not implemented"}',
        lax='unsupported: {"reduction:sum": "not implemented"}',
    )
    run, _ = make_run(tmp_path, text, [environment()])
    found = outcomes(run)

    def ended(behaviour, dtype):
        record = found["fake", behaviour, "one", dtype]
        return record["outcome"], record["level"], record["stale_declaration"]

    assert ended("lies", "float16") == ("error", "must", False)
    assert ended("lies", "float32") == ("pass", "must", False)
    assert ended("raises", "float16") == ("unsupported", "observe", False)
    assert ended("raises", "float32") == ("error", "must", False)
    assert ended("late", "float32") == ("unsupported", "observe", False)
    assert "reduction:sum: not implemented; RuntimeError" in found["fake", "late", "one", "float32"]["detail"]
    assert ended("lax", "float32") == ("pass", "observe", True)


NO_CANCELLATION = """\
  - id: one
    summary: where y log y - y x is as accurate as y (log y - x)
    inputs: {input: [-1.5, -1.5], target: [1, 1]}
    matrix: {reduction: [none], dtype: [float32]}
"""


def test_one_ulp_beyond_the_allowance_is_wrong_and_the_last_within_is_not(tmp_path):
    text = case_file(["wrong"], NO_CANCELLATION)
    _, (check,) = make_run(tmp_path, text, [environment()])
    call = CallCache().get(check.spec)
    reference = evaluate(load_formula("kl_div"), inputs_of(call), check.spec.attributes, "float32")
    value = float(reference.value[0])
    smallest = float(np.finfo(np.float32).smallest_subnormal)
    end = value + 2.0 * float(reference.bound[0]) + 2.0 * smallest
    last = np.float32(end)
    if float(last) < end:  # the allowance is rounded outward
        last = np.nextafter(last, np.float32(np.inf))
    beyond = np.nextafter(last, np.float32(np.inf))
    specs = [
        environment(name, gateway=f"popen//env:FAKE_WRONG={float(wanted) / value - 1.0!r}")
        for name, wanted in (("within", last), ("beyond", beyond))
    ]
    run, _ = make_run(tmp_path, text, specs)
    found = {record["environment"]: record for record in run}
    assert found["within"]["actual"]["values"] == [float(last)] * 2
    assert found["within"]["outcome"] == "pass"
    assert found["beyond"]["actual"]["values"] == [float(beyond)] * 2
    assert (found["beyond"]["outcome"], found["beyond"]["subtype"]) == ("mismatch", "value")


def test_inputs_that_cannot_be_made_cost_only_their_own_checks(tmp_path):
    cases = (
        ONE_CASE
        + """\
  - id: bad
    summary: shapes that a generator cannot have
    inputs: {input: {generator: log_probabilities, shape: [2, 3], axis: 7}, target: [0.5]}
    matrix: {dtype: [float32]}
"""
    )
    run, _ = make_run(tmp_path, case_file(["right"], cases), [environment()])
    found = outcomes(run)
    assert found["fake", "right", "one", "float32"]["outcome"] == "pass"
    bad = found["fake", "right", "bad", "float32"]
    assert bad["outcome"] == "invalid_case"
    assert bad["detail"].startswith(bad["location"])
    assert bad["framework_version"] == "1.0"


def test_a_failure_of_our_own_judging_costs_only_its_own_check(tmp_path, monkeypatch):
    judge = Judge.judge

    def failing(self, check, *rest):
        if check.spec.case.id == "one":
            raise ZeroDivisionError("planted")
        return judge(self, check, *rest)

    monkeypatch.setattr(Judge, "judge", failing)
    run, _ = make_run(tmp_path, case_file(["right"], TWO_CASES), [environment()])
    found = outcomes(run)
    one = found["fake", "right", "one", "float32"]
    assert one["outcome"] == "harness_error"
    assert one["detail"].rstrip().endswith("ZeroDivisionError: planted")
    assert found["fake", "right", "two", "float32"]["outcome"] == "pass"


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_answers_that_come_together_are_each_recorded_once(tmp_path, monkeypatch, seconds):
    monkeypatch.setattr("conformance.run.engine._HELD", seconds)
    run, checks = make_run(tmp_path, case_file(["right", "wrong"], MANY), [environment()])
    records = list(run)
    assert sorted(record["id"] for record in records) == sorted(check.id for check in checks)
    assert {record["api"].rpartition(".")[0]: record["outcome"] for record in records} == {
        "fake.right": "pass",
        "fake.wrong": "mismatch",
    }
    assert read_results(run.sink.path).complete


def test_a_failure_of_our_own_recording_costs_only_its_own_check(tmp_path, monkeypatch):
    run, checks = make_run(tmp_path, case_file(["right"], MANY.replace("400", "5")), [environment()])
    fingerprint, bad = record_module.fingerprint, []

    def broken(judgement):
        bad.append(judgement)
        if len(bad) == 2:
            raise ZeroDivisionError("in our own code")
        return fingerprint(judgement)

    monkeypatch.setattr(record_module, "fingerprint", broken)
    records = list(run)
    assert len(records) == len(checks) == 5
    assert [record["outcome"] for record in records].count("harness_error") == 1
    assert ["ZeroDivisionError" in (record["detail"] or "") for record in records].count(True) == 1


def test_a_wrong_element_is_called_by_itself_soon(tmp_path):
    """Not behind everything else, where a killed run would have lost every mismatch."""
    text = case_file(["right", "wrong"], MANY)
    run, checks = make_run(tmp_path, text, [environment()], keywords="fake.right or seed:0")
    order = [record["outcome"] for record in run]
    assert len(order) == len(checks) == 401
    assert order.index("mismatch") < 350


def test_an_environment_without_checks_is_waited_for(tmp_path):
    specs: list[EnvironmentSpec] = [environment(), environment("idle", "SlowAdapter")]
    run, _ = make_run(tmp_path, case_file(["right"]), specs, keywords="/fake/")
    assert len(list(run)) == 1
    assert list(read_results(run.sink.path).header["environments"]) == ["fake", "idle"]
