"""torch's own OpInfo samples of the losses, against float64, with `torch.testing.assert_close`.

    python op_info.py LOSS ...

Prints what was compared, and the seconds of importing and of running. `op_db` needs expecttest.
"""

from __future__ import annotations

import sys
import time


def main(losses):
    """Run every sample of float32."""
    started = time.perf_counter()
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    imported = time.perf_counter()
    names = {f"nn.functional.{name}" for name in losses}
    operators = [operator for operator in op_db if operator.name in names]
    agreed = total = 0
    for operator in operators:
        for sample in operator.sample_inputs("cpu", torch.float32):
            total += 1
            wide = sample.transform(lambda value: value.double() if _floating(value) else value)
            actual = operator(sample.input, *sample.args, **sample.kwargs)
            expected = operator(wide.input, *wide.args, **wide.kwargs)
            try:
                torch.testing.assert_close(actual, expected.to(actual.dtype))
            except AssertionError:
                continue
            agreed += 1
    done = time.perf_counter()
    print(f"import {imported - started:.3f} s, collect 0 s, run {done - imported:.3f} s")
    print(f"torch {torch.__version__}, {len(operators)} losses")
    print(f"{agreed} of {total} agree")


def _floating(value):
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()


if __name__ == "__main__":
    main(sys.argv[1:])
