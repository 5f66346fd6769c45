"""The garbage collector, kept from looking for garbage where there is none."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial

_WORTH_A_LOOK = 50_000  # objects made and not freed, as Python counts them: 700, or 2,000, by itself


def spare_collector() -> Callable[[], None]:
    """Take what there is (modules, the plan) as staying, and look for cycles seldom; return what ends that.

    Checks leave none behind. By itself it took a twentieth of a run, and a tenth of a session of pytest. What
    there is at the end counts as staying, too: as it ends, pytest has everything looked through five times.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_WORTH_A_LOOK, *before[1:])
    return partial(_end, before)


def _end(thresholds: tuple[int, int, int]) -> None:
    gc.freeze()
    gc.set_threshold(*thresholds)
