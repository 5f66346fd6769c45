from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.compare import compare_documented, compare_printed
from conformance.compare.printed import parse_printed

FLOW = "tensor([ 1.3514,  0.0000, -0.0836], dtype=oneflow.float32)"


@pytest.mark.parametrize(
    ("text", "numbers", "layout"),
    [
        (FLOW, [1.3514, 0.0, -0.0836], "[###]"),
        ("tensor(0.4226, dtype=oneflow.float32)", [0.4226], "#"),
        ("-0.225", [-0.225], "#"),
        ("[ 1.35e-05 nan -inf]", [1.35e-05, math.nan, -math.inf], "[###]"),
        ("Tensor(shape=[2], dtype=Float32, value= [ 1.0, 2.0])", [1, 2], "[##]"),
        (
            "tensor([[1., 2.],\n        [inf, nan]], device='cuda:0', grad_fn=<MulBackward0>)",
            [1, 2, math.inf, math.nan],
            "[[##][##]]",
        ),
        ("array([0.1, ..., 0.3], dtype=float32)", [0.1, 0.3], "[#...#]"),
        ("tensor(0.20...)", [0.2], "#"),
        ("tensor([], size=(0, 3))", [], "[]"),
        ("-Infinity", [-math.inf], "#"),
        ("+1E+3", [1000], "#"),
        ("nano infix float32 x1", [], ""),
        ("1e99999999999999999999 1e-99999999999999999999", [math.inf, 0.0], "##"),
    ],
)
def test_parsing(text: str, numbers: list[float], layout: str) -> None:
    parsed = parse_printed(text)
    assert np.array_equal(parsed.numbers, numbers, equal_nan=True)
    assert parsed.layout == layout


def test_last_places() -> None:
    assert parse_printed("1.3514 2. 3 1.50e-05 nan 12e3").units == (1e-4, 1.0, 1.0, 1e-7, 1.0, 1e3)


@pytest.mark.parametrize(
    ("actual", "passed", "exact"),
    [
        (FLOW, True, True),
        ("tensor([ 1.3514,\n 0.0000, -0.0836],  dtype=oneflow.float32)", True, True),
        ("[ 1.3514  0. -0.0836]", True, False),
        ("tensor([ 1.35136, 0.00001, -0.08358])", True, False),
        ("tensor([ 1.35145, 0.0, -0.0836])", True, False),
        ("tensor([ 1.3515, 0.0000, -0.0836])", False, False),
        ("tensor([ 1.35146, 0.0000, -0.0836])", False, False),
        ("tensor([ 1.3514, nan, -0.0836])", False, False),
        ("tensor([ 1.3514, 0.0000])", False, False),
        ("tensor([[ 1.3514, 0.0000, -0.0836]])", False, False),
        ("", False, False),
        ("no numbers", False, False),
    ],
)
def test_printed_text_to_half_a_unit(actual: str, passed: bool, exact: bool) -> None:
    result = compare_printed(FLOW, actual)
    assert (result.passed, result.exact) == (passed, exact)
    assert bool(result.detail) != passed
    assert compare_printed(actual, FLOW).passed == passed


@pytest.mark.parametrize(("actual", "passed"), [("0.2014", True), ("0.209", True), ("0.2111", False)])
def test_a_number_that_is_cut_off_may_be_a_unit_larger(actual: str, passed: bool) -> None:
    assert compare_printed("tensor(0.20...)", f"tensor({actual})").passed is passed


def test_special_values_agree_in_kind_and_sign() -> None:
    assert compare_printed("tensor([nan, inf, -inf])", "[nan  inf -inf]").passed
    assert not compare_printed("tensor([inf])", "[-inf]").passed
    assert not compare_printed("tensor([inf])", "[1e30]").passed
    assert not compare_printed("tensor([nan])", "[inf]").passed


def test_the_detail_names_the_number() -> None:
    result = compare_printed("[1.0 2.0]", "[1.0 2.7]")
    assert result.detail == "number 1: printed 2.7, documented 2.0"
    assert result.worst_units == pytest.approx(7)


def test_document_against_reference() -> None:
    assert compare_documented("-0.225", np.array(-0.2254)).passed
    assert not compare_documented("-0.225", np.array(-0.2256)).passed
    assert not compare_documented("-0.225", np.array([-0.225])).passed
    assert compare_documented("tensor([[1., nan]])", np.array([[1.2, np.nan]], np.float32)).passed
    assert not compare_documented("tensor([1., inf])", np.array([1.0, np.nan])).passed
    assert "number 1" in compare_documented("tensor([1., inf])", np.array([1.0, 5.0])).detail


pieces = st.lists(st.sampled_from([*"[](),.=<>+-e059 naif\n", "nan", "inf", "tensor(", "dtype=", "..."]))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), pieces.map("".join)), st.one_of(st.text(), pieces.map("".join)))
def test_no_text_raises(documented: str, actual: str) -> None:
    result = compare_printed(documented, actual)
    assert result.passed or result.detail
    assert compare_printed(actual, documented).passed == result.passed
    compare_documented(documented, np.zeros(3))
    assert compare_printed(documented, documented).exact


@pytest.mark.parametrize(
    "piece", ["1", "1.", "-", "e", "[", "a=", ".", "nan", "1e", "\u0661", "1e1", "a" * 9 + "="]
)
def test_long_text_is_scanned_once(piece: str) -> None:
    """A scan that backtracks over a million characters would not come back."""
    text = (piece * 1_000_000)[:1_000_000]
    assert not compare_printed(text, "?").passed
