"""The header and the footer of a run over kl_div in three frameworks."""

from __future__ import annotations

from typing import Any

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
