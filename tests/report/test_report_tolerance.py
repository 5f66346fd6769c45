"""The tolerance report says what is wrong first, is aligned, safe to print, and helps for every outcome."""

from __future__ import annotations

import copy
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.model import Outcome, Subtype
from conformance.report import tolerance_report, tolerance_text
from conformance.report.headline import headline
from tests.report.hostile import strange
from tests.report.kl_check import check, header
from tests.report.records import run

RECORDS = list(run())
CONVENTIONS = header()["conventions"]["kl_div"]
KINDS = {(record["outcome"], record["subtype"]): record for record in reversed(RECORDS)}


def text_of(record, peers=()):
    return tolerance_text(record, peers, CONVENTIONS)


def find(outcome, subtype=None):
    return KINDS[outcome, subtype]


HEADLINES = {
    ("pass", None): "mindspore.nn.KLDivLoss agrees with the reference; its worst element uses",
    (
        "degraded",
        None,
    ): "torch.nn.functional.kl_div is less accurate than it need be, though not wrong: naive",
    (
        "mismatch",
        "value",
    ): "mindspore.nn.KLDivLoss returns wrong values: 15 of 15 elements differ, the worst by 3.",
    ("mismatch", "convention"): 'to "What is 0 log 0?" it answers nan, the reference zero.',
    ("mismatch", "shape"): "mindspore.mint.nn.KLDivLoss returns shape () where (3, 5) is right.",
    ("mismatch", "dtype"): "oneflow.nn.KLDivLoss returns float32 where float64 is right.",
    ("mismatch", "documented"): "prints tensor(-0.2245) where its document prints tensor(-0.2250).",
    (
        "not_rejected",
        None,
    ): "torch.nn.KLDivLoss returns a value where it ought to refuse (ValueError is due).",
    ("wrong_error", None): "mindspore.nn.KLDivLoss refuses with TypeError where ValueError is documented.",
    (
        "unsupported",
        None,
    ): "oneflow.nn.KLDivLoss refuses what its documentation does not promise: not documented",
    ("error", None): "oneflow.nn.KLDivLoss raises RuntimeError: No kernel for \\u202ekl_div_loss",
    ("crash", None): "mindspore.mint.nn.KLDivLoss takes its process down: killed by SIGABRT (6).",
    ("timeout", None): "oneflow.nn.KLDivLoss does not come back: no answer within 30 s",
    ("vacuous", None): "torch.nn.KLDivLoss cannot be judged in bfloat16",
    ("harness_error", None): "The suite itself failed, not mindspore: KeyError: 'bfloat17'",
    (
        "invalid_case",
        None,
    ): "The case is invalid: cases/kl_div.yaml:200: torch 2.13.0 has no torch.nn.KLDivLos",
    ("not_run", None): "oneflow.nn.KLDivLoss was not run: stopped by --maxfail.",
    ("observed", None): "mindspore.nn.KLDivLoss returns a value that nothing says is right or wrong",
}


@pytest.mark.parametrize("kind", HEADLINES, ids=str)
def test_the_first_line_says_what_is_wrong(kind):
    first = {
        record["id"]: headline(record, CONVENTIONS)
        for record in RECORDS
        if (record["outcome"], record["subtype"]) == kind
    }
    assert any(HEADLINES[kind] in line for line in first.values()), first


def test_the_fixture_has_every_outcome():
    assert {outcome for outcome, _ in KINDS} == {str(outcome) for outcome in Outcome}


@pytest.mark.parametrize(
    ("subtype", "worst", "words"),
    [
        ("nonfinite", ("NaN", 0.5), "returns nan where 0.5 is right (1 of 15 elements differ)."),
        (
            "intermediate_overflow",
            ("Infinity", 12.5),
            "returns inf, though float32 can hold the result, 12.5.",
        ),
        ("gradient", (1.0, 2.0), "with respect to input is wrong: 1 of 15 elements differ"),
        ("gradient", ("NaN", 2.0), "with respect to input is nan where 2 is right (1 of 15 elements"),
        ("missing_gradient", (None, None), "with respect to input is zero throughout, where it is not."),
    ],
)
def test_the_other_kinds_of_mismatch(subtype, worst, words):
    assert subtype in set(Subtype)
    record = check(variant="reduction:none", reduction="none", outcome="mismatch", subtype=subtype)
    record["aspect"] = "gradient:input" if "gradient" in subtype else "value"
    record["error"].update(worst_actual=worst[0], worst_expected=worst[1], mismatched=1, total=15)
    assert words in headline(record)


def test_a_stale_declaration_is_told():
    assert "It is declared unsupported (no such parameter), which is stale." in headline(
        next(record for record in RECORDS if record["stale_declaration"])
    )


def test_the_sections_stand_in_the_order_of_the_design():
    record = find("mismatch", "value")
    peers = [peer for peer in RECORDS if peer["call"] == record["call"]]
    titles = [section.title for section in tolerance_report(record, peers, CONVENTIONS).sections]
    assert titles == [
        "check",
        "worst element, at [0, 2]",
        "how far",
        "the same call elsewhere",
        "why",
        "source",
        "run it again",
        "reproducer",
    ]


def test_a_mismatch_has_every_number_a_person_needs():
    record = find("mismatch", "value")
    text = text_of(record, [peer for peer in RECORDS if peer["call"] == record["call"]])
    for wanted in (
        "  outcome      mismatch (value)\n",
        "  operator     kl_div(reduction='none', log_target=False, size_average=None, reduce=None)\n",
        "  inputs       float64; input (3, 5) log_probabilities seed 1; target (3, 5) probabilities seed 2\n",
        "  called       mindspore.nn.KLDivLoss(reduction='none')(input, target)\n",
        "  environment  mindspore 2.10.0 on cpu, eager\n",
        "             decimal              hexadecimal\n",
        "  actual     1.5884130505916632   0x1.96a23cd8d4ae7p+0\n",
        "  expected   1.5884130013508602   0x1.96a23c0557d89p+0\n",
        "  input     -3.3623719879740586  -0x1.ae62348eaae42p+1\n",
        "  error      3.49e+07 times the allowance\n",
        "  relative   3.1e-08\n",
        "  ulp        2.792e+08 units in the last place of float64\n",
        "  made of    2 x (elementwise 3.53e-16 + accumulation 0 + output 3.53e-16) + 2 x the smallest",
        "  condition  1.75\n",
        "  torch.nn.KLDivLoss 2.13.0            1.5884130013508602   0x1.96a23c0557d89p+0  pass\n",
        "  the result equals  the formula with its logarithm taken in float32 [float32_log]\n",
        "  document  KLDivLoss, PyTorch 2.7 documentation, version 2.7\n",
        f"  pytest cases/kl_div.yaml -k {record['id']}\n",
        f"  conformance show {record['id']}\n",
    ):
        assert wanted in text


def test_no_hypothesis_is_said_too():
    record = check(give=lambda want: want * 2, outcome="mismatch", subtype="value")
    assert "  hypothesis  none of the known explanations fits\n" in text_of(record)


def test_what_cannot_be_measured_is_left_out():
    text = text_of(find("mismatch", "convention"))
    assert "absolute" not in text.partition("reproducer")[0]
    assert "error      beyond any allowance (a NaN or an infinity where a number is right" in text


def test_a_nan_hides_no_small_error_of_another_element():
    record = check(reduction="none", outcome="mismatch", subtype="nonfinite")
    record["error"].update(worst_actual="NaN", worst_expected=1.0, allowance=1e-7, mismatched=1)
    text = text_of(record).partition("reproducer")[0]
    assert "relative" not in text
    assert "  allowance  1e-07\n" in text


def test_an_exception_is_shown_once_with_its_traceback():
    text = text_of(find("wrong_error")).partition("reproducer")[0]
    assert '  File "loss.py", line 41, in forward' in text
    assert text.count("TypeError: reduction: bad") == 1


def test_a_message_that_the_traceback_lacks_is_added():
    record = check(outcome="error", exception={"class": "E", "message": "why", "traceback": "  at x\n"})
    assert "exception\n    at x\n  E: why\n" in text_of(record)


def test_a_crash_has_the_last_lines_of_its_log():
    record = check(
        outcome="crash", detail="killed by SIGSEGV (11)", log="".join(f"line {n}\n" for n in range(99))
    )
    text = text_of(record)
    assert "  killed by SIGSEGV (11)\n  ... (59 lines before)\n  line 59\n" in text
    assert "  line 98\n" in text


def test_peers_of_the_same_variant_come_before_others_with_the_same_call():
    record = check(api="torch.nn.KLDivLoss", give=lambda want: want * 2, outcome="mismatch", subtype="value")
    twin = check(api="oneflow.nn.KLDivLoss")
    other = check(api="oneflow.nn.KLDivLoss", variant="layout:strided", outcome="degraded")
    stranger = check(api="mindspore.nn.KLDivLoss", dtype="float64")
    for peers in ([twin, other, record, stranger], [other, twin]):
        section = {section.title: section for section in tolerance_report(record, peers).sections}
        (table,) = section["the same call elsewhere"].blocks
        assert [(row[0], row[-1]) for row in table.rows] == [("oneflow.nn.KLDivLoss 0.9.0", "pass")]


def test_two_environments_of_one_framework_are_told_apart():
    record = check(give=lambda want: want * 2, outcome="mismatch", subtype="value")
    peer = check(environment="torch-1.13", framework_version="1.13.1")
    assert "torch.nn.KLDivLoss 1.13.1 in torch-1.13 " in text_of(record, [record, peer])


def test_nothing_but_ids_commands_and_scripts_is_wider_than_a_page():
    for record in KINDS.values():
        peers = [peer for peer in RECORDS if peer["call"] == record["call"]]
        for line in text_of(record, peers).partition("\nreproducer\n")[0].splitlines():
            assert len(line) <= 100 or record["id"] in line


def test_no_line_ends_in_spaces():
    assert not re.search(r"[ \t]$", text_of(find("mismatch", "value"), RECORDS[:20]), re.MULTILINE)


hostile = st.text(
    st.sampled_from(
        list("\x1b[31m\x00\x07\r\n\t\u202e\u2066\u200b\ufeff\ud800\u0085\u2028\U000e0041ab\"'%{}")
    )
)


def _texts(value, path=()):
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _texts(item, (*path, at))


KEPT = {"kind", "outcome", "subtype", "level", "oracle"}
NUMBERS = {"NaN", "Infinity", "-Infinity"}


def poisoned(record, text):
    """`record` with `text` in every place where text of others can stand."""
    changed = copy.deepcopy(record)
    for path in list(_texts(changed)):
        place = changed
        for key in path[:-1]:
            place = place[key]
        if path[-1] not in KEPT and place[path[-1]] not in NUMBERS and path[-2:] != ("call_style", "kind"):
            place[path[-1]] += text
    return changed


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(list(KINDS)), text=hostile)
def test_no_text_of_others_moves_the_cursor_or_breaks_the_report(kind, text):
    changed = poisoned(KINDS[kind], text)
    shown = text_of(changed, [*RECORDS[:3], changed])
    assert {character for character in shown if unicodedata.category(character)[0] == "C"} == {"\n"}


@settings(max_examples=300, deadline=None)
@given(record=strange(lambda: list(KINDS.values())))
def test_any_record_that_the_reader_accepts_has_a_report(record):
    assert text_of(record, [*RECORDS[:3], record]).startswith(headline(record, CONVENTIONS)[:20])
