"""What goes wrong with a results file."""

from __future__ import annotations

from pathlib import Path


class ResultsError(Exception):
    """A results file cannot be written or read.

    `path` is the file, `line` counts from 1 (None where no line is to blame), `problem` says what is
    wrong and `hint` what would mend it (or is empty). `str()` is one line: `path:line: problem; hint`.
    """

    def __init__(self, path: str | Path, problem: str, *, line: int | None = None, hint: str = "") -> None:
        self.path = str(path)
        self.line = line
        self.problem = problem
        self.hint = hint
        super().__init__(path, problem, line, hint)

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.problem}; {self.hint}" if self.hint else f"{place}: {self.problem}"
