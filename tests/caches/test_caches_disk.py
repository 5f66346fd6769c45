"""Files in the user's cache, which may be damaged, full or nowhere."""

from __future__ import annotations

import os

import pytest

from conformance.caches import CacheFolder, sources_digest
from conformance.caches.disk import LEAST


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's cache."""
    folder = tmp_path / "cache"
    monkeypatch.setattr("conformance.caches.disk.platformdirs.user_cache_dir", lambda _: str(folder))
    return folder


def test_what_was_written_is_read_and_nothing_else(home):
    kept = CacheFolder("kept", most=1 << 20)
    assert kept.read("one") is None
    kept.write("one", b"text")
    assert kept.read("one") == b"text"
    kept.write("one", b"other")
    assert kept.read("one") == b"other"
    assert CacheFolder("elsewhere", most=1 << 20).read("one") is None
    assert [file.name for file in (home / "kept").iterdir()] == ["one"]


@pytest.mark.parametrize("size", [0, 10 * LEAST])
def test_what_was_used_longest_ago_goes_first(home, size):
    kept = CacheFolder("kept", most=3 * max(size, LEAST))
    for key in "abc":
        kept.write(key, bytes(size))
        for file in kept.path.iterdir():
            moment = file.stat().st_mtime - 10
            os.utime(file, (moment, moment))
    assert kept.read("a") is not None  # now it is the one used last
    kept.write("d", bytes(size))
    assert [kept.read(key) is not None for key in "abcd"] == [True, False, True, True]


def test_without_a_place_to_write_nothing_is_kept_and_nothing_fails(home):
    home.write_text("a file where the folder would be")
    kept = CacheFolder("kept", most=1 << 20)
    kept.write("one", b"text")
    assert kept.read("one") is None


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_behind(home):
    kept = CacheFolder("kept", most=1 << 20)
    (home / "kept" / "one" / "in the way").mkdir(parents=True)
    kept.write("one", b"text")
    assert [file.name for file in (home / "kept").iterdir()] == ["one"]


def test_another_name_or_text_of_a_source_is_another_digest(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = sources_digest(tmp_path)
    (tmp_path / "a.py").write_text("2")
    second = sources_digest(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({first, second, sources_digest(tmp_path)}) == 3
    (tmp_path / "note.txt").write_text("no source")
    (tmp_path / "b.py").rename(tmp_path / "a.py")
    assert sources_digest(tmp_path) == second
