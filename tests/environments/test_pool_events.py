"""What has come together is handed over together."""

from __future__ import annotations

from conformance.environments import Answered, Pool, Ready
from tests.fakes import environment, request


def test_what_came_together_can_be_taken_together():
    with Pool([environment()]) as pool:
        pool.submit("fake", [request(number) for number in range(150)])
        pool.start()
        assert pool.more_events() == []
        rounds = []
        while (event := pool.next_event()) is not None:
            rounds.append([event, *pool.more_events()])
    events = [event for events in rounds for event in events]
    assert isinstance(events[0], Ready)
    assert [event.request for event in events if isinstance(event, Answered)] == list(range(150))
    assert len(rounds) < len(events)
