"""The floor: call, read back, float64 NumPy reference, plain vectorised comparison, in one loop.

    python bare_loop.py torch|mindspore|oneflow SEEDS

Prints `<number> checks agree`, and the seconds of importing, of making the inputs and of the loop.
"""

from __future__ import annotations

import sys
import time

import checks
import numpy as np


def apis(framework):
    """The class and the function of each framework, and how its arrays become tensors and come back."""
    if framework == "torch":
        import torch

        return torch.nn.KLDivLoss, torch.nn.functional.kl_div, torch.from_numpy, torch.Tensor.numpy
    if framework == "mindspore":
        import mindspore

        mindspore.set_context(mode=mindspore.PYNATIVE_MODE, pynative_synchronize=True)
        return mindspore.nn.KLDivLoss, mindspore.ops.kl_div, mindspore.Tensor, mindspore.Tensor.asnumpy
    import oneflow

    return oneflow.nn.KLDivLoss, oneflow.nn.functional.kl_div, oneflow.from_numpy, oneflow.Tensor.numpy


def agrees(actual, expected):
    """Whether every element is within 1e-5 and a few roundings."""
    near = np.abs(actual - expected) <= 1e-5 + 1.3e-6 * np.abs(expected)
    return actual.shape == expected.shape and bool(near.all())


def main(framework, seeds):
    """Run the loop."""
    started = time.perf_counter()
    loss_class, function, tensor, array = apis(framework)
    imported = time.perf_counter()
    arrays = [checks.inputs(seed) for seed in range(seeds)]
    made = time.perf_counter()
    good = 0
    for reduction in checks.REDUCTIONS:
        for x, y in arrays:
            result = loss_class(reduction=reduction)(tensor(x), tensor(y))
            good += agrees(array(result), checks.reference(x, y, reduction))
            result = function(tensor(x), tensor(y), reduction=reduction)
            good += agrees(array(result), checks.reference(x, y, reduction))
    done = time.perf_counter()
    print(f"import {imported - started:.3f} s, inputs {made - imported:.3f} s, loop {done - made:.3f} s")
    print(f"{good} checks agree")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
