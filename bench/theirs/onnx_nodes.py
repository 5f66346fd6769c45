"""ONNX's own backend node tests of the loss operators, on onnxruntime, run as people run them.

    python onnx_nodes.py

Prints what was compared, and the seconds of collecting and of running. Needs onnx and onnxruntime.
"""

from __future__ import annotations

import sys
import time
import unittest
from importlib.metadata import version

_LOSSES = r"^test_(nllloss|sce)_.*_cpu$"  # negative log-likelihood, softmax cross entropy: all there are


def main():
    """Collect and run them."""
    started = time.perf_counter()
    import onnx.backend.test
    import onnxruntime.backend

    imported = time.perf_counter()
    tests = onnx.backend.test.BackendTest(onnxruntime.backend, __name__)
    tests.include(_LOSSES)
    cases = [unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in tests.test_cases.values()]
    collected = time.perf_counter()
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(unittest.TestSuite(cases))
    done = time.perf_counter()
    total = result.testsRun - len(result.skipped)  # those of other operators are skipped
    agreed = total - len(result.failures) - len(result.errors)
    print(
        f"import {imported - started:.3f} s, collect {collected - imported:.3f} s,"
        f" run {done - collected:.3f} s"
    )
    print(f"onnx {version('onnx')}, onnxruntime {version('onnxruntime')}")
    print(f"{agreed} of {total} agree")


if __name__ == "__main__":
    main()
