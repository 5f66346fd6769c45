"""One header, check or footer as a run would write it, with numbers from a small NumPy stand-in."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from conformance.plan.generate import generate
from conformance.results import array_form, input_form, number_form, scalar_form

ENVIRONMENTS = {
    "torch": ("torch", "2.13.0", "3.11.7", "2.4.6"),
    "mindspore": ("mindspore", "2.10.0", "3.11.7", "2.4.6"),
    "oneflow": ("oneflow", "0.9.0", "3.10.13", "1.26.4"),
}
APIS = {
    "torch.nn.KLDivLoss": "class",
    "torch.nn.functional.kl_div": "function",
    "mindspore.nn.KLDivLoss": "class",
    "mindspore.ops.kl_div": "function",
    "mindspore.mint.nn.KLDivLoss": "class",
    "oneflow.nn.KLDivLoss": "class",
}
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


def parameter(name: str, default: str, values: list[str] | None = None) -> dict[str, Any]:
    """A documented parameter."""
    return {"name": name, "attribute": name, "default": default, "values": values}


def header() -> dict[str, Any]:
    """The header of the run."""
    keys = ("framework", "version", "python", "numpy")
    environments = {
        name: {**dict(zip(keys, row, strict=True)), "device": "cpu", "platform": "Linux-x86_64", "threads": 2}
        for name, row in ENVIRONMENTS.items()
    }
    return {
        "kind": "header",
        "schema": 1,
        "suite": {
            "name": "conformance",
            "version": "0.1.0",
            "python": "3.11.7",
            "numpy": "2.4.6",
            "platform": "Linux-x86_64",
            "command": "pytest cases --environment torch,mindspore,oneflow",
        },
        "started": "2026-11-21T01:44:00.000Z",
        "run": None,
        "selection": {
            "keywords": "",
            "markers": "",
            "paths": ["cases"],
            "modes": "chosen",
            "shard": None,
            "planned": 3,
            "checks": 3,
            "digest": "0" * 64,
            "whole": True,
            "known_modes": {name: ["eager"] for name in ENVIRONMENTS},
        },
        "cases": {"kl_div": "1" * 64},
        "environments": environments,
        "unavailable": {
            "mindspore-ascend": {
                "reason": "no module named mindspore on host ascend01",
                "mend": "tox run -e mindspore-ascend --notest",
            }
        },
        "conventions": {
            "kl_div": {
                "zero_target": {
                    "question": "What is 0 log 0?",
                    "reference": "zero",
                    "source": "lim y log y = 0 as y goes to 0",
                    "choices": {
                        "zero": "0, the limit of y log y",
                        "nan": "NaN, 0 * log 0 evaluated as written",
                    },
                },
                "negative_target": {
                    "question": "What is y log y of a negative y?",
                    "reference": "nan",
                    "source": "the real logarithm has no value there",
                    "choices": {"nan": "NaN", "zero": "0, negative targets are masked out"},
                },
            }
        },
        "apis": {
            name: {
                "operator": "kl_div",
                "kind": kind,
                "document": "KLDivLoss, PyTorch 2.7 documentation",
                "inputs": {
                    "input": "logits" if name.startswith("mindspore") else "input",
                    "target": "target",
                },
                "parameters": [
                    {
                        "name": "reduction",
                        "attribute": "reduction",
                        "default": "'mean'",
                        "values": ["'none'", "'sum'"],
                    },
                    *([parameter("log_target", "False")] if "torch" in name else []),
                ],
                "dtypes": None if name.startswith("torch") else ["float16", "float32"],
                "fixed": {} if "torch" in name else {"log_target": "False"},
                "index_dtypes": None,
                "platforms": ["cpu"],
            }
            for name, kind in APIS.items()
        },
    }


def footer(checks: list[dict[str, Any]], complete: bool = True) -> dict[str, Any]:
    """The footer that counts `checks`."""
    counts: dict[str, int] = {}
    for record in checks:
        counts[record["outcome"]] = counts.get(record["outcome"], 0) + 1
    return {
        "kind": "footer",
        "finished": "2026-11-21T01:44:12.345Z",
        "counts": counts,
        "complete": complete,
        "reason": None if complete else "KeyboardInterrupt",
        "unavailable": {},
    }


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
