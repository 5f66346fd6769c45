"""The published schema, the reader and the writer say the same of a record; every bit survives."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import jsonschema
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from conformance.model import NamedCallable
from conformance.results import (
    array_form,
    array_values,
    element,
    input_form,
    number,
    number_form,
    raw_form,
    record,
    scalar,
    scalar_form,
)
from conformance.results import header as header_form
from conformance.results.lines import encode
from conformance.results.validate import problem_of
from tests.report.kl_check import check, header
from tests.report.records import results_file

schema = json.loads(Path(record.__file__).with_name("schema.json").read_text())
validator = jsonschema.Draft202012Validator(schema)
quick = settings(max_examples=120, deadline=None)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(schema)


def test_real_records_follow_the_schema_and_are_accepted():
    for each in results_file():
        assert problem_of(each) == ""
        assert validator.is_valid(json.loads(encode(each)))


def test_schema_and_layout_have_the_same_keys():
    for name, layout in (
        ("check", record.CheckRecord),
        ("header", header_form.Header),
        ("footer", header_form.Footer),
    ):
        assert set(schema["$defs"][name]["required"]) == layout.__required_keys__
        assert set(schema["$defs"][name]["properties"]) == set(layout.__annotations__)


def _places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _places(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _places(item, (*path, at))


def _changed(value, path, change):
    if not path:
        return change
    if isinstance(value, dict):
        return {
            key: _changed(item, path[1:], change) if key == path[0] else item for key, item in value.items()
        }
    return [_changed(item, path[1:], change) if at == path[0] else item for at, item in enumerate(value)]


samples = [
    header(),
    check(shape=(3, 40), reduction="none"),
    check(give=lambda want: want * 2, outcome="mismatch"),
]
places = [(each, path) for each in samples for path in _places(each) if path]


@quick
@given(place=st.sampled_from(places), value=json_values)
def test_what_the_reader_accepts_the_schema_accepts(place, value):
    each, path = place
    changed = _changed(each, path, value)
    if problem_of(changed) == "":
        assert validator.is_valid(changed)


@pytest.mark.parametrize(("each", "path"), [(each, path) for each, path in places if len(path) <= 2])
def test_neither_reader_nor_schema_takes_rubbish_or_a_lost_key(each, path):
    rubbish = _changed(each, path, {"rubbish": [{"a": 1}]})
    assert problem_of(rubbish)
    assert not validator.is_valid(rubbish)
    if len(path) == 1 and path[0] in schema["$defs"][each["kind"]]["required"]:
        lost = {key: item for key, item in each.items() if key != path[0]}
        assert problem_of(lost)
        assert not validator.is_valid(lost)


hostile_text = st.text(st.characters(exclude_categories=[]), max_size=30)


@quick
@given(text=hostile_text, key=hostile_text)
def test_any_text_survives_but_for_lone_surrogates(text, key):
    back = json.loads(encode({key: [text]}))
    shown = text.encode("utf-8", "backslashreplace").decode()
    assert next(iter(back.values())) == [shown]
    assert encode(back) == encode({key: [text]})


@quick
@given(st.floats(width=64) | st.integers())
def test_numbers_survive(value):
    back = number(json.loads(encode(number_form(value))))
    if isinstance(value, float):
        assert struct.pack("d", back) == struct.pack("d", value) or (math.isnan(back) and math.isnan(value))
    elif abs(value) < 2**53:
        assert back == value


def test_a_number_no_double_holds_is_infinite():
    assert (number(10**400), number(-(10**400))) == (math.inf, -math.inf)


def test_a_number_that_is_text_is_refused():
    with pytest.raises(ValueError, match="not a number: 'nan'"):
        number("nan")


@quick
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5), st.lists))
def test_arguments_survive(value):
    form = scalar_form(value)
    back = scalar(json.loads(encode(form)))
    assert repr(back) == repr(value) or "\\ud" in repr(value)
    assert problem_of(check(attributes={"a": form})) == "" or repr(value).startswith("[" * 30)


def test_text_that_looks_like_a_number_stays_text():
    assert scalar(scalar_form(["NaN", math.inf])) == ["NaN", math.inf]


def test_a_function_is_recorded_by_name():
    form = scalar_form(NamedCallable("manhattan"))
    assert form == {"callable": "manhattan"}
    assert scalar(form) == NamedCallable("manhattan")
    assert problem_of(check(attributes={"a": form})) == ""
    assert "expected a plain argument" in problem_of(check(attributes={"a": {"callable": 1}}))


def test_an_argument_without_form_is_refused():
    with pytest.raises(TypeError, match="no JSON form for an argument of type object"):
        scalar_form(object())


dtypes = st.sampled_from(["float16", "float32", "float64", "int32", "int64", "bool", ml_dtypes.bfloat16])


@quick
@given(st.data())
def test_small_arrays_survive_bit_for_bit(data):
    dtype = np.dtype(data.draw(dtypes))
    shape = data.draw(numpy_st.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    raw = data.draw(
        st.binary(min_size=math.prod(shape) * dtype.itemsize, max_size=math.prod(shape) * dtype.itemsize)
    )
    kind = np.uint8 if dtype == np.dtype(bool) else dtype
    array = np.frombuffer(raw, dtype=kind).reshape(shape)
    array = array % 2 == 1 if dtype == np.dtype(bool) else array
    form = json.loads(encode(array_form(array)))
    assert problem_of(check(actual=form)) == ""
    assert form["dtype"] == dtype.name
    with np.errstate(invalid="ignore"):  # comparing a signalling NaN
        back = array_values(form).astype(dtype)
        same = (
            (back == array) & (np.signbit(back) == np.signbit(array)) if dtype.kind != "b" else back == array
        )
        assert np.all(same | ((back != back) & (array != array)))
    assert back.shape == array.shape


@pytest.mark.filterwarnings("error")
def test_a_signalling_nan_is_written_without_a_warning():
    array = np.array([0x7F81, 0x3F80], dtype=np.uint16).view(ml_dtypes.bfloat16)
    assert array_form(array)["values"] == ["NaN", 1.0]


def test_a_large_array_has_its_hash_and_the_elements_asked_for():
    array = np.arange(1000, dtype=np.float32).reshape(10, 100)
    form = array_form(array, keep=(517,))
    assert form["sha256"] == array_form(array.astype(np.float64), "float32")["sha256"]
    assert form["sha256"] != array_form(array + 1)["sha256"]
    assert array_values(form) is None
    assert [element(form, at) for at in ([5, 17], [0, 0], [9, 99], [4, 4], [10, 0], [5])] == [
        517.0, 0.0, 999.0, None, None, None
    ]  # fmt: skip


def test_elements_of_a_small_array():
    form = input_form(np.arange(6, dtype=np.int64).reshape(2, 3), layout="transposed")
    assert form["layout"] == "transposed"
    assert [element(form, [row, column]) for row in (0, 1) for column in range(3)] == list(range(6))
    assert element(array_form(np.array(2.5)), []) == 2.5


def test_infinite_values_are_words():
    assert array_form(np.array([np.inf, -np.inf, np.nan, 1]))["values"] == [
        "Infinity",
        "-Infinity",
        "NaN",
        1.0,
    ]


def test_raw_arguments():
    assert raw_form("mean") == {"raw": "mean", "ndarray": False}
    assert raw_form([1, 2.5]) == {"raw": [1, 2.5], "ndarray": False}
    assert raw_form(np.array([1.5, np.nan], np.float32)) == {
        "raw": [1.5, {"float": "NaN"}], "ndarray": True, "dtype": "float32"
    }  # fmt: skip
