"""The power run: which mutants the golden cases kill, and whether they leave right kernels alone."""

from __future__ import annotations

import multiprocessing
import os
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from conformance.model import Operator
from conformance.power.figures import Evidence
from conformance.power.measurement import measure

Progress = Callable[[str, int, int], None]

ORDER = ("float64", "float32", "float16", "bfloat16")  # the longest first
PATIENCE = 0.2  # seconds between looks at whether a process has ended


def experiment(operators: Sequence[Operator], results: Path, progress: Progress) -> Evidence:
    """Run every subject of `operators` through the suite, writing files into the folder `results`.

    Each operator and dtype has a process to itself for a while, of as many as there are processors.
    `progress` is told a stage, what is done of it and how much there is. Raises PowerError and
    ResultsError.
    """
    began = time.perf_counter()
    wanted = [
        (operator, dtype)
        for operator in operators
        for dtype in ORDER
        if any(dtype in case.dtypes and not case.refused for case in operator.cases)
    ]
    context = multiprocessing.get_context("spawn")
    with (
        context.Manager() as manager,
        ProcessPoolExecutor(min(len(wanted), os.cpu_count() or 1) or 1, mp_context=context) as pool,
    ):
        told = manager.Queue()
        parts = [pool.submit(measure, operator, dtype, results, told.put) for operator, dtype in wanted]
        for stage in _stages(told, parts):
            progress(*stage)
        evidence = Evidence()
        for part in parts:
            evidence.add(part.result())
    evidence.seconds = time.perf_counter() - began
    return evidence


def _stages(told: Any, parts: Sequence[Future[Evidence]]) -> Iterator[tuple[str, int, int]]:
    """What the processes tell, until the last has ended or one has failed."""
    while True:
        stage = _told(told)
        if stage is not None:
            yield stage
            continue
        done, left = wait(parts, timeout=0)
        for part in done:
            part.result()
        if not left:
            return


def _told(told: Any) -> tuple[str, int, int] | None:
    """The next stage that has been told, or None if there is none for a while."""
    try:
        stage: tuple[str, int, int] = told.get(timeout=PATIENCE)
    except queue.Empty:
        return None
    return stage
