"""A set of checks as patterns: exactly those checks, in as few patterns as people would write."""

from __future__ import annotations

import fnmatch
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.gate.patterns import cover

CASES = ("one", "two", "three", "four", "five")
APIS = ("fw.nn.Op", "fw.nn.functional.op", "fw.ops.op", "fw.mint.op")
DTYPES = ("float16", "bfloat16", "float32", "float64")
ASPECTS = ("value", "gradient:input", "gradient:target")


def name(case="one", variant="n:1+r:sum", api=APIS[0], dtype="float32", mode="eager", aspect="value"):
    return f"op/{case}/{variant}/{api}/fw/{dtype}/cpu/{mode}/{aspect}"


IDS = [
    name(case, variant, api, dtype, mode, aspect)
    for case, variant, api, dtype, mode, aspect in itertools.product(
        CASES[:3], ("n:1+r:sum", "n:1+r:mean", "n:2+r:sum"), APIS[:3], DTYPES[:3], ("eager",), ASPECTS[:2]
    )
]


def matched(ids, patterns):
    return {each for pattern in patterns for each in fnmatch.filter(ids, pattern)}


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(IDS), min_size=1, max_size=60))
def test_exactly_the_wanted_checks_are_matched(wanted):
    patterns = cover(IDS, wanted)
    assert matched(IDS, patterns) == wanted
    for pattern in patterns:  # none is superfluous
        assert matched(IDS, [other for other in patterns if other != pattern]) != wanted


odd = st.text("ab*?[]!:+./é ", max_size=8)


@settings(deadline=None, max_examples=100)
@given(st.lists(odd, min_size=1, max_size=8, unique=True), st.data())
def test_ids_that_are_none_and_wildcards_in_ids_are_taken_as_they_are(ids, data):
    wanted = data.draw(st.sets(st.sampled_from(ids), min_size=1))
    assert matched(ids, cover(ids, wanted)) == wanted


def of(**axes):
    """All checks with these words, among all."""
    everything = {
        "case": CASES, "variant": ("r:sum", "r:mean"), "api": APIS, "dtype": DTYPES,
        "mode": ("eager", "jit"), "aspect": ASPECTS,
    }  # fmt: skip
    chosen = {**everything, **axes}
    return [name(**dict(zip(chosen, words, strict=True))) for words in itertools.product(*chosen.values())]


def test_words_that_do_not_matter_become_one_wildcard():
    assert cover(of(), of(case=["two"], aspect=["value"])) == ["op/two/*/value"]
    assert cover(of(), of(case=["two"], dtype=["float64"], aspect=["value"])) == ["op/two/*/float64/*/value"]


def test_the_case_is_left_open_only_where_many_agree():
    assert cover(of(), of(api=[APIS[2]], aspect=["value"])) == ["op/*/fw.ops.op/*/value"]
    two = of(case=CASES[:2], aspect=["value"], dtype=["float64"])
    assert cover(of(case=CASES[:2]), two) == ["op/one/*/float64/*/value", "op/two/*/float64/*/value"]


def test_half_precision_and_all_but_bfloat16_are_single_patterns():
    half = of(case=["one"], dtype=["float16", "bfloat16"], aspect=["value"])
    assert cover(of(), half) == ["op/one/*/*float16/*/value"]
    ieee = of(case=["one"], dtype=["float16", "float32", "float64"], aspect=["value"])
    assert cover(of(), ieee) == ["op/one/*/float*/*/value"]


def test_namespaces_are_single_patterns():
    assert cover(of(), of(case=["one"], api=APIS[:2], aspect=["value"])) == ["op/one/*/fw.nn.*/*/value"]
    assert cover(of(), of(case=["one"], api=APIS[:3], aspect=["value"])) == ["op/one/*/fw.[no]*/*/value"]


def test_all_gradients_are_one_pattern_and_values_are_another_question():
    assert cover(of(), of(case=["one"], aspect=ASPECTS[1:])) == ["op/one/*/gradient:*"]
    assert cover(of(), of(case=["one"])) == ["op/one/*/value", "op/one/*/gradient:*"]


def test_settings_of_a_variant_are_left_open_one_by_one():
    ids = [name(variant=f"n:{n}+r:{r}+s:{s}") for n in (1, 2, 3) for r in ("sum", "mean") for s in (1, 2)]
    assert cover(ids, [each for each in ids if "r:mean" in each]) == ["op/one/*+r:mean+*/*/value"]
    assert cover(ids, [each for each in ids if "n:1+" in each]) == ["op/one/n:1+*/*/value"]


def test_a_pattern_that_others_make_superfluous_is_left_out():
    """The textbook case: b=d=1 is the widest pattern, all of it within the four needed besides."""

    def at(number):
        return name(
            variant="+".join(
                f"{key}:{number >> bit & 1}" for key, bit in zip("abcd", (3, 2, 1, 0), strict=True)
            )
        )

    ids = [at(number) for number in (5, 7, 13, 15, 0, 1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 14)]
    wanted = {at(number) for number in (5, 7, 13, 15, 1, 6, 11, 12)}
    patterns = cover(ids, wanted)
    assert matched(ids, patterns) == wanted
    assert len(patterns) == 4


def test_patterns_come_in_the_order_of_the_checks():
    wanted = [name(case=case) for case in reversed(CASES[:3])]
    ids = [name(case=case, dtype=dtype) for case in CASES[:3] for dtype in DTYPES]
    assert [pattern.split("/")[1] for pattern in cover(ids, wanted)] == list(CASES[:3])
