"""Numbers and foreign text in reports."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.figures import (
    decimal,
    duration,
    hex_float,
    hexadecimal,
    index_words,
    multiple,
    plural,
    shape_words,
    short,
)
from conformance.report.values import input_words, value_words
from conformance.report.visible import clipped, visible, visible_lines


@given(st.floats())
def test_hexadecimal_is_exact(value):
    assert math.isnan(value) or float.fromhex(hex_float(value)).hex() == value.hex()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_is_exact_and_keeps_a_place_for_the_sign(value):
    assert float(decimal(value)).hex() == value.hex()
    assert decimal(value)[0] in " -"


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (decimal("NaN"), " nan"),
        (decimal("-Infinity"), "-inf"),
        (decimal(-0.0), "-0.0"),
        (decimal(3), " 3"),
        (decimal(None), " -"),
        (hexadecimal(0.5), " 0x1p-1"),
        (hexadecimal(-1.25), "-0x1.4p+0"),
        (hexadecimal("Infinity"), " inf"),
        (short(12345678.0), "1.23e+07"),
        (short(15.0), "15"),
        (short(0.000012345), "1.23e-05"),
        (short("NaN"), "nan"),
        (short(10**400), "inf"),
        (multiple(2.5), "2.5 times the allowance"),
        (multiple("NaN"), "-"),
        (duration(3.7e-6), "3.7 us"),
        (duration(0.0123), "12.3 ms"),
        (duration(1.5), "1.5 s"),
        (duration(600), "600 s"),
        (duration("NaN"), "-"),
        (shape_words([3]), "(3,)"),
        (shape_words([]), "()"),
        (shape_words([3, 0]), "(3, 0)"),
        (index_words([1, 2]), "[1, 2]"),
        (index_words([]), "the only element"),
        (plural(1, "check"), "1 check"),
        (plural(12345, "check"), "12,345 checks"),
    ],
)
def test_figures(shown, wanted):
    assert shown == wanted


def test_what_cannot_be_seen_is_shown():
    assert visible("a\x1b[1;31mred\x1b[0m\x1b]0;t\x07\n\u202eb\ud800\u200b\U000e0041") == (
        "ared\\x1b]0;t\\x07\\n\\u202eb\\ud800\\u200b\\U000e0041"
    )


def test_ordinary_writing_stays():
    assert visible("Größe 中文 naïve 😀 ∂L/∂y") == "Größe 中文 naïve 😀 ∂L/∂y"


def test_lines_are_kept_and_the_last_ones_are_enough():
    assert visible_lines("a\r\n\tb\x00\n\n") == ["a", "    b\\x00"]
    assert visible_lines("1\n2\n3\n4", last=2) == ["... (2 lines before)", "3", "4"]
    assert visible_lines("") == []


def test_clipping_says_that_something_is_missing():
    assert clipped("abcdefgh", 6) == "abc..."
    assert clipped("abcdef", 6) == "abcdef"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"raw": "text", "ndarray": False}, "'text' (no tensor)"),
        (
            {"raw": [1.5, {"float": "NaN"}], "ndarray": True, "dtype": "float32"},
            "[1.5, nan] (numpy.ndarray of float32)",
        ),
        ({"dtype": "int64", "shape": [3], "layout": "strided", "values": [1, 2, 3]}, "(3,) int64 strided"),
    ],
)
def test_inputs_in_words(form, words):
    assert input_words(form) == words


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (None, None),
        ({"exception": "ValueError"}, "ValueError raised"),
        ({"type": "NoneType", "repr": "None"}, "NoneType: None"),
        ({"dtype": "bool", "shape": [2], "values": [True, False]}, "bool (2,): 1, 0"),
        (
            {"dtype": "float32", "shape": [900], "sha256": "0", "sample": {"index": [0], "values": ["NaN"]}},
            "float32 (900,): nan, ...",
        ),
    ],
)
def test_values_in_words(form, words):
    assert value_words(form) == words
