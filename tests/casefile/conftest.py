"""A small valid case file, and the messages of files derived from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.casefile import CaseFileError, load

collect_ignore = ["example"]  # the case file there is for these tests to load; its operator does not exist

VALID = """\
operator: op
inputs: [x, y]
attributes: {mode: mean, flag: false, size: null, beta: 1.0}
documents:
  paper: {title: A paper}
conventions:
  zero:
    question: What is 0 log 0?
    reference: nothing
    source: a book
    choices: {nothing: "0", nan: "NaN"}
apis:
  torch.nn.Op:
    kind: class
    document: paper
    parameters:
      mode: {default: mean, values: [mean, none]}
cases:
  - id: first
    summary: the first
    inputs:
      x: [[1, 2], [3, 4]]
      y: {generator: normal}
    matrix:
      shape: [[2, 2]]
"""

Refused = Callable[[str | bytes], list[str]]


@pytest.fixture(scope="session")
def valid() -> str:
    """The text of a small valid case file, `op.yaml`."""
    return VALID


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """The messages of a case file that is refused, as if it were `op.yaml` in the current folder."""

    def messages(content: str | bytes) -> list[str]:
        path = tmp_path / "op.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(CaseFileError) as caught:
            load(path, shown_as="op.yaml")
        return str(caught.value).splitlines()

    return messages


@pytest.fixture
def edited(valid: str) -> Callable[[str, str], str]:
    """The valid file with the first occurrence of one text replaced by another."""

    def edit(old: str, new: str) -> str:
        assert old in valid
        return valid.replace(old, new, 1)

    return edit
