"""One check as a run would write it, with numbers from a small NumPy stand-in."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from conformance.plan.generate import generate
from conformance.results import array_form, input_form, number_form, scalar_form
from tests.report.kl_header import APIS as APIS
from tests.report.kl_header import ENVIRONMENTS
from tests.report.kl_header import footer as footer
from tests.report.kl_header import header as header
from tests.report.kl_header import parameter as parameter

DTYPES = ("float16", "bfloat16", "float32", "float64")
UNIT = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}
SOURCE = {"title": "KLDivLoss, PyTorch 2.7 documentation", "version": "2.7", "url": "unknown"}


def numpy_dtype(name: str) -> Any:
    """The NumPy dtype of a name, bfloat16 from ml_dtypes."""
    return ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)


def rounded(values: Any, dtype: str) -> Any:
    """`values` in `dtype`."""
    with np.errstate(all="ignore"):
        return np.asarray(values, dtype=np.float64).astype(numpy_dtype(dtype))


def kl_div(x: Any, y: Any, reduction: str) -> Any:
    """The loss in float64, 0 log 0 = 0."""
    with np.errstate(all="ignore"):
        loss = np.where(y == 0, 0.0, y * (np.log(y) - x))
    if reduction == "none":
        return loss
    total = np.sum(loss)
    if reduction == "sum":
        return total
    return total / (loss.size if reduction == "mean" else loss.shape[0])


def error_form(inputs: dict[str, Any], actual: Any, expected: Any, dtype: str) -> dict[str, Any]:
    """The comparison of two arrays of one shape, with a bound good enough for a fixture."""
    got = np.asarray(actual, dtype=np.float64)
    want = np.asarray(expected, dtype=np.float64)
    with np.errstate(all="ignore"):
        away = np.abs(got - want)
        allowance = np.maximum(8 * UNIT[dtype] * np.abs(want), 1e-300)
        ratio = np.where(np.isnan(got) != np.isnan(want), np.inf, np.nan_to_num(away / allowance))
        wrong = ratio > 1
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(ratio)), want.shape)) if want.size else None
    bad = int(wrong.sum())
    form: dict[str, Any] = {
        "max_abs": number_form(float(away[at])) if want.size else None,
        "max_rel": number_form(float(away[at] / abs(want[at]))) if want.size and want[at] else None,
        "max_ulp": number_form(float(away[at] / (abs(want[at]) * UNIT[dtype])))
        if want.size and want[at]
        else None,
        "max_bound_ratio": number_form(float(ratio[at])) if want.size else None,
        "mismatched": bad,
        "vacuous": 0,
        "total": int(want.size),
        "pattern": None if not bad else "all" if bad == want.size else "scattered",
        "bias": "low" if bad and np.all((got < want)[wrong]) else None,
        "worst_index": list(at) if at is not None else None,
        "worst_actual": None,
        "worst_expected": None,
        "worst_inputs": {},
        "allowance": None,
        "bound": None,
        "condition": None,
    }
    if bad and at is not None:
        own = {name: array[at] for name, array in inputs.items() if array.shape == want.shape}
        form.update(
            worst_actual=number_form(float(got[at])),
            worst_expected=number_form(float(want[at])),
            worst_inputs={name: number_form(float(value)) for name, value in own.items()},
            allowance=number_form(float(allowance[at])),
            bound={
                "elementwise": number_form(float(allowance[at]) / 4),
                "accumulation": 0.0,
                "output": number_form(float(allowance[at]) / 4),
            },
            condition=1.75,
        )
    return form


def check(
    api: str = "torch.nn.KLDivLoss",
    case: str = "reductions",
    variant: str = "reduction:mean",
    dtype: str = "float32",
    reduction: str = "mean",
    shape: tuple[int, ...] = (3, 5),
    layout: str = "contiguous",
    target: Any = None,
    aspect: str = "value",
    **changes: Any,
) -> dict[str, Any]:
    """One passing record; `changes` replace keys of it, `give` maps the reference to the output."""
    framework = api.split(".")[0]
    version = ENVIRONMENTS[framework][1]
    log_rows = generate("log_probabilities", shape, 11, {})
    rows = (
        generate("probabilities", shape, 12, {}) if target is None else np.asarray(target, dtype=np.float64)
    )
    arrays = {"input": rounded(log_rows, dtype), "target": rounded(rows, dtype)}
    exact = {name: array.astype(np.float64) for name, array in arrays.items()}
    want = np.asarray(kl_div(exact["input"], exact["target"], reduction))
    give: Callable[[Any], Any] = changes.pop("give", lambda value: value)
    got = rounded(give(want), dtype)
    key = hashlib.sha256(
        b"".join([reduction.encode(), dtype.encode(), *(a.tobytes() for a in arrays.values())])
    )
    kind = APIS.get(api, "function")
    attributes = {"reduction": scalar_form(reduction)}
    made = {
        "input": {
            "name": "log_probabilities",
            "shape": list(shape),
            "seed": 1,
            "stream": "11",
            "options": {},
        },
        "target": {"name": "probabilities", "shape": list(shape), "seed": 2, "stream": "12", "options": {}},
    }
    tensors = {name: {"input": name} for name in arrays}
    record: dict[str, Any] = {
        "kind": "check",
        "id": f"kl_div/{case}/{variant}/{api}/{framework}/{dtype}/cpu/eager/{aspect}",
        "operator": "kl_div",
        "case": case,
        "variant": variant,
        "api": api,
        "framework": framework,
        "environment": framework,
        "framework_version": version,
        "dtype": dtype,
        "device": "cpu",
        "mode": "eager",
        "aspect": aspect,
        "level": "must" if dtype in ("float32", "float64") else "observe",
        "oracle": "reference",
        "features": [f"reduction:{reduction}", f"dtype:{dtype}"],
        "undocumented": [] if dtype in ("float32", "float64") else [f"dtype:{dtype}"],
        "declared": None,
        "stale_declaration": False,
        "call": key.hexdigest()[:16],
        "call_style": {
            "kind": kind,
            "construct_args": [],
            "construct_kwargs": {name: {"scalar": value} for name, value in attributes.items()}
            if kind == "class"
            else {},
            "args": list(tensors.values()),
            "kwargs": {} if kind == "class" else {"reduction": {"scalar": reduction}},
        },
        "gradient": None,
        "attributes": {**attributes, "log_target": False, "size_average": None, "reduce": None},
        "inputs": {
            "input": input_form(arrays["input"], layout=layout, generator=made["input"]),
            "target": input_form(
                arrays["target"], layout=layout, generator=made["target"] if target is None else None
            ),
        },
        "location": "cases/kl_div.yaml:120",
        "summary": "every reduction of every dtype on normalised distributions",
        "source": SOURCE,
        "outcome": "pass",
        "subtype": None,
        "convention": None,
        "conventions": {},
        "detail": None,
        "actual": array_form(got),
        "expected": array_form(want),
        "error": error_form(exact, got, want, dtype),
        "hypothesis": None,
        "exception": None,
        "log": "",
        "minimised": None,
        "seconds": 0.00037,
        "fingerprint": None,
    }
    record.update(copy.deepcopy(changes))
    if record["outcome"] not in ("pass", "unsupported", "not_run"):
        words = [record["outcome"], str(record["subtype"]), str(record["convention"])]
        record["fingerprint"] = hashlib.sha256("".join(words).encode()).hexdigest()[:12]
    return record
