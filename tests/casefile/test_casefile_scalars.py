"""Unquoted scalars: what people mean, or the fix."""

from __future__ import annotations

import math

import pytest

from conformance.casefile.scalars import resolve
from conformance.casefile.tree import Doubtful


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-7", 1e-7),
        ("1.5e3", 1500.0),
        ("-.5", -0.5),
        (".5e+3", 500.0),
        ("+1", 1),
        ("0", 0),
        ("-12", -12),
        ("1.", 1.0),
        ("0.0", 0.0),
        ("0e5", 0.0),
        ("1E5", 1e5),
        (".inf", math.inf),
        ("+.Inf", math.inf),
        ("-.INF", -math.inf),
        ("4.9e-324", 5e-324),
        ("18446744073709551616", 1 << 64),
        ("null", None),
        ("~", None),
        ("true", True),
        ("false", False),
    ],
)
def test_values(text, value):
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_nan(text):
    assert math.isnan(resolve(text))


@pytest.mark.parametrize("text", ["-0", "-0.0", "-.0"])
def test_negative_zero_keeps_its_sign(text):
    value = resolve(text)
    assert isinstance(value, float)
    assert math.copysign(1.0, value) == -1.0


@pytest.mark.parametrize(
    "text",
    ["mean", "none", "2024-01-01", "2024-01-01T10:00:00", "1.2.3",
     "-", "+", ".", "e5", "1e", "0x", "0x1.8p+1",
     "0b12", "0o8", "_1", "1:3x", "naN1", "infinite", "١٢", "1 2", "<<", "=",
     "ye"],
)  # fmt: skip
def test_text(text):
    assert resolve(text) == text
    assert type(resolve(text)) is str


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("010", "write 10, without leading zeros"),
        ("-007", "write -7, without leading zeros"),
        ("00", "write 0, without leading zeros"),
        ("00.50", "write 0.50, without leading zeros"),
        ("01e5", "write 1e5, without leading zeros"),
        ("1_000", "write 1000, without underscores"),
        ("0_1", "write 1, without underscores"),
        ("1_0.5", "write 10.5, without underscores"),
        ("0x1F", "write 31"),
        ("-0X1f", "write -31"),
        ("0x1_F", "write 31"),
        ("0o17", "write 15"),
        ("0b101", "write 5"),
        ("0x" + "f" * 40, "write it in decimal"),
        ("1:30", "write the number out"),
        ("-1:30:59", "write the number out"),
        ("nan", "write .nan"),
        ("NaN", "write .nan"),
        ("-.nan", "write .nan"),
        ("inf", "write .inf"),
        ("-inf", "write -.inf"),
        ("+Infinity", "write .inf"),
        ("1e400", "it is larger than any float64: write .inf"),
        ("9" * 320, "it is larger than any float64: write .inf"),
        ("1e-400", "it is smaller than any float64: write 0.0"),
        ("1" * 401, "write it with fewer digits"),
        ("yes", "write true"),
        ("On", "write true"),
        ("Y", "write true"),
        ("True", "write true"),
        ("no", "write false"),
        ("OFF", "write false"),
        ("n", "write false"),
        ("FALSE", "write false"),
        ("None", "write null"),
        ("Null", "write null"),
    ],
)
def test_doubtful_text_has_its_fix(text, fix):
    found = resolve(text)
    assert isinstance(found, Doubtful)
    assert (str(found), found.fix) == (text, fix)
