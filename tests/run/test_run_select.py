"""Selecting checks, with pytest's meaning of -k and -m."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_checks import checks

from conformance.model import Check
from conformance.run.select import SelectionError, choose_checks, marks


@pytest.fixture
def made(tmp_path: Path) -> list[Check]:
    return checks(tmp_path, "matrix: {mode: [mean, none]}\nfeatures: [nan]")


def chosen(made: list[Check], keywords: str = "", markers: str = "") -> set[str]:
    return {check.id for check in choose_checks(made, keywords, markers)}


def where(made: list[Check], *parts: str, without: tuple[str, ...] = ()) -> set[str]:
    return {
        check.id
        for check in made
        if all(part in check.id for part in parts) and not any(part in check.id for part in without)
    }


def test_no_expression_leaves_all_in_their_order(made: list[Check]) -> None:
    assert choose_checks(made, "", "") == made
    assert len(made) == 24


@pytest.mark.parametrize(
    ("keywords", "parts", "without"),
    [
        ("float16 and not bfloat16", ("float16",), ("bfloat16",)),
        ("torch.nn", ("torch.nn",), ()),
        ("TORCH.NN.OP", ("torch.nn.Op",), ()),
        ("mode:none and (torch.op and float64)", ("mode:none", "torch.op", "float64"), ()),
        ("one-case/mode:mean/oneflow.op/flow/float32/cuda", ("mode:mean", "oneflow", "/float32"), ()),
        ("op.yaml", (), ()),
        ("observe and torch.nn", ("torch.nn",), ()),
        ("nosuch", ("nosuch",), ()),
        ("not eager", ("nosuch",), ()),
    ],
)
def test_keywords_are_parts_of_the_id_the_file_and_the_marks(
    made: list[Check], keywords: str, parts: tuple[str, ...], without: tuple[str, ...]
) -> None:
    assert chosen(made, keywords) == where(made, *parts, without=without)


@pytest.mark.parametrize(
    ("markers", "parts", "without"),
    [
        ("oneflow", ("oneflow.op",), ()),
        ("torch and float64", ("torch/float64",), ()),
        ("float16", ("/float16",), ()),
        ("value and eager and observe", (), ()),
        ("must", ("nosuch",), ()),
        ("float", ("nosuch",), ()),
        ("Torch", ("nosuch",), ()),
        ("not (torch or oneflow)", ("nosuch",), ()),
    ],
)
def test_marks_are_whole_words(
    made: list[Check], markers: str, parts: tuple[str, ...], without: tuple[str, ...]
) -> None:
    assert chosen(made, markers=markers) == where(made, *parts, without=without)


def test_gradients_are_a_mark_and_each_is_a_keyword(tmp_path: Path) -> None:
    made = checks(tmp_path, "gradients: [x, y]")
    assert chosen(made, markers="gradient") == where(made, "/gradient:")
    assert chosen(made, "gradient:y") == where(made, "/gradient:y")
    assert chosen(made, markers="not gradient") == where(made, "/value")


def test_both_must_hold(made: list[Check]) -> None:
    assert chosen(made, "mode:none", "torch and float64") == where(made, "mode:none", "torch/float64")


def test_the_marks_of_a_check(made: list[Check]) -> None:
    assert marks(made[0]) == ("observe", "torch", "float16", "value", "eager")


def test_quick_are_small_float32_checks_in_eager_mode(tmp_path: Path, made: list[Check]) -> None:
    assert chosen(made, markers="quick") == where(made, "/float32/", "/eager/")
    for size, expected in ((4096, where(made, "mode:none", "/float32/")), (4097, set())):
        inputs = f"{{x: {{generator: uniform, shape: [{size}]}}, y: [1]}}"
        sized = checks(tmp_path, "matrix: {mode: [none]}\nfeatures: [nan]", inputs)
        assert chosen(sized, markers="quick") == expected


def test_levels_and_aspects_can_be_told_apart(tmp_path: Path) -> None:
    plain = checks(tmp_path)
    assert chosen(plain, markers="must") == where(plain, "torch/float32") | where(plain, "torch/float64")
    refused = checks(tmp_path, "refused: true")
    assert chosen(refused, markers="error") == {check.id for check in refused}
    assert chosen(refused, markers="value") == set()


@pytest.mark.parametrize(
    ("keywords", "markers", "message"),
    [
        ("torch and", "", "-k 'torch and': "),
        ("(torch", "", "-k '(torch': "),
        ("a b", "", "-k 'a b': "),
        ("", "must or not", "-m 'must or not': "),
        ("", "!must", "-m '!must': "),
    ],
)
def test_an_expression_that_is_none_is_refused_with_the_option_and_how_to_write_one(
    made: list[Check], keywords: str, markers: str, message: str
) -> None:
    with pytest.raises(SelectionError) as caught:
        choose_checks(made, keywords, markers)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith("; write words joined by and, or, not")
