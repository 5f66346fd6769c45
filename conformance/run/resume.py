"""Going on with a results file whose run was killed or stopped: only what it lacks is run."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from conformance import __version__
from conformance.environments import Ready, Unavailable
from conformance.model import Check, Operator
from conformance.results import (
    CheckRecord,
    Header,
    ResultsError,
    ResultsWriter,
    RunResults,
    Selection,
    read_results,
)
from conformance.run.engine import Run
from conformance.run.identity import case_digest
from conformance.run.sink import Sink

_HINT = "resume it as it was begun, or run everything into a new file"


class Continuation:
    """The destination of a run that goes on with an incomplete results file.

    The file is changed only once every environment that is needed has shown that it is what it was.
    """

    def __init__(self, earlier: RunResults) -> None:
        self._earlier = earlier
        self._path = earlier.path
        self._done = {record["id"] for record in earlier.checks}

    @classmethod
    def read(cls, path: Path, operators: Sequence[Operator], selection: Selection) -> Continuation:
        """The continuation of the file at `path` by a run over `selection`.

        Raises ResultsError where the file is not ours, damaged or complete, or was begun by another
        version of the suite, with other cases, or over other checks.
        """
        earlier = read_results(path.resolve(), incomplete=True)
        if earlier.complete:
            raise ResultsError(path, "is complete: nothing to resume")
        if difference := _difference(earlier.header, operators, selection):
            raise ResultsError(path, f"cannot be resumed: {difference}", hint=_HINT)
        return cls(earlier)

    def left(self, checks: Sequence[Check]) -> list[Check]:
        """Those of `checks` that the file lacks."""
        return [check for check in checks if check.id not in self._done]

    def introduce(self, sink: Sink) -> None:
        """Tell `sink` of the environments that are not started again, since nothing is left for them."""
        header, footer = self._earlier.header, self._earlier.footer
        lost = {**header["unavailable"], **(footer["unavailable"] if footer is not None else {})}
        for name, form in header["environments"].items():
            if name not in sink.names:
                sink.ready[name] = Ready(name, form)
        for name, why in lost.items():
            if name not in sink.names:
                sink.unavailable[name] = Unavailable(name, why["reason"], why["mend"])

    def records(self, run: Run) -> Generator[CheckRecord, None, None]:
        """The records of the file, then those of `run`."""
        yield from self._earlier.checks
        yield from run

    def check(self) -> None:
        """Nothing: that the file can be written is seen when it is."""

    def open(self, header: Header) -> ResultsWriter:
        """The writer that goes on with the file. Raises ResultsError where an environment has changed."""
        before = self._earlier.header
        for name, why in header["unavailable"].items():
            if name in before["environments"]:
                raise self._refusal(f"environment {name} cannot run now: {why['reason']}")
        for name, form in header["environments"].items():
            known = before["environments"].get(name)
            if known is None:
                raise self._refusal(f"environment {name} could not run then, and can now")
            for key, value in form.items():
                had = known[key]  # type: ignore[literal-required]  # both forms have the same keys
                if had != value:
                    raise self._refusal(f"environment {name} has {key} {value} now, it had {had}")
        return ResultsWriter.resume(self._path)

    def _refusal(self, problem: str) -> ResultsError:
        return ResultsError(self._path, f"cannot be resumed: {problem}", hint=_HINT)


def _difference(header: Header, operators: Sequence[Operator], selection: Selection) -> str:
    """What tells the run that a file was begun by from this one; "" where nothing does."""
    version, before = header["suite"]["version"], header["selection"]
    if version != __version__:
        return f"it was begun by version {version} of the suite, this is {__version__}"
    for operator in operators:
        if header["cases"].get(operator.name) != case_digest(operator):
            return f"{operator.path} has changed since, or was not part of it"
    for operator_name in header["cases"]:
        if operator_name not in {operator.name for operator in operators}:
            return f"the cases of {operator_name} were part of it"
    if before["shard"] != selection["shard"]:
        return f"it is {_shard(before)}, this run is {_shard(selection)}"
    if before["digest"] != selection["digest"]:
        return (
            f"it is over {before['checks']:,} checks, this run is over {selection['checks']:,} others;"
            f" it was begun by: {header['suite']['command']}"
        )
    return ""


def _shard(selection: Selection) -> str:
    return "no shard" if selection["shard"] is None else f"shard {selection['shard']}"
