"""Several hundred records as a run would write them: three frameworks, every kind of outcome.

The faults are put in by rule, so that reports can be built and looked at without any framework.
Deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.report.kl_check import APIS, DTYPES, check, footer, header

REDUCTIONS = ("none", "batchmean", "sum", "mean")
ZERO_TARGET = [[0.5, 0.5, 0.0], [0.25, 0.0, 0.75]]
NEGATIVE_TARGET = [[0.5, 0.75, -0.25], [0.25, 0.25, 0.5]]
NO_VALUES = {"actual": None, "error": None}
CANCELS = {"name": "float32_log", "text": "the formula with its logarithm taken in float32"}


def raised(kind: str, message: str) -> dict[str, Any]:
    """An exception record with a short traceback."""
    trace = f'  File "loss.py", line 41, in forward\n    return op(x, y)\n{kind}: {message}\n'
    return {"class": kind, "message": message, "traceback": trace}


def _reductions(api: str, reduction: str, dtype: str) -> dict[str, Any]:
    half = dtype in ("float16", "bfloat16")
    variant = {"variant": f"reduction:{reduction}", "reduction": reduction, "dtype": dtype}
    if api == "oneflow.nn.KLDivLoss" and half:
        message = f"\x1b[31mNo kernel\x1b[0m for {dtype} on CPU: kl_div_loss"
        detail = f"not documented: dtype:{dtype}; RuntimeError: {message}"
        fault = {"outcome": "unsupported", "detail": detail, "exception": raised("RuntimeError", message)}
        return {**variant, **NO_VALUES, **fault}
    if api == "mindspore.nn.KLDivLoss" and dtype == "float64" and reduction in ("none", "sum"):
        fault = {"outcome": "mismatch", "subtype": "value", "hypothesis": CANCELS}
        return {**variant, **fault, "give": lambda want: want * (1 + 3.1e-8)}
    if api == "mindspore.mint.nn.KLDivLoss" and reduction == "batchmean" and dtype == "float16":
        log = "[CRITICAL] kernel: launch failed\nabort() called\n"
        return {**variant, **NO_VALUES, "outcome": "crash", "detail": "killed by SIGABRT (6)", "log": log}
    if api == "mindspore.ops.kl_div" and dtype == "bfloat16":
        trouble = raised(
            "TypeError", "For 'KLDivLoss', the type of 'logits' must be Tensor[Float16, Float32]"
        )
        fault = {
            "outcome": "unsupported",
            "declared": "documented for float16, float32 only",
            "exception": trouble,
        }
        return {**variant, **NO_VALUES, **fault, "detail": f"{fault['declared']}; TypeError"}
    if api == "torch.nn.functional.kl_div" and dtype == "float16" and reduction == "sum":
        fault = {"outcome": "degraded", "detail": "naive summation, 0.4 digits beyond the bound"}
        return {**variant, **fault, "give": lambda want: want * (1 + 0.006)}
    return variant


def _zero_target(api: str, dtype: str) -> dict[str, Any]:
    common = {"case": "zero-target", "variant": "default", "dtype": dtype, "reduction": "none"}
    common |= {"target": ZERO_TARGET, "shape": (2, 3), "conventions": {"zero_target": "zero"}}
    common |= {"location": "cases/kl_div.yaml:164", "summary": "targets that are exactly zero"}
    if api == "oneflow.nn.KLDivLoss" and dtype in ("float16", "bfloat16"):
        common |= {"outcome": "error", "detail": "RuntimeError: No kernel", **NO_VALUES, "conventions": {}}
        return {**common, "exception": raised("RuntimeError", "No kernel for \u202ekl_div_loss")}
    if api.startswith("mindspore.ops"):
        common |= {"outcome": "mismatch", "subtype": "convention", "convention": "zero_target=nan"}
        common |= {
            "conventions": {"zero_target": "nan"},
            "detail": "zero_target: nan (the reference's is zero)",
        }
        return {**common, "give": lambda want: np.where(want == 0, np.nan, want)}
    return common


def _negative_target(api: str, dtype: str) -> dict[str, Any]:
    common = {"case": "negative-target", "variant": "default", "dtype": dtype, "reduction": "none"}
    common |= {
        "target": NEGATIVE_TARGET,
        "shape": (2, 3),
        "level": "observe",
        "features": ["negative-target"],
    }
    common |= {"undocumented": ["negative-target"], "conventions": {"negative_target": "nan"}}
    if api.startswith("torch"):
        common |= {"outcome": "mismatch", "subtype": "convention", "convention": "negative_target=zero"}
        common |= {"conventions": {"negative_target": "zero"}}
        return {**common, "give": lambda want: np.where(np.isnan(want), 0.0, want)}
    return common


def _single_faults() -> Iterator[dict[str, Any]]:
    yield check(
        api="torch.nn.KLDivLoss",
        case="invalid-reduction",
        variant="default",
        aspect="error",
        oracle="refusal",
        outcome="not_rejected",
        expected={"exception": "ValueError"},
        error=None,
        detail="returned a value where ValueError is documented",
    )
    yield check(
        api="mindspore.nn.KLDivLoss",
        case="invalid-reduction",
        variant="default",
        aspect="error",
        oracle="refusal",
        outcome="wrong_error",
        expected={"exception": "ValueError"},
        error=None,
        actual=None,
        detail="ValueError is documented, got TypeError",
        exception=raised("TypeError", "reduction: bad"),
    )
    yield check(
        api="oneflow.nn.KLDivLoss",
        case="invalid-reduction",
        variant="default",
        aspect="error",
        oracle="refusal",
        outcome="pass",
        expected={"exception": "ValueError"},
        error=None,
        actual=None,
        detail="refused with ValueError: x",
        exception=raised("ValueError", "x"),
    )
    yield check(
        api="torch.nn.functional.kl_div",
        case="printed",
        variant="default",
        aspect="documented",
        oracle="document",
        outcome="mismatch",
        subtype="documented",
        actual={"text": "tensor(-0.2245)"},
        expected={"text": "tensor(-0.2250)"},
        error=None,
        detail="prints tensor(-0.2245)",
    )
    yield check(
        api="mindspore.mint.nn.KLDivLoss",
        case="shape-of-none",
        variant="default",
        reduction="none",
        outcome="mismatch",
        subtype="shape",
        actual={"dtype": "float32", "shape": [], "values": [0.25]},
        error=None,
        detail="shape () where (3, 5) is right",
    )
    yield check(
        api="oneflow.nn.KLDivLoss",
        case="dtype-of-sum",
        variant="default",
        dtype="float64",
        reduction="sum",
        outcome="mismatch",
        subtype="dtype",
        error=None,
        detail="float32 where float64 is right",
        actual={"dtype": "float32", "shape": [], "values": [0.25]},
    )
    yield check(
        api="oneflow.nn.KLDivLoss",
        case="huge",
        variant="default",
        outcome="timeout",
        **NO_VALUES,
        seconds=30.0,
        detail="no answer within 30 s: the worker was killed",
        log="loading ...\n",
    )
    yield check(
        api="torch.nn.KLDivLoss",
        case="cancels",
        variant="default",
        dtype="bfloat16",
        outcome="vacuous",
        detail="1 of 1 elements cannot be judged in bfloat16",
    )
    yield check(
        api="mindspore.mint.nn.KLDivLoss",
        case="broken",
        variant="default",
        outcome="harness_error",
        **NO_VALUES,
        detail="Traceback (most recent call last):\n  File \"adapter.py\", line 3\nKeyError: 'bfloat17'",
    )
    yield check(
        api="torch.nn.KLDivLoss",
        case="no-such",
        variant="default",
        outcome="invalid_case",
        **NO_VALUES,
        detail="cases/kl_div.yaml:200: torch 2.13.0 has no torch.nn.KLDivLos; nearest: KLDivLoss",
    )
    yield check(
        api="oneflow.nn.KLDivLoss",
        case="later",
        variant="default",
        outcome="not_run",
        **NO_VALUES,
        detail="stopped by --maxfail",
    )
    yield check(
        api="mindspore.nn.KLDivLoss",
        case="no-oracle",
        variant="default",
        outcome="observed",
        error=None,
        expected=None,
    )
    yield check(
        api="mindspore.nn.KLDivLoss",
        case="log-target",
        variant="default",
        declared="no such parameter",
        stale_declaration=True,
    )


def _large(api: str, reduction: str) -> dict[str, Any]:
    fault: dict[str, Any] = {}
    if api == "oneflow.nn.KLDivLoss" and reduction == "none":
        fault = {"outcome": "mismatch", "subtype": "value", "give": _tail}
    return check(
        api=api, case="large", variant=f"reduction:{reduction}", shape=(16, 500), reduction=reduction, **fault
    )


def _tail(want: Any) -> Any:
    spoiled = want.copy()
    spoiled.reshape(-1)[-8:] *= 1.5
    return spoiled


def run() -> Iterator[dict[str, Any]]:
    """Every check of the fixture run."""
    for reduction in REDUCTIONS:
        for dtype in DTYPES:
            for api in APIS:
                yield check(api=api, **_reductions(api, reduction, dtype))
    for layout in ("contiguous", "transposed", "strided", "expanded"):
        for dtype in DTYPES:
            for api in APIS:
                more = {"case": "layouts", "variant": f"layout:{layout}", "layout": layout, "dtype": dtype}
                if api.startswith("mindspore.mint") and layout == "strided" and dtype == "float32":
                    more |= {"reduction": "none", "outcome": "mismatch", "subtype": "value", "give": np.flip}
                yield check(api=api, **more)
    for dtype in DTYPES:
        for api in APIS:
            yield check(api=api, **_zero_target(api, dtype))
            yield check(api=api, **_negative_target(api, dtype))
    for reduction in REDUCTIONS:
        for api in APIS:
            yield _large(api, reduction)
    yield from _single_faults()


def results_file() -> Iterator[dict[str, Any]]:
    """Header, checks and footer, in order."""
    checks = list(run())
    yield header()
    yield from checks
    yield footer(checks)
