"""Judging results files: everything the gate says of a run, without a framework and without its cases."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance import __version__
from conformance.gate.expectations import Expectation, printable
from conformance.gate.stale import Facts
from conformance.gate.verdict import Gate
from conformance.results import Brief, Footer, Header, ResultsError, Skim


@dataclass(slots=True)
class Judged:
    """The verdicts of some results files.

    `headers` and `footers` are theirs; `news` are the checks whose verdicts close the gate; `total` counts
    all checks; `unavailable` names the environments that could not run.
    """

    gate: Gate
    headers: dict[Path, Header] = field(default_factory=dict)
    footers: dict[Path, Footer] = field(default_factory=dict)
    news: list[Brief] = field(default_factory=list)
    total: int = 0
    unavailable: dict[str, None] = field(default_factory=dict)

    def platform(self, path: Path, environment: str) -> str:
        """The platform of an environment of a file, "" where its header does not tell."""
        form = self.headers[path]["environments"].get(environment)
        return form["platform"] if form is not None else ""

    @property
    def whole(self) -> bool:
        """Whether the files hold the full plan, so that what matches no check of them is stale."""
        chosen = [header["selection"] for header in self.headers.values()]
        return all(each["whole"] and each["shard"] is None for each in chosen)


def judge(
    paths: Sequence[Path], expectations: Sequence[Expectation], today: datetime.date, *, strict: bool = True
) -> Judged:
    """The verdicts of every check in the complete results files `paths`, read once, in a stream.

    `today` is what the last days of expectations are compared with. Raises ResultsError where a file is
    not ours, damaged, incomplete or of another version of the suite, or two files hold the same check;
    ExpectationError where two expectations are about the same check.
    """
    judged = Judged(Gate(expectations, strict))
    owners: dict[str, Path] = {}
    for path in paths:
        for brief in _checks(path, judged):
            other = owners.setdefault(brief["id"], path) if len(paths) > 1 else path
            if other is not path:
                problem = f"{printable(brief['id'])} is in {other}, too"
                hint = "two runs of the same checks are compared by: conformance diff OLD NEW"
                raise ResultsError(path, problem, hint=hint)
    judged.gate.find_stale(
        _planned(judged),
        today,
        covered=judged.whole,
        everywhere=not judged.unavailable,
        left_out=_planned(judged, other_modes=True),
    )
    return judged


def _checks(path: Path, judged: Judged) -> Iterator[Brief]:
    """The checks of one file, each ruled on."""
    skim = Skim(path)
    made_by = skim.header["suite"]["version"]
    if made_by != __version__:
        problem = f"was made by version {made_by} of the suite, this is {__version__}"
        raise ResultsError(path, problem, line=1, hint=f"run the checks again, or judge it with {made_by}")
    judged.headers[path] = skim.header
    for brief in skim:
        ruling = judged.gate.add(brief, judged.platform(path, brief["environment"]))
        judged.total += 1
        if judged.gate.closes(ruling.verdict):
            judged.news.append(brief)
        yield brief
    judged.unavailable.update(dict.fromkeys(skim.header["unavailable"]))
    assert skim.footer is not None  # of a complete run
    judged.footers[path] = skim.footer
    judged.unavailable.update(dict.fromkeys(skim.footer["unavailable"]))


def _planned(judged: Judged, other_modes: bool = False) -> Iterator[Facts]:
    """The files' checks once more; or what each would be in the other modes of its environment."""
    for path, header in judged.headers.items():
        modes = header["selection"]["known_modes"]
        for brief in Skim(path):
            environment = brief["environment"]
            platform = judged.platform(path, environment)
            if not other_modes:
                yield brief, platform
                continue
            before, _, aspect = brief["id"].rpartition(f"/{brief['mode']}/")
            for mode in modes.get(environment, ()):
                yield {**brief, "id": f"{before}/{mode}/{aspect}", "mode": mode}, platform
