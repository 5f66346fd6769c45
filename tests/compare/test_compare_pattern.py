from __future__ import annotations

import numpy as np
import pytest

from conformance.compare.pattern import pattern_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("xxxxxx", "all"),
        ("..x...", "single"),
        (".....x", "single"),
        ("....xx", "tail"),
        (".xx...", "block"),
        ("x.x.x.", "stride 2"),
        ("x..x..", "scattered"),
        ("x..x..x..", "stride 3"),
        ("x.xx.x", "scattered"),
    ],
)
def test_one_dimension(text: str, expected: str) -> None:
    assert pattern_of(np.array([mark == "x" for mark in text])) == expected


def test_boxes_and_columns() -> None:
    wrong = np.zeros((6, 8), bool)
    wrong[1:3, 2:5] = True
    assert pattern_of(wrong) == "block"
    wrong[5, 0] = True
    assert pattern_of(wrong) == "scattered"
    column = np.zeros((6, 8), bool)
    column[:, 3] = True
    assert pattern_of(column) == "stride 8"
    rows = np.zeros((6, 8), bool)
    rows[4:] = True
    assert pattern_of(rows) == "tail"
    assert pattern_of(np.array(True)) == "all"
