"""What tells whether two results files belong together: the CI run, and the texts of the case files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from conformance.model import Operator
from conformance.results import ResultsError

_CI_RUNS = ("GITHUB_RUN_ID", "CI_PIPELINE_ID", "BUILD_TAG")  # of GitHub, GitLab and Jenkins


def ci_run() -> str | None:
    """The CI run that this process belongs to, the same on all of its machines; None outside CI."""
    return next((f"{name}={os.environ[name]}" for name in _CI_RUNS if os.environ.get(name)), None)


def case_digest(operator: Operator) -> str:
    """The SHA-256 of a case file's text, whichever way its lines end. Raises ResultsError."""
    try:
        text = Path(operator.path).read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise ResultsError(operator.path, f"cannot be read any more: {problem}") from problem
    return hashlib.sha256(text.encode()).hexdigest()
