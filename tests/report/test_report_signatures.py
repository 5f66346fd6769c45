"""Documented and installed signatures, compared."""

from __future__ import annotations

import pytest

from conformance.report import collect
from conformance.report.signatures import differences, signatures
from tests.report.kl_check import check, header
from tests.report.test_report_summary import results

DOCUMENTED = header()["apis"]["torch.nn.functional.kl_div"]
CLASS = header()["apis"]["mindspore.nn.KLDivLoss"]


def parameter(name, default=None, keyword_only=False):
    return {"name": name, "default": default, "keyword_only": keyword_only}


RIGHT = [
    parameter("input"),
    parameter("target"),
    parameter("reduction", "'mean'"),
    parameter("log_target", "False"),
]


@pytest.mark.parametrize(
    ("installed", "words"),
    [
        (RIGHT, []),
        (RIGHT[:3], ["log_target is documented, and missing"]),
        ([*RIGHT, parameter("eps", "1e-08")], ["eps is not documented (default 1e-08)"]),
        (
            [*RIGHT[:3], parameter("log_target", "True")],
            ["log_target has the default True, documented is False"],
        ),
        ([*RIGHT[:3], parameter("log_target")], ["log_target must be given, documented is False"]),
        (
            [RIGHT[1], RIGHT[0], *RIGHT[2:]],
            [
                "the order is target, input, reduction, log_target;"
                " documented is input, target, reduction, log_target"
            ],
        ),
    ],
)
def test_what_a_function_has_otherwise(installed, words):
    assert differences(DOCUMENTED, {"parameters": installed, "inputs": None}) == words


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (None, []),
        (["logits", "target"], []),
        (["logits", "target", "more"], []),
        (["x"], ["a call takes x; documented is logits, target"]),
    ],
)
def test_what_a_call_of_an_object_takes(inputs, words):
    installed = {"parameters": [parameter("reduction", "'mean'")], "inputs": inputs}
    assert differences(CLASS, installed) == words


@pytest.mark.parametrize(
    ("default", "same"), [("1", True), ("1.0", True), ("'1'", False), ("<nothing>", False)]
)
def test_defaults_that_mean_the_same(default, same):
    documented = {
        **CLASS,
        "parameters": [{"name": "beta", "attribute": "beta", "default": "1", "values": None}],
    }
    installed = {"parameters": [parameter("beta", default)], "inputs": None}
    assert (differences(documented, installed) == []) is same


def test_each_environment_has_its_own():
    run = results([check()])
    run.header["environments"]["torch"]["signatures"] = {
        "torch.nn.functional.kl_div": {"parameters": RIGHT[:3], "inputs": None},
        "torch.nn.unknown": {"parameters": [], "inputs": None},
    }
    found = signatures(collect([run]))
    assert found["installed"] == {
        "torch": {"torch.nn.functional.kl_div": ["log_target is documented, and missing"]}
    }
    assert found["documented"]["mindspore.nn.KLDivLoss"]["fixed"] == {"log_target": "False"}


def test_headers_of_earlier_files():
    run = results([check()])
    for form in run.header["apis"].values():
        for key in ("operator", "fixed", "index_dtypes"):
            del form[key]
        for each in form["parameters"]:
            del each["attribute"]
    (found,) = {form["operator"] for form in signatures(collect([run]))["documented"].values()}
    assert found == ""
