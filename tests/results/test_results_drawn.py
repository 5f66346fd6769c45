"""The short form of an input that its generator makes again, and who accepts it."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from conformance.results import array_values, drawn_form, element, input_form, read_results, record
from conformance.results.lines import encode
from conformance.results.validate import problem_of
from tests.report.kl_check import check
from tests.report.records import results_file

validator = jsonschema.Draft202012Validator(
    json.loads(Path(record.__file__).with_name("schema.json").read_text())
)
GENERATOR = {"name": "uniform", "shape": [100], "seed": 1, "stream": "7", "options": {}}


@pytest.fixture
def drawn():
    form = drawn_form(np.linspace(0, 1, 100, dtype=np.float32), "contiguous", GENERATOR)
    each = check()
    each["inputs"]["input"] = form
    return each, form


def test_reader_and_schema_accept_it(drawn):
    each, _ = drawn
    assert problem_of(each) == ""
    assert validator.is_valid(each)


@pytest.mark.parametrize("key", ["dtype", "shape", "sha256", "layout", "generator"])
def test_it_must_be_whole(drawn, key):
    each, form = drawn
    del form[key]
    assert problem_of(each)
    assert not validator.is_valid(each)


def test_it_has_no_elements_and_the_hash_of_the_long_form(drawn):
    _, form = drawn
    whole = input_form(np.linspace(0, 1, 100, dtype=np.float32), generator=GENERATOR)
    assert form["sha256"] == whole["sha256"]
    assert array_values(form) is None
    assert element(form, [3]) is None


@pytest.mark.parametrize("enabled", [True, False])
def test_reading_leaves_the_garbage_collector_as_it_was(tmp_path, enabled):
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"".join(encode(each) + b"\n" for each in results_file()))
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        read_results(path)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
