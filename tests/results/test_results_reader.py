"""Reading results: untrusted text gives records or one clear error with its place, never a traceback."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.results import ResultsError, read_results
from conformance.results.lines import encode
from tests.report.kl_check import check, footer, header

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def lines(*records):
    return "".join(f"{encode(record).decode()}\n" for record in records)


@pytest.fixture
def read(tmp_path):
    def read(text, incomplete=False):
        path = tmp_path / "r.jsonl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_results(path, incomplete)

    return read


one = [check()]
good = lines(header(), *one, footer(one))

NOT_OURS = r"r\.jsonl:1: is no results file of the suite: "
BROKEN = {
    "empty": ("", r"r\.jsonl: is empty"),
    "not ours: text": ("hello\n", NOT_OURS + "JSON is malformed"),
    "not ours: JSON": ('{"a": 1}\n', NOT_OURS + "its first line is no header"),
    "not ours: a list": ("[1]\n", NOT_OURS + "its first line is no header"),
    "not ours: binary": (b"\x89PNG\r\n\xff\n", NOT_OURS + "JSON is malformed"),
    "newer": (lines({**header(), "schema": 2}), r"r\.jsonl:1: was written in schema 2, .*; update the suite"),
    "older": (lines({**header(), "schema": 0}), r"r\.jsonl:1: was written in schema 0"),
    "broken in the middle": (lines(header()) + '{"kind"\n' + good, r"r\.jsonl:2: broken line: Input data"),
    "NaN is no JSON": (lines(header()) + '{"kind": NaN}\n', r"r\.jsonl:2: broken line: JSON is malformed"),
    "deep": (lines(header()) + "[" * 200_000 + "\n", r"r\.jsonl:2: broken line: nested too deeply"),
    "many digits": (lines(header()) + "9" * 5000 + "\n", r"r\.jsonl:2: broken line: Integer value out"),
    "unknown kind": (lines(header(), {"kind": "x"}), r"r\.jsonl:2: is no record"),
    "unknown key": (lines(header(), {**check(), "colour": 1}), r"r\.jsonl:2: check: unknown key 'colour'"),
    "missing key": (lines(header(), {"kind": "check"}), r"r\.jsonl:2: check: key id is missing"),
    "wrong type": (
        lines(header(), check(features=["a", 3])), r"r\.jsonl:2: check\.features\[1\]: expected text, got 3",
    ),
    "unknown word": (
        lines(header(), check(outcome="fine")), r"r\.jsonl:2: check\.outcome: expected one of .*, got 'fine'",
    ),
    "second header": (lines(header(), header()), r"r\.jsonl:2: a second header"),
    "two equal ids": (lines(header(), check(), check()), r"r\.jsonl:3: a second check with the id 'kl_div/"),
    "counts": (lines(header(), check(), footer([])), r"r\.jsonl:3: the footer counts 0 pass, the file has 1"),
    "no footer": (lines(header(), check()), r"r\.jsonl:2: has no footer: the run was killed"),
    "cut": (lines(header(), check()) + '{"kind":"ch', r"r\.jsonl:3: the last line is cut off"),
    "incomplete": (lines(header(), footer([], complete=False)), r":2: is incomplete: KeyboardInterrupt"),
    "after the footer": (good + lines(check(case="more")), r"r\.jsonl:4: a line after the footer"),
    "cut after the footer": (good + "{", r"r\.jsonl:4: a line after the footer"),
}  # fmt: skip
READABLE_WHEN_ASKED = ("no footer", "cut", "incomplete")


def test_a_good_file_is_read(read):
    run = read(good)
    assert (run.checks, run.complete, run.torn) == (one, True, False)


def test_the_last_line_may_lack_its_newline(read):
    assert read(good.rstrip("\n")).complete


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_clear_error(read, name):
    text, message = BROKEN[name]
    with pytest.raises(ResultsError, match=message):
        read(text)


@pytest.mark.parametrize("name", BROKEN)
def test_incomplete_results_are_read_when_asked_and_nothing_else(read, name):
    text, message = BROKEN[name]
    if name in READABLE_WHEN_ASKED:
        run = read(text, incomplete=True)
        assert not run.complete
        assert run.torn == (name == "cut")
        return
    with pytest.raises(ResultsError, match=message):
        read(text, incomplete=True)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ResultsError, match=r"nowhere\.jsonl: cannot be read: No such file or directory"):
        read_results(tmp_path / "nowhere.jsonl")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ResultsError, match="cannot be read: Is a directory"):
        read_results(tmp_path)


@quick
@given(cut=st.integers(1, len(good) - 1))
def test_a_file_cut_anywhere_is_read_or_refused(read, cut):
    text = good[:cut]
    try:
        run = read(text, incomplete=True)
    except ResultsError:
        assert "\n" not in text
    else:
        assert len(run.checks) in (0, 1)
        assert run.complete == (cut == len(good) - 1)


def problem_with(read, text, incomplete):
    """The one error that reading gives, or None; anything but a ResultsError passes through."""
    try:
        read(text, incomplete)
    except ResultsError as problem:
        return problem
    return None


@quick
@given(junk=st.binary(max_size=60), where=st.integers(0, len(good)), length=st.integers(0, 40))
def test_damage_is_never_a_traceback(read, junk, where, length):
    data = good.encode()
    damaged = data[:where] + junk + data[where + length :]
    for incomplete in (False, True):
        assert "\n" not in str(problem_with(read, damaged, incomplete))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@quick
@given(value=json_values, key=st.sampled_from(sorted(check())))
def test_wrong_values_are_errors_with_their_line(read, value, key):
    problem = problem_with(read, lines(header(), {**check(), key: value}, footer(one)), incomplete=True)
    assert problem is None or problem.line in (2, 3)  # 3: another outcome than the footer counts


def test_every_line_is_checked_before_it_is_given(read):
    deep = value = []
    for _ in range(500):
        value.append([])
        value = value[0]
    text = lines(header(), check()).replace('"construct_args":[]', f'"construct_args":{json.dumps(deep)}')
    with pytest.raises(ResultsError, match=r"r\.jsonl:2: check\.call_style\.construct_args"):
        read(text)


def test_what_checks_of_a_call_have_in_common_is_held_once(read):
    first, second = check(), check(api="torch.nn.functional.kl_div")
    other = check(case="another", reduction="sum")
    found = read(lines(header(), first, second, other, footer([first, second, other]))).checks
    assert found == [first, second, other]
    assert found[0]["inputs"] is found[1]["inputs"]
    assert found[0]["attributes"] is found[1]["attributes"]
    assert found[0]["inputs"] is not found[2]["inputs"]


def test_what_differs_within_a_call_stays_different(read):
    first = check()
    second = check(api="torch.nn.functional.kl_div", features=["other"], undocumented=["other"])
    second["inputs"] = {**second["inputs"], "target": {"raw": None, "ndarray": False}}
    assert read(lines(header(), first, second, footer([first, second]))).checks == [first, second]
