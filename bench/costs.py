"""Where the host's time goes: its real functions, called one stage after the other on the bench's checks."""

from __future__ import annotations

import gc
import io
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.console import Console

from bench.case_file import CHECKS_PER_SEED, write_case_file
from bench.setting import PASSED, THEIRS, Bench, conformance_run, environment, pytest_cases
from bench.subject import BenchError, Measured, Subject, host, measure
from bench.table import Figure, Row, Section
from conformance.casefile import load
from conformance.environments import Answered, Finished, Pool, Ready
from conformance.gate import Gate
from conformance.plan import Call, CallCache, expand
from conformance.plan import Target as Place
from conformance.reference import Reference, evaluate, known
from conformance.report import Tally, counted, print_summary
from conformance.results import CheckRecord
from conformance.run import Asked, Destination, Sink
from conformance.run.judge import Judge
from conformance.run.judgement import Judgement
from conformance.run.record import Recorder
from conformance.run.references import Machine, References, inputs_of
from conformance.run.request import Styles, request
from conformance.worker.packing import pack, unpack_all

T = TypeVar("T")

_BATCH = 100
_CERTIFIED = 200  # calls whose balls are computed
_FRAMEWORK = "torch"
_START = "import conformance.cli.execution"


@dataclass(slots=True)
class _Ledger:
    """Processor seconds of this thread by stage, of each round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def entry(self, stage: str) -> Iterator[None]:
        began = time.thread_time()
        yield
        self.seconds.setdefault(stage, []).append(time.thread_time() - began)

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        with self.entry(stage):
            return work()


def costs(bench: Bench) -> Section:
    """Each stage's processor time of a check, beside that of whole runs."""
    ledger = _Ledger()
    for number in range(bench.rounds):
        folder = bench.folder / f"costs-{number}"
        _stages(ledger, folder, bench.checks)
    seconds, checks = ledger.seconds, bench.checks
    processes = _processes(bench)
    total = processes["conformance run"].main
    main = statistics.median(total) / checks * 1e6

    def row(name: str, stage: list[float], *, part: bool = True, calls: int = checks) -> Row:
        each = [value / calls * 1e6 for value in stage]
        figures: dict[str, Figure] = {"us per check": each}
        if part:
            figures["share"] = [value / main for value in each]
        return Row(name, figures)

    balls = [own - plain for own, plain in zip(seconds["certified"], seconds["plain"], strict=True)]
    rows = [
        row("imports of the host's modules", processes["imports"].main),
        row("YAML loading", seconds["load"]),
        row("planning", seconds["plan"]),
        row("generation of inputs", seconds["draw"]),
        row("reference and bound: the formula under its running bound", seconds["bound"]),
        row("transport: making requests", seconds["request"]),
        row("transport: taking in events", seconds["events"]),
        row("comparison: an answer to an outcome", seconds["judge"]),
        row("record making", seconds["record"]),
        row("results writing", seconds["write"]),
        row("gate", seconds["gate"]),
        row("summary: results counted and printed", seconds["summary"]),
        _left_over(seconds, processes["imports"].main, total, checks),
        row("all of `conformance run --no-html`, main thread", total),
        row("beside it, other threads: packing requests", seconds["pack"], part=False),
        row("beside it, other threads: unpacking answers", seconds["unpack"], part=False),
        row("the formula alone, in float64 and call by call", seconds["formula"], part=False),
        row("ball certificate of one call (float64 alone has them)", balls, part=False, calls=_calls(checks)),
        row("pytest's own: an item that does nothing", _each_item(processes), part=False),
        row("all of `pytest cases`, main thread", processes["pytest cases"].main, part=False),
    ]
    note = (
        "Processor time of the host's main thread: the real functions called by themselves, one stage after"
        " the other, on the checks of the whole run. The framework's own process is not in it."
        " A reference is computed once for both APIs of a call, a hundred calls together; results equal in"
        " all bits are compared once."
    )
    return Section(f"Where the host's time goes, {checks:,} checks on {_FRAMEWORK}", note, rows)


def _stages(ledger: _Ledger, folder: Path, checks: int) -> None:
    """All that a run does, in its order. The collector looks at nothing that stays, as in a run."""
    path = write_case_file(folder / "cases", [_FRAMEWORK], checks // CHECKS_PER_SEED)
    operator = ledger.timed("load", lambda: load(path, known()))
    targets = [Place(_FRAMEWORK, _FRAMEWORK)]
    plan = ledger.timed("plan", lambda: expand([operator], targets))
    gc.freeze()
    cache, machine, references = CallCache(), Machine(), References()
    specs = {check.spec: check for check in plan.checks}
    calls = ledger.timed("draw", lambda: [cache.get(spec) for spec in specs])
    _references(ledger, calls, references, machine)
    by_spec = dict(zip(specs, calls, strict=True))
    styles = Styles()
    asked = [by_spec[check.spec] for check in plan.checks]
    requests = ledger.timed(
        "request",
        lambda: [
            request(number, check, call, style=styles.of(check))
            for number, (check, call) in enumerate(zip(plan.checks, asked, strict=True))
        ],
    )
    batches = [requests[start : start + _BATCH] for start in range(0, checks, _BATCH)]
    ledger.timed("pack", lambda: [pack(batch) for batch in batches])
    ready, answers = _answers(ledger, requests)
    packed = [
        b"".join(pack(answers[number]) for number in range(start, min(start + _BATCH, checks)))
        for start in range(0, checks, _BATCH)
    ]
    ledger.timed("unpack", lambda: [unpack_all(data) for data in packed])
    judge, version = Judge(references), str(ready.description["version"])

    def judged() -> Iterator[Judgement]:
        answered = list(zip(plan.checks, asked, (answers[number] for number in range(checks)), strict=True))
        for start in range(0, checks, _BATCH):
            batch = answered[start : start + _BATCH]
            compared = (judge.compared(*each, machine, None) for each in batch)
            references.compare_together((*pair, machine) for pair in compared if pair is not None)
            yield from (judge.judge(*each, machine, version) for each in batch)

    judgements = ledger.timed("judge", lambda: list(judged()))
    recorder = Recorder(references)
    records = ledger.timed(
        "record",
        lambda: [
            recorder.record(check, call, judgement, version=version, seconds=1e-5, log="")
            for check, call, judgement in zip(plan.checks, asked, judgements, strict=True)
        ],
    )
    selection = Asked("", "", (), "chosen").selection(plan.checks, plan.checks, targets, covered=True)
    sink = Sink(Destination(folder, folder / "results.jsonl"), [operator], [_FRAMEWORK], selection)
    sink.environment(ready)
    ledger.timed("write", lambda: _written(sink, records))
    _ended(ledger, records)
    gc.unfreeze()


def _references(ledger: _Ledger, calls: list[Call], references: References, machine: Machine) -> None:
    formula = references.formula("kl_div")
    wide = [
        ({name: array.astype(np.float64) for name, array in inputs_of(call).items()}, call.spec.attributes)
        for call in calls
    ]
    with np.errstate(all="ignore"):
        ledger.timed(
            "formula", lambda: [formula.function(**arrays, **attributes) for arrays, attributes in wide]
        )
    ledger.timed("bound", lambda: list(_evaluated(calls, references, machine)))
    few = wide[: _calls(len(wide))]
    for stage, certified in (("plain", False), ("certified", True)):
        with ledger.entry(stage):
            for arrays, attributes in few:
                evaluate(formula, arrays, attributes, "float64", certified=certified)


def _evaluated(calls: list[Call], references: References, machine: Machine) -> Iterator[Reference]:
    for start in range(0, len(calls), _BATCH):
        batch = calls[start : start + _BATCH]
        references.evaluate_together(batch, machine)
        yield from (references.primary(call, machine) for call in batch)


def _calls(checks: int) -> int:
    """How many calls have their balls computed."""
    return min(_CERTIFIED, checks // 2)


def _answers(ledger: _Ledger, requests: list[dict[str, Any]]) -> tuple[Ready, dict[int, Mapping[str, Any]]]:
    """What the real framework's worker answers, through a real pool."""
    answers: dict[int, Mapping[str, Any]] = {}
    with Pool([environment(_FRAMEWORK)[0]]) as pool:
        pool.start()
        ready = pool.next_event()
        if not isinstance(ready, Ready):
            raise BenchError(f"{_FRAMEWORK} cannot run: {ready}")
        pool.submit(_FRAMEWORK, requests)
        with ledger.entry("events"):
            while not isinstance(event := pool.next_event(), Finished):
                assert isinstance(event, Answered), event
                answers[event.request] = event.answer
    return ready, answers


def _written(sink: Sink, records: list[CheckRecord]) -> None:
    for record in records:
        sink.write(record)
    sink.close(True, None)


def _ended(ledger: _Ledger, records: list[CheckRecord]) -> None:
    gate, tally = Gate([]), Tally()
    with ledger.entry("gate"):
        for record in records:
            gate.add(record, "cpu")
    with ledger.entry("summary"):
        for record in records:
            tally.add(counted(record))
        print_summary(tally.summary({}, {}), Console(file=io.StringIO()))


def _processes(bench: Bench) -> dict[str, Measured]:
    """Whole processes: of the run, of its imports, and of pytest with items that do nothing."""
    folder = bench.place([_FRAMEWORK], bench.checks, "pytest")
    (folder / "imports.py").write_text(f"{_START}\n")
    subjects = [
        host("imports", ["imports"], folder, bench.checks),
        conformance_run(bench, [_FRAMEWORK], bench.checks),
        pytest_cases(bench, "pytest cases", "-q", proof=PASSED),
        _empty(bench, "empty items", bench.checks),
        _empty(bench, "one empty item", 1),
    ]
    return measure(subjects, bench.rounds)


def _empty(bench: Bench, name: str, items: int) -> Subject:
    arguments = ["pytest", "cases", "-q", "-p", "empty_items"]
    subject = host(name, arguments, bench.place([_FRAMEWORK], CHECKS_PER_SEED, "empty"), items, PASSED)
    variables = {**subject.environment, "PYTHONPATH": str(THEIRS), "BENCH_ITEMS": str(items)}
    return Subject(name, subject.command, subject.folder, items, PASSED, variables, subject.needed)


def _each_item(processes: Mapping[str, Measured]) -> list[float]:
    many, one = processes["empty items"].main, processes["one empty item"].main
    return [a - b for a, b in zip(many, one, strict=True)]


def _left_over(
    seconds: Mapping[str, list[float]], imports: list[float], total: list[float], checks: int
) -> Row:
    """What the stages leave: the engine between them, waiting, starting and ending the worker."""
    stages = (
        "load",
        "plan",
        "draw",
        "bound",
        "request",
        "events",
        "judge",
        "record",
        "write",
        "gate",
        "summary",
    )
    left = [
        whole - start - sum(seconds[stage][number] for stage in stages)
        for number, (whole, start) in enumerate(zip(total, imports, strict=True))
    ]
    figures: dict[str, Figure] = {
        "us per check": [value / checks * 1e6 for value in left],
        "share": [value / whole for value, whole in zip(left, total, strict=True)],
    }
    return Row("the rest: the engine between them, starting and ending", figures)
