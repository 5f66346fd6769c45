"""`conformance run`, over real workers of the fake framework."""

from __future__ import annotations

import conformance.cli.execution
from conformance.results import read_results
from tests.fakes.project import (
    BROKEN_ENVIRONMENT,
    ONE_CASE,
    expect,
    write_project,
)

SECOND_CASE = ONE_CASE.replace("id: one", "id: two")


def latest(folder):
    return read_results(folder / "reports" / "latest.jsonl", incomplete=True)


class TestExitCodes:
    def test_0_open(self, cli, tmp_path):
        write_project(tmp_path)
        done = cli("run")
        assert done.code == 0, done.err
        assert done.out.rstrip().endswith("gate: open, everything is as expected")
        assert [record["outcome"] for record in latest(tmp_path).checks] == ["pass"]
        assert (tmp_path / "reports" / "index.html").read_text().startswith("<!")

    def test_1_closed(self, cli, tmp_path):
        write_project(tmp_path, ["right", "wrong"])
        done = cli("run")
        assert done.code == 1, done.err
        assert latest(tmp_path).complete
        head, _, gate = done.out.partition("gate: closed by 1 new_failure\n")
        assert "kl_div/one/reduction:sum/fake.wrong.kl_div/fake/float32/cpu/eager/value" in gate
        assert "worst element" in head or "the element" in head
        assert "reproducer" not in head

    def test_2_environment_that_cannot_run_while_the_other_does(self, cli, tmp_path):
        write_project(tmp_path, environments=BROKEN_ENVIRONMENT)
        done = cli("run")
        assert done.code == 2
        assert "No module named 'fake_framework'" in done.out
        assert "mend it with: make it whole" in done.out
        assert "gate: closed by 1 not_run" in done.out
        assert "not_run: 1 check of broken, which cannot run" in done.out
        outcomes = {record["environment"]: record["outcome"] for record in latest(tmp_path).checks}
        assert outcomes == {"fake": "pass", "broken": "not_run"}

    def test_2_interpreter_that_is_not_there(self, cli, tmp_path):
        write_project(tmp_path)
        done = cli(
            "run",
            "-e",
            "fake",
            "-e",
            "gone=/nowhere//framework=torch",
            "-e",
            "fake-2=/nowhere//framework=torch",
        )
        assert done.code == 0  # no case has an API of torch: nothing of it is wanted
        done = cli("run", "-e", "fake=/nowhere")
        assert done.code == 2
        assert "there is no interpreter /nowhere/bin/python" in done.out
        assert "Traceback" not in done.out + done.err

    def test_3_a_failure_of_our_own(self, cli, tmp_path, monkeypatch):
        write_project(tmp_path)

        def failing(*_):
            raise ZeroDivisionError("planted")

        monkeypatch.setattr(conformance.cli.execution, "planned_facts", failing)
        done = cli("run")
        assert done.code == 3
        assert "ZeroDivisionError: planted" in done.err
        assert "defect of the suite itself" in done.err

    def test_a_check_that_we_cannot_judge_closes_the_gate(self, cli, tmp_path, monkeypatch):
        write_project(tmp_path, ["right"], ONE_CASE + SECOND_CASE)
        from conformance.run.judge import Judge

        judge = Judge.judge

        def failing(self, check, *rest):
            if check.spec.case.id == "one":
                raise ZeroDivisionError("planted")
            return judge(self, check, *rest)

        monkeypatch.setattr(Judge, "judge", failing)
        done = cli("run")
        assert done.code == 1
        assert "gate: closed by 1 harness_error" in done.out


class TestExpectations:
    WRONG = "kl_div/*/fake.wrong.kl_div/*"

    def test_a_known_deviation(self, cli, tmp_path):
        write_project(tmp_path, ["right", "wrong"])
        expect(tmp_path, f"{{checks: {self.WRONG}, outcome: mismatch, subtype: value, reason: off by 1 %}}")
        assert cli("run").code == 0

    def test_an_unexpected_pass_closes_the_gate_unless_it_is_not_strict(self, cli, tmp_path):
        write_project(tmp_path)
        expect(tmp_path, "{checks: kl_div/*, outcome: mismatch, reason: it is only an example}")
        done = cli("run")
        assert done.code == 1
        assert "gate: closed by 1 fixed" in done.out
        assert "fake.yaml:3 expects mismatch: outcome is pass, not mismatch" in done.out
        assert cli("run", "--no-strict").code == 0

    def test_a_stale_one_closes_the_gate(self, cli, tmp_path):
        write_project(tmp_path)
        expect(
            tmp_path, "{checks: kl_div/removed-last-year/*, outcome: mismatch, reason: it is only an example}"
        )
        done = cli("run")
        assert done.code == 1
        assert (
            "stale: cases/expectations/fake.yaml:3: no check matches kl_div/removed-last-year/*" in done.out
        )

    def test_a_selection_makes_none_stale(self, cli, tmp_path):
        write_project(tmp_path, ["right", "wrong"])
        expect(tmp_path, f"{{checks: {self.WRONG}, outcome: mismatch, reason: it is only an example}}")
        assert cli("run", "-k", "right").code == 0

    def test_nor_does_a_case_file_that_is_left_out_or_broken(self, cli, tmp_path):
        path = write_project(tmp_path)
        expect(tmp_path, "{checks: other/*, outcome: mismatch, reason: it is only an example}")
        path.with_name("other.yaml").write_text("operator: other\n")
        assert cli("run", "cases/kl_div.yaml").code == 0
        done = cli("run")
        assert done.code == 2
        assert "gate: open" in done.out

    def test_nor_does_a_case_that_cannot_be_planned(self, cli, tmp_path):
        bad = SECOND_CASE.replace("[-1.0, -2.0]", "{generator: nosuch, shape: [2]}")
        write_project(tmp_path, cases=ONE_CASE + bad)
        expect(tmp_path, "{checks: kl_div/two/*, outcome: mismatch, reason: it is only an example}")
        done = cli("run")
        assert done.code == 2
        assert "stale" not in done.out

    def test_an_environment_that_did_not_run_makes_none_stale(self, cli, tmp_path):
        write_project(tmp_path, environments=BROKEN_ENVIRONMENT)
        path = expect(
            tmp_path, "{checks: kl_div/*/broken/*, outcome: mismatch, reason: it is only an example}"
        )
        path.write_text(path.read_text().replace("framework: fake\n", ""))
        done = cli("run", "-k", "/fake/")
        assert (done.code, "stale" in done.out) == (0, False)
        assert "stale" not in cli("run").out


def test_what_closes_the_gate_is_folded_by_cause(cli, tmp_path):
    cases = ONE_CASE.replace("[sum]", "[none, sum]") + SECOND_CASE
    write_project(tmp_path, ["wrong", "wide", "raises"], cases)
    done = cli("run", "--no-html")
    gate = done.out.partition("gate: closed by 9 new_failure\n")[2]
    heads = [line for line in gate.splitlines() if line.startswith("  new_failure: ")]
    assert len(heads) == 3
    assert all("3 checks in fake" in head for head in heads)
    assert "error, RuntimeError, fake.raises.kl_div" in gate
    assert done.out.count("\nrun it again\n") == 1  # one report, not nine
    assert not (tmp_path / "reports" / "index.html").exists()


def test_the_page_goes_beside_named_results_and_overwrites_nothing(cli, tmp_path):
    write_project(tmp_path)
    (tmp_path / "index.html").write_text("mine")
    assert cli("run", "--results", "out.jsonl").code == 0
    assert (tmp_path / "index.html").read_text() == "mine"
    assert (tmp_path / "out.jsonl.html").exists()


def test_only_the_environments_that_are_needed_are_kept(cli, tmp_path):
    write_project(tmp_path, environments=BROKEN_ENVIRONMENT)
    done = cli("run", "-k", "/fake/")
    assert done.code == 0
    assert list(latest(tmp_path).header["environments"]) == ["fake"]
