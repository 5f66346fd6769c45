"""Merging: everything of every file, once, or a refusal that says why and makes no file."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.results import ResultsError, merge_results, read_results
from tests.report.kl_check import footer
from tests.results.split_runs import checks, head, shards, write


@pytest.fixture
def refused(tmp_path):
    """Merges what has to be refused, and returns the message."""

    def merge(*paths):
        before = set(tmp_path.iterdir())
        with pytest.raises(ResultsError) as caught:
            merge_results(list(paths), tmp_path / "all.jsonl")
        assert set(tmp_path.iterdir()) == before
        return str(caught.value).replace(f"{tmp_path}/", "")

    return merge


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(1, 30), count=st.integers(1, 6), order=st.randoms())
def test_shards_in_any_order_become_the_whole_run(tmp_path_factory, total, count, order):
    folder = tmp_path_factory.mktemp("merge")
    records = checks(total)
    paths = shards(folder, records, count)
    order.shuffle(paths)
    output = folder / "all.jsonl"
    assert merge_results(paths, output) == {"pass": total}
    merged = read_results(output)
    by_id = {record["id"]: record for record in records}
    assert {record["id"]: record for record in merged.checks} == by_id
    assert merged.footer["counts"] == {"pass": total}
    assert merged.header["selection"] == head(records)["selection"]
    assert merge_results([output], folder / "again.jsonl") == {"pass": total}


def test_hosts_with_other_environments(tmp_path):
    torch, mindspore = checks(3), checks(2, "mindspore")
    paths = [
        *shards(tmp_path, torch, 2, run="GITHUB_RUN_ID=1"),
        write(tmp_path / "ascend.jsonl", head(mindspore, run="GITHUB_RUN_ID=2"), mindspore),
    ]
    merge_results(paths, tmp_path / "all.jsonl")
    merged = read_results(tmp_path / "all.jsonl")
    assert [record["environment"] for record in merged.checks] == ["torch"] * 3 + ["mindspore"] * 2
    assert list(merged.header["environments"]) == ["torch", "mindspore"]
    assert merged.header["selection"]["checks"] == 5
    assert merged.header["selection"]["whole"] is True
    assert merged.header["run"] is None


def test_the_same_check_twice_is_kept_once(tmp_path):
    records = checks(4)
    first, second = shards(tmp_path, records, 2)
    again = [{**record, "seconds": 7.5, "log": "slower"} for record in records[1::2]]
    retried = write(tmp_path / "retried.jsonl", head(records, "2/2"), again)
    assert merge_results([first, second, retried], tmp_path / "all.jsonl") == {"pass": 4}
    assert all(record["log"] == "" for record in read_results(tmp_path / "all.jsonl").checks)


def test_an_environment_that_one_machine_lacked(tmp_path):
    records = checks(2)
    lost = {"torch": {"reason": "no disk", "mend": "clean up"}}
    ended = {**footer([]), "counts": {"not_run": 1}, "unavailable": lost}
    missed = head(records, "2/2", environments={}, unavailable=lost)
    paths = [
        write(tmp_path / "1.jsonl", head(records, "1/2"), records[:1]),
        write(tmp_path / "2.jsonl", missed, [{**records[1], "outcome": "not_run"}], ended),
    ]
    assert merge_results(paths, tmp_path / "all.jsonl") == {"pass": 1, "not_run": 1}
    merged = read_results(tmp_path / "all.jsonl")
    assert list(merged.header["environments"]) == ["torch"]
    assert (merged.header["unavailable"], merged.footer["unavailable"]) == ({}, lost)


def test_runners_of_one_kind_may_differ_in_kernel_and_threads(tmp_path):
    records = checks(2)
    one, other = head(records, "1/2"), head(records, "2/2")
    one["environments"]["torch"] |= {"platform": "Linux-6.8.0-1014-azure-x86_64-with-glibc2.39"}
    other["environments"]["torch"] |= {
        "platform": "Linux-6.8.0-1020-azure-x86_64-with-glibc2.39",
        "threads": 4,
    }
    paths = [
        write(tmp_path / "1.jsonl", one, records[:1]),
        write(tmp_path / "2.jsonl", other, records[1:]),
    ]
    assert merge_results(paths, tmp_path / "all.jsonl") == {"pass": 2}


class TestRefusals:
    def test_a_shard_is_missing(self, tmp_path, refused):
        first, _, third = shards(tmp_path, checks(9), 3)
        assert refused(first, third) == (
            "shard-1.jsonl: is one of 3 shards; missing: 2/3; give the results of every shard"
        )

    def test_shards_of_runs_over_other_checks(self, tmp_path, refused):
        first, _ = shards(tmp_path, checks(4), 2)
        (tmp_path / "other").mkdir()
        _, second = shards(tmp_path / "other", checks(6), 2)
        assert refused(first, second) == (
            "shard-1.jsonl: is one of 2 shards; missing: 2/2;"
            " other/shard-2.jsonl is of a run over other checks (6, here 4)"
        )

    def test_shards_of_two_ci_runs(self, tmp_path, refused):
        records = checks(2)
        one = write(tmp_path / "1.jsonl", head(records, "1/2", run="GITHUB_RUN_ID=7"), records[:1])
        two = write(tmp_path / "2.jsonl", head(records, "2/2", run="GITHUB_RUN_ID=8"), records[1:])
        assert refused(one, two) == (
            "2.jsonl: does not belong together with 1.jsonl: it is of the CI run GITHUB_RUN_ID=8,"
            " the other of GITHUB_RUN_ID=7"
        )

    def test_shards_of_other_numbers(self, tmp_path, refused):
        records = checks(6)
        one = write(tmp_path / "1.jsonl", head(records, "1/2"), records[::2])
        two = write(tmp_path / "2.jsonl", head(records, "2/3"), records[1::3])
        assert "it is shard 2/3, the other 1/2" in refused(one, two)

    def test_suite_versions(self, tmp_path, refused):
        records = checks(2)
        one, other = head(records, "1/2"), head(records, "2/2")
        other["suite"]["version"] = "0.2.0"
        paths = write(tmp_path / "1.jsonl", one, records[:1]), write(tmp_path / "2.jsonl", other, records[1:])
        assert refused(*paths) == (
            "2.jsonl: does not belong together with 1.jsonl: it was made by version 0.2.0 of the suite,"
            " the other by 0.1.0; run both with the same version"
        )

    def test_case_files(self, tmp_path, refused):
        records = checks(2)
        paths = (
            write(tmp_path / "1.jsonl", head(records, "1/2"), records[:1]),
            write(tmp_path / "2.jsonl", head(records, "2/2", cases={"kl_div": "2" * 64}), records[1:]),
        )
        assert "their case files of kl_div differ; run both with the same cases" in refused(*paths)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"version": "2.12.0"}, "environment torch is of version 2.12.0, not 2.13.0"),
            ({"platform": "Linux-aarch64"}, "environment torch is on Linux-aarch64, not Linux-x86_64"),
        ],
    )
    def test_environments_of_one_name(self, tmp_path, refused, change, told):
        records = checks(2)
        other = head(records, "2/2")
        other["environments"]["torch"] |= change
        paths = (
            write(tmp_path / "1.jsonl", head(records, "1/2"), records[:1]),
            write(tmp_path / "2.jsonl", other, records[1:]),
        )
        assert told in refused(*paths)

    def test_a_check_with_two_results(self, tmp_path, refused):
        records = checks(2)
        one = write(tmp_path / "1.jsonl", head(records), records)
        two = write(tmp_path / "2.jsonl", head(records), [records[0], {**records[1], "outcome": "error"}])
        assert refused(one, two) == (
            f"2.jsonl:3: check {records[1]['id']} has another result than in 1.jsonl;"
            " leave one of the files out, or name their environments apart"
        )

    def test_a_shard_that_lost_a_check(self, tmp_path, refused):
        records = checks(4)
        first, _ = shards(tmp_path, records, 2)
        short = write(tmp_path / "short.jsonl", head(records, "2/2"), records[1:2])
        assert "the run was over 4 checks, the files of it that are given have 3" in refused(first, short)

    def test_an_incomplete_shard(self, tmp_path, refused):
        first, second = shards(tmp_path, checks(4), 2)
        second.write_text("".join(second.read_text().splitlines(keepends=True)[:-1]))
        message = refused(first, second)
        assert message.startswith("shard-2.jsonl:3: has no footer: the run was killed, or still goes on")

    @pytest.mark.parametrize("text", ["", "# not ours\n", '{"kind":"header","schema":99}\n'])
    def test_what_is_no_results_file(self, tmp_path, refused, text):
        records = checks(2)
        one = write(tmp_path / "1.jsonl", head(records), records)
        (tmp_path / "2.jsonl").write_text(text)
        assert refused(one, tmp_path / "2.jsonl").startswith("2.jsonl")

    @pytest.mark.parametrize("shard", ["3/2", "0/1", "x", "1/0", "1/2\n", "9" * 5000 + "/1"])
    def test_a_header_that_names_no_shard(self, tmp_path, refused, shard):
        records = checks(1)
        assert "names no shard" in refused(write(tmp_path / "1.jsonl", head(records, shard), records))

    def test_an_output_that_exists(self, tmp_path, refused):
        records = checks(1)
        one = write(tmp_path / "1.jsonl", head(records), records)
        (tmp_path / "all.jsonl").write_text("mine")
        assert "exists already" in refused(one)
        assert (tmp_path / "all.jsonl").read_text() == "mine"

    def test_a_folder_that_is_not_there(self, tmp_path):
        records = checks(1)
        one = write(tmp_path / "1.jsonl", head(records), records)
        with pytest.raises(ResultsError, match="cannot be written: No such file"):
            merge_results([one], tmp_path / "nowhere" / "all.jsonl")
