"""Workers leave nothing behind."""

from __future__ import annotations

import tempfile

import pytest


@pytest.fixture(autouse=True)
def tempdir(tmp_path_factory, monkeypatch):
    """Where workers make their directories; the test fails if one is left."""
    folder = tmp_path_factory.mktemp("workers")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    assert list(folder.glob("conformance-*")) == []
