"""The search for the first version that differs."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from conformance.run import bisect


@st.composite
def histories(draw):
    """What each version gives, None where it cannot be tried: one thing up to some version, then another."""
    count = draw(st.integers(2, 40))
    change = draw(st.integers(1, count))
    broken = draw(st.sets(st.integers(0, count - 1)))
    return [None if at in broken else "old" if at < change else "new" for at in range(count)]


@given(histories())
def test_the_change_lies_between_what_is_reported(history):
    versions = [f"{at}.0" for at in range(len(history))]
    looks = []

    def look(version):
        looks.append(version)
        return history[versions.index(version)]

    found = bisect(versions, look)
    assert len(looks) == len(set(looks))
    told = [outcome for outcome in history if outcome is not None]
    if len(told) < 2:
        assert found is None
    elif len(set(told)) == 1:
        assert (found.before, found.first) == (told[0], None)
    else:
        first = history.index("new")
        last = max(at for at, outcome in enumerate(history) if outcome == "old")
        assert (found.first, found.last) == (versions[first], versions[last])
        assert (found.before, found.after) == ("old", "new")
        assert list(found.between) == versions[last + 1 : first]
    if None not in history:
        assert len(looks) <= 2 + math.ceil(math.log2(len(history)))
