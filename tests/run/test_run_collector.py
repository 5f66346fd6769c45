"""The garbage collector is spared during a run, and after it left as it was."""

from __future__ import annotations

import gc

import pytest

from conformance.run import spare_collector


@pytest.fixture(autouse=True)
def usual():
    """The thresholds that Python starts with, whatever ran before; and nothing stays frozen for good."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_it_looks_seldom_and_afterwards_as_often_as_before():
    before = gc.get_threshold()
    end = spare_collector()
    assert gc.get_threshold()[0] > 10 * before[0]
    end()
    assert gc.get_threshold() == before


def test_what_is_there_at_the_beginning_and_at_the_end_is_not_looked_at_again():
    gc.unfreeze()
    end = spare_collector()
    early = gc.get_freeze_count()
    kept = [[] for _ in range(1000)]
    end()
    assert gc.get_freeze_count() >= early + len(kept)
