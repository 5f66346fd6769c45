"""Shards: disjoint, complete, even, and the same everywhere."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conformance.model import CallSpec
from conformance.plan import EAGER
from conformance.run import Shard, ShardError
from tests.run.run_checks import checks


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Any check."""
    return checks(tmp_path_factory.mktemp("shard"))[0]


def plan_of(template, sizes):
    """Checks of one call for each (eager, compiled) pair of numbers, not call by call."""
    made = []
    for number, (eager, compiled) in enumerate(sizes):
        spec = CallSpec(template.spec.operator, template.spec.case, {"n": number}, (), (), "float32")
        for mode, often in ((EAGER, eager), ("compile", compiled)):
            for place in range(often):
                name = f"op/case/{number}/{place}/{mode}"
                made.append(replace(template, id=name, spec=spec, mode=mode))
    return sorted(made, key=lambda check: check.mode != EAGER)


sizes = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(sizes=sizes, count=st.integers(1, 9))
def test_every_check_is_in_exactly_one_shard_with_its_whole_call(template, sizes, count):
    plan = plan_of(template, sizes)
    shards = [Shard(number, count).choose(plan) for number in range(1, count + 1)]
    often = Counter(check.id for shard in shards for check in shard)
    assert often == Counter(check.id for check in plan)
    for shard in shards:
        assert shard == [check for check in plan if check in shard]  # in the plan's order
    owners = {(id(check.spec), at) for at, shard in enumerate(shards) for check in shard}
    assert len(owners) == len({id(check.spec) for check in plan})


@settings(max_examples=200, deadline=None)
@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=60), count=st.integers(1, 9))
def test_no_shard_has_more_than_one_call_more_than_another(template, sizes, count):
    plan = plan_of(template, [(size, 0) for size in sizes])
    loads = [len(Shard(number, count).choose(plan)) for number in range(1, count + 1)]
    assert max(loads) - min(loads) <= max(sizes)


@settings(max_examples=200, deadline=None)
@given(sizes=sizes, count=st.integers(1, 9))
def test_compiled_checks_are_even_too(template, sizes, count):
    plan = plan_of(template, sizes)
    shards = [Shard(number, count).choose(plan) for number in range(1, count + 1)]
    compiled = [sum(check.mode != EAGER for check in shard) for shard in shards]
    assert max(compiled) - min(compiled) <= max(most for _, most in sizes)


def test_a_plan_made_anew_is_split_alike(template):
    sizes = [(3, 1), (2, 0), (5, 2), (2, 0), (7, 0)]
    ids = [[check.id for check in Shard(2, 3).choose(plan_of(template, sizes))] for _ in range(2)]
    assert ids[0] == ids[1] != []


@pytest.mark.parametrize(
    "text", ["", "2", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1/1001", "1 / 2", "\uff11/\uff12"]
)
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ShardError, match=r"write it as K/N with K from 1 to N, such as 2/4"):
        Shard.parse(text)


def test_a_shard_is_written_as_it_is_read():
    assert str(Shard.parse("2/4")) == "2/4"
