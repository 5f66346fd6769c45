"""What is kept in memory, and what goes."""

from __future__ import annotations

import pytest

from conformance.caches import Recent


def made_anew(recent, key, value=None):
    """Whether there was nothing of this key."""
    made = []
    recent.get(key, lambda: made.append(value))
    return bool(made)


def test_what_was_made_is_kept_even_if_it_is_none():
    recent = Recent()
    assert made_anew(recent, "a")
    assert not made_anew(recent, "a")
    assert "a" in recent
    assert "b" not in recent
    assert recent.get("b", lambda: 7) == recent.get("b", lambda: 8) == 7


def test_the_longest_unused_goes_first():
    recent = Recent(entries=2)
    for key in "ab":
        recent.put(key, key)
    assert "b" in recent  # which is no use of it
    recent.get("a", str)
    recent.put("c", "c")
    assert [key in recent for key in "abc"] == [True, False, True]


def test_bytes_are_bounded_but_for_a_single_thing():
    recent = Recent(nbytes=10, size=len)
    recent.put("a", bytes(5))
    recent.put("b", bytes(5))
    assert "a" in recent
    recent.put("c", bytes(20))
    assert [key in recent for key in "abc"] == [False, False, True]
    recent.put("d", bytes(1))
    assert [key in recent for key in "cd"] == [False, True]
    recent.put("e", bytes(9))
    assert "d" in recent


def test_what_fails_to_be_made_is_asked_for_again():
    recent = Recent()
    with pytest.raises(ZeroDivisionError):
        recent.get("a", lambda: 1 / 0)
    assert recent.get("a", lambda: 2) == 2
