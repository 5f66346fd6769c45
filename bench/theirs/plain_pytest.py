"""What people write without a suite: the same checks, parametrised, with `torch.testing.assert_close`."""

from __future__ import annotations

import os

import checks
import numpy as np
import pytest
import torch

SEEDS = int(os.environ["BENCH_SEEDS"])


def as_class(x, y, reduction):
    """The class."""
    return torch.nn.KLDivLoss(reduction=reduction)(x, y)


def as_function(x, y, reduction):
    """The function."""
    return torch.nn.functional.kl_div(x, y, reduction=reduction)


@pytest.mark.parametrize("call", [as_class, as_function])
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("reduction", checks.REDUCTIONS)
def test_kl_div(reduction, seed, call):
    """One call against the float64 reference."""
    x, y = checks.inputs(seed)
    actual = call(torch.from_numpy(x), torch.from_numpy(y), reduction)
    expected = torch.from_numpy(np.asarray(checks.reference(x, y, reduction)))
    torch.testing.assert_close(actual, expected.to(actual.dtype))
