"""Answers of a worker about gradients of kl_div, made by hand from what is right."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.casefile import load
from conformance.plan import Target, dtype_name, expand, materialise
from conformance.run.judge import Judge
from conformance.run.references import Machine, References
from tests.fakes.project import case_file

MACHINE = Machine()
KINK = """\
conventions:
  zero_target_gradient:
    question: What is the derivative of 0 log 0?
    reference: limit
    source: the limit
    choices: {limit: infinite, zero: "0", nan: NaN}
"""
ROWS = "input: [[-1.5, -0.5, -2.25], [-0.125, -3.0, -1.0]], target: [[0.25, 0.5, 0.25], [0.5, 0.375, 0.125]]"


class Asked:
    """One case of kl_div through `fake.right`, its checks by what they look at, and a judge of answers."""

    def __init__(self, folder, dtype="float32", reduction="none", inputs=ROWS, case="", **api):
        text = (
            "  - id: one\n    summary: s\n    gradients: [input, target]\n"
            f"    inputs: {{{inputs}}}\n    matrix: {{reduction: [{reduction}], dtype: [{dtype}]}}\n"
        )
        lines = "".join(f"    {line}\n" for line in case.splitlines())
        path = folder / "kl_div.yaml"
        whole = case_file(["right"], text + lines, **api)
        head, _, rest = whole.partition("conventions:\n")
        path.write_text(f"{head}{KINK}{rest[rest.index('apis:') :]}")
        plan = expand([load(path)], [Target("fake", "fake")])
        assert not plan.problems
        self.checks = {check.aspect_word: check for check in plan.checks}
        self.call = materialise(plan.checks[0].spec)
        self.references = References()
        self.upstream = self.references.upstream(self.call, MACHINE)
        self._judge = Judge(self.references)

    def right(self):
        """The gradients, in the check's dtype: the derivative by hand, in float64, rounded once."""
        x, y = (self.call.arrays[name].astype(np.float64) for name in ("input", "target"))
        upstream = self.upstream.astype(np.float64)
        divisor = {"mean": x.size, "batchmean": x.shape[0]}.get(self.call.spec.attributes["reduction"], 1)
        with np.errstate(all="ignore"):
            both = {"input": -y * upstream / divisor, "target": upstream / divisor * (np.log(y) - x + 1)}
            return {name: np.asarray(value).astype(self.dtype) for name, value in both.items()}

    @property
    def dtype(self):
        """The dtype of the check, as NumPy has it."""
        return self.call.arrays["input"].dtype

    def answer(self, gradients: dict[str, Any] | None, output=None):
        """What a worker says."""
        if output is None:
            with np.errstate(over="ignore"):
                output = self.references.primary(self.call, MACHINE).value.astype(self.dtype)
        told = None
        if gradients is not None:
            told = {name: None if value is None else entry(value) for name, value in gradients.items()}
        return {
            "status": "returned", "outputs": [entry(output)], "gradients": told, "printed": None,
            "seconds": 0.0, "log": "",
        }  # fmt: skip

    def judged(self, of: str, answer):
        """The judgement of one gradient."""
        check = self.checks[f"gradient:{of}"]
        return self._judge.judge(check, self.call, answer, MACHINE, "1.0", self.upstream)


def entry(value: Any) -> dict[str, Any]:
    """An array, or what is no tensor, as a worker sends it."""
    if isinstance(value, np.ndarray):
        return {"dtype": dtype_name(value.dtype), "shape": list(value.shape), "data": value.tobytes()}
    return {"type": type(value).__name__, "repr": repr(value)}
