"""Runs over real workers of the fake framework: what becomes of each kind of misbehaviour."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from conformance.casefile import load
from conformance.environments import EnvironmentSpec
from conformance.plan import CallCache, Target, expand
from conformance.reference import evaluate
from conformance.reference import load as load_formula
from conformance.results import ResultsError, read_results
from conformance.run import Destination, Run, Sink, choose_checks
from conformance.run.judge import Judge
from conformance.run.references import inputs_of
from tests.fakes import children, environment
from tests.fakes.project import ONE_CASE, case_file

DEADLINE = 1.0

TWO_CASES = ONE_CASE + ONE_CASE.replace("id: one", "id: two")


def make_run(folder, text, environments, *, keywords="", deadline=DEADLINE, results=None):
    """A run over the case file `text` in `environments`, and its checks."""
    path = folder / "kl_div.yaml"
    path.write_text(text)
    operator = load(path)
    plan = expand([operator], [Target(spec.name, spec.framework) for spec in environments])
    assert not plan.problems
    checks = choose_checks(plan.checks, keywords, "")
    sink = Sink(Destination(folder / "reports", results), [operator], [spec.name for spec in environments])
    return Run(checks, environments, sink, deadline=deadline), checks


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
    run, checks = make_run(
        tmp_path_factory.mktemp("misbehaved"),
        case_file(behaviours, TWO_CASES),
        [environment(), environment("other"), environment("broken", "MissingAdapter")],
        keywords="/fake/ or (/broken/ and one) or (/other/ and fake.right)",
    )
    records = list(run)
    assert len(records) == len(checks) == 2 * len(behaviours) + len(behaviours) + 2
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
    assert "fake.gone.kl_div:" in open(file).read().splitlines()[int(line) - 1]
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


def test_one_ulp_beyond_the_allowance_is_wrong_and_the_last_within_is_not(tmp_path):
    _, (check,) = make_run(tmp_path, case_file(["wrong"]), [environment()])
    call = CallCache().get(check.spec)
    reference = evaluate(load_formula("kl_div"), inputs_of(call), check.spec.attributes, "float32")
    value = float(reference.value)
    smallest = float(np.finfo(np.float32).smallest_subnormal)
    last = np.float32(value + 2.0 * float(reference.bound) + 2.0 * smallest)
    if float(last) < value + 2.0 * float(reference.bound):
        last = np.nextafter(last, np.float32(np.inf))
    beyond = np.nextafter(last, np.float32(np.inf))
    factors = [float(target) / float(np.float32(value)) - 1.0 for target in (last, beyond)]
    assert 0 < factors[0] < factors[1] < 1e-5
    specs = [
        environment(name, gateway=f"popen//env:FAKE_WRONG={factor!r}")
        for name, factor in zip(("within", "beyond"), factors, strict=True)
    ]
    run, _ = make_run(tmp_path, case_file(["wrong"]), specs)
    found = {record["environment"]: record for record in run}
    assert found["within"]["outcome"] == "pass"
    assert 0.9 < found["within"]["error"]["max_bound_ratio"] <= 1.1
    assert (found["beyond"]["outcome"], found["beyond"]["subtype"]) == ("mismatch", "value")
    assert found["beyond"]["actual"]["values"] == [pytest.approx(float(beyond), rel=1e-9)]


def test_inputs_that_cannot_be_made_cost_only_their_own_checks(tmp_path):
    cases = ONE_CASE + """\
  - id: bad
    summary: shapes that a generator cannot have
    inputs: {input: {generator: log_probabilities, shape: [2, 3], axis: 7}, target: [0.5]}
    matrix: {dtype: [float32]}
"""
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


class TestStopping:
    def test_taking_the_last_result_is_enough_for_complete_results(self, tmp_path):
        run, checks = make_run(tmp_path, case_file(["right"], TWO_CASES), [environment()])
        records = iter(run)
        for _ in checks:
            next(records)
        records.close()
        assert read_results(run.sink.path).complete

    def test_stopping_early_keeps_what_was_obtained(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right", "hang"], TWO_CASES), [environment()], deadline=60)
        records = iter(run)
        first = next(records)
        began = time.monotonic()
        records.close()
        assert time.monotonic() - began < 10
        results = read_results(run.sink.path, incomplete=True)
        assert [record["id"] for record in results.checks] == [first["id"]]
        assert not results.complete
        assert results.footer["reason"] == "stopped early"
        assert children(os.getpid()) == []

    def test_an_interrupt_is_told_in_the_footer(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right", "hang"]), [environment()])
        records = iter(run)
        next(records)
        with pytest.raises(KeyboardInterrupt):
            records.throw(KeyboardInterrupt)
        assert read_results(run.sink.path, incomplete=True).footer["reason"] == "interrupted"

    def test_a_run_stopped_before_its_first_result_leaves_no_file(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right"]), [environment(adapter="SlowAdapter")])
        run.stop()
        assert list(run) == []
        assert not (tmp_path / "reports").exists()

    def test_another_thread_may_stop_a_run_that_waits(self, tmp_path):
        run, _ = make_run(tmp_path, case_file(["right", "hang"]), [environment()], deadline=60)
        records = iter(run)
        next(records)
        run.stop()
        assert list(records) == []
        assert read_results(run.sink.path, incomplete=True).footer["reason"] == "stopped early"


class TestResultsThatCannotBeWritten:
    def started(self, run):
        """Whether any environment became known before the run ended with an error; and the error."""
        with pytest.raises(ResultsError) as raised:
            list(run)
        return bool(run.sink.ready or run.sink.unavailable), str(raised.value)

    def test_a_file_that_exists_is_refused_before_anything_runs(self, tmp_path):
        path = tmp_path / "kept.jsonl"
        path.write_text("mine")
        run, _ = make_run(tmp_path, case_file(["right"]), [environment()], results=path)
        ran, message = self.started(run)
        assert not ran
        assert message.startswith(f"{path}: exists already; ")
        assert path.read_text() == "mine"

    def test_a_folder_that_is_a_file_is_refused_before_anything_runs(self, tmp_path):
        (tmp_path / "reports").write_text("")
        run, _ = make_run(tmp_path, case_file(["right"]), [environment()])
        ran, message = self.started(run)
        assert not ran
        assert "reports: is no folder" in message

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has /dev/full")
    def test_a_full_disk_is_one_error(self, tmp_path):
        from pathlib import Path

        run, _ = make_run(tmp_path, case_file(["right"]), [environment()], results=Path("/dev/full"))
        _, message = self.started(run)
        assert message.startswith("/dev/full: cannot be written: No space left on device")


def test_an_environment_without_checks_is_waited_for(tmp_path):
    specs: list[EnvironmentSpec] = [environment(), environment("idle", "SlowAdapter")]
    run, _ = make_run(tmp_path, case_file(["right"]), specs, keywords="/fake/")
    assert len(list(run)) == 1
    assert list(read_results(run.sink.path).header["environments"]) == ["fake", "idle"]
