"""What a schema has accepted is not validated again; all else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.casefile import CaseFileError, accepted, load
from conformance.casefile.accepted import accept, was_accepted

SCHEMA = {"type": "object"}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setattr("conformance.caches.disk.platformdirs.user_cache_dir", lambda _: str(folder))
    return folder


@pytest.fixture
def validated(monkeypatch):
    """The paths that have been validated."""
    from conformance.casefile import validation

    seen, whole = [], validation.validate

    def validate(tree, path, against=None):
        seen.append(path)
        whole(tree, path, against)

    monkeypatch.setattr(validation, "validate", validate)
    return seen


CASES = Path(__file__).parents[2] / "cases" / "kl_div.yaml"


def test_a_file_is_validated_once(tmp_path, validated):
    path = tmp_path / "kl_div.yaml"
    path.write_text(CASES.read_text())
    first, second = load(path), load(path)
    assert len(validated) == 1
    assert [case.id for case in first.cases] == [case.id for case in second.cases]
    path.write_text(f"{CASES.read_text()}\n# changed\n")
    load(path)
    assert len(validated) == 2


def test_what_is_refused_is_refused_again(tmp_path, validated):
    path = tmp_path / "kl_div.yaml"
    path.write_text(f"{CASES.read_text()}\nunknown: 1\n")
    for _ in range(2):
        with pytest.raises(CaseFileError, match="unknown key"):
            load(path)
    assert len(validated) == 2


def test_another_text_schema_or_program_finds_nothing(monkeypatch):
    accept("text", SCHEMA)
    assert was_accepted("text", SCHEMA)
    assert not was_accepted("text ", SCHEMA)
    assert not was_accepted("text", {"type": "array"})
    monkeypatch.setattr(accepted, "_package", lambda: b"of another version")
    assert not was_accepted("text", SCHEMA)


def test_without_a_place_to_write_nothing_is_remembered_and_nothing_fails(cache, tmp_path, validated):
    cache.write_text("a file where the folder would be")
    path = tmp_path / "kl_div.yaml"
    path.write_text(CASES.read_text())
    load(path)
    load(path)
    assert len(validated) == 2
