"""A call's arrays and its key."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from msgspec.structs import replace
from op_file import MakeOperator, MakePlan, MakeSpec

from conformance.model import CallSpec, Case, Generator, InputSpec, Literal, Location, Operator
from conformance.plan import CallCache, InvalidInput, Target, expand, materialise, seed_of
from conformance.plan.generate import generate
from conformance.plan.rounding import round_to_numpy

UNIFORM = "{generator: uniform, shape: [3, 4], seed: 5}"


def array(spec: CallSpec, name: str = "x") -> np.ndarray:
    made = materialise(spec).arrays[name]
    assert isinstance(made, np.ndarray)
    return made


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_floating_inputs_are_rounded_once_to_the_dtype_of_the_check(spec: MakeSpec, dtype: str) -> None:
    made = array(spec(f"{{x: {UNIFORM}, y: [0.1, 1.00390625000001]}}", dtype))
    values = generate(
        "uniform", (3, 4), seed_of(InputSpec("x", Generator("uniform")), Generator("uniform", seed=5)), {}
    )
    assert made.dtype == (ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype(dtype))
    assert made.tobytes() == round_to_numpy(values, dtype).tobytes()


def test_literals_are_rounded_once(spec: MakeSpec) -> None:
    made = array(spec("{x: [0.1, 1.00390625000001, .nan, -.inf, -0.0], y: 1}", "bfloat16"))
    # The second lies just above a tie of bfloat16, by less than float32 can tell.
    assert repr(made.astype(float).tolist()) == "[0.10009765625, 1.0078125, nan, -inf, -0.0]"


def test_integers_are_never_rounded(spec: MakeSpec) -> None:
    made = array(
        spec("{x: {value: [9007199254740993, -9223372036854775808], dtype: int64}, y: 1}", "float16")
    )
    assert made.dtype == np.int64
    assert made.tolist() == [9007199254740993, -9223372036854775808]


def test_integers_without_a_dtype_become_the_checks(spec: MakeSpec) -> None:
    assert array(spec("{x: [2049, 3], y: 1}", "float16")).tolist() == [2048.0, 3.0]


def test_booleans(spec: MakeSpec) -> None:
    made = array(spec("{x: {value: [true, false], dtype: bool}, y: 1}"))
    assert (made.dtype, made.tolist()) == (np.bool_, [True, False])


def test_an_input_may_have_its_own_dtype(spec: MakeSpec) -> None:
    call = spec("{x: [0.1], y: {value: [0.1], dtype: float64}}", "float16")
    assert array(call).dtype == np.float16
    assert (array(call, "y").dtype, array(call, "y")[0]) == (np.float64, 0.1)


def test_a_generator_of_whole_numbers_fills_an_integer_input(spec: MakeSpec) -> None:
    made = array(spec("{x: {generator: alternating, value: 3, shape: [3], dtype: int32}, y: 1}"))
    assert (made.dtype, made.tolist()) == (np.int32, [3, -3, 3])


@pytest.mark.parametrize("dtype", ["int32", "bool"])
def test_a_generator_of_other_numbers_never_does(spec: MakeSpec, dtype: str) -> None:
    with pytest.raises(
        InvalidInput, match=f"input x: generator uniform gives numbers that {dtype} does not hold"
    ):
        materialise(spec(f"{{x: {{generator: uniform, low: 0, high: 9, shape: [3], dtype: {dtype}}}, y: 1}}"))


def test_deliberate_non_tensors_arrive_as_they_are(spec: MakeSpec) -> None:
    call = materialise(spec("{x: {raw: [1, 0.5]}, y: {raw: [1.0, 2.0], ndarray: true}}", "float16"))
    assert call.arrays["x"] == [1, 0.5]
    given = call.arrays["y"]
    assert isinstance(given, np.ndarray)
    assert (given.dtype, given.tolist()) == (np.float64, [1.0, 2.0])
    assert call.nbytes == 16


def test_inputs_of_one_seed_are_independent_unless_they_name_one_stream(spec: MakeSpec) -> None:
    own = spec("{x: {generator: uniform, shape: [9], seed: 1}, y: {generator: uniform, shape: [9], seed: 1}}")
    assert not set(array(own).tolist()) & set(array(own, "y").tolist())
    source = "{generator: uniform, shape: [9], seed: 1, stream: s}"
    shared = spec(f"{{x: {source}, y: {source}}}")
    assert array(shared).tobytes() == array(shared, "y").tobytes()


def test_seeds_of_neighbouring_cases_and_inputs_never_meet() -> None:
    streams = {
        seed_of(InputSpec(name, Literal(0)), Generator("uniform", seed=seed))
        for name in ("input", "target", "x", "y", "weight")
        for seed in range(200)
    }
    assert len(streams) == 1000
    assert max(streams) < 2**128


@pytest.mark.parametrize(
    "generator", ["uniform", "normal", "probabilities", "log_probabilities", "magnitudes"]
)
def test_expanded_layouts_are_equal_along_the_first_axis(spec: MakeSpec, generator: str) -> None:
    made = array(spec(f"{{x: {{generator: {generator}, shape: [4, 3, 2], layout: expanded}}, y: 1}}"))
    assert made.shape == (4, 3, 2)
    for row in made[1:]:
        assert row.tobytes() == made[0].tobytes()
    assert len(set(made[0].ravel().tolist())) > 1


@pytest.mark.parametrize("layout", ["contiguous", "expanded"])
@pytest.mark.parametrize("shape", ["[]", "[0]", "[0, 3]", "[3, 0]"])
def test_shapes_without_axes_or_elements(spec: MakeSpec, shape: str, layout: str) -> None:
    made = array(spec(f"{{x: {{generator: uniform, shape: {shape}, layout: {layout}}}, y: 1}}"))
    assert str(list(made.shape)) == shape


@pytest.mark.parametrize("layout", ["contiguous", "transposed", "strided"])
def test_other_layouts_do_not_change_the_values(spec: MakeSpec, layout: str) -> None:
    made = array(spec(f"{{x: {{generator: uniform, shape: [3, 4], seed: 5, layout: {layout}}}, y: 1}}"))
    assert made.tobytes() == array(spec(f"{{x: {UNIFORM}, y: 1}}")).tobytes()
    assert made.flags.c_contiguous


def test_a_literal_of_equal_rows_can_be_expanded_and_another_cannot(spec: MakeSpec) -> None:
    equal = "{value: [[.nan, -0.0], [.nan, -0.0]], layout: expanded}"
    assert array(spec(f"{{x: {equal}, y: 1}}")).shape == (2, 2)
    with pytest.raises(InvalidInput, match="input x: its rows differ, so it has no expanded layout"):
        materialise(spec("{x: {value: [0.0, -0.0], layout: expanded}, y: 1}"))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            "{x: {generator: probabilities, axis: 2, shape: [2]}, y: 1}",
            "input x: generator probabilities: axis 2",
        ),
        (
            "{x: {generator: magnitudes, sign: none, shape: [2]}, y: 1}",
            "input x: generator magnitudes: sign 'none'",
        ),
        ("{x: {generator: uniform, low: a, shape: [2]}, y: 1}", "input x: generator uniform: "),
        (
            "{x: 1, y: {generator: uniform}}",
            "input y: generator uniform has no shape, and the matrix gives none",
        ),
    ],
)
def test_an_input_that_cannot_be_made_is_named(spec: MakeSpec, inputs: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        materialise(spec(inputs))


CASE = "  - id: a\n    summary: s\n    inputs: {x: [0.5, 2], y: {generator: normal, shape: [2]}}\n"


def test_the_key_is_equal_across_apis_frameworks_environments_and_ways_to_call(
    operator: MakeOperator,
) -> None:
    cases = CASE + CASE.replace("id: a", "id: b") + "    keywords: true\n    positional: [mode]\n"
    targets = [Target("torch", "torch"), Target("torch-1.13", "torch"), Target("flow", "oneflow")]
    made = operator(cases + "    attributes: {mode: mean}\n")
    checks = [check for check in expand([made], targets).checks if check.spec.dtype == "float32"]
    assert len({(check.api.name, check.environment, check.spec.case.id) for check in checks}) == 10
    assert len({materialise(check.spec).key for check in checks}) == 1


def test_the_key_is_stable() -> None:
    """It joins results of different runs, so it must be the same in each process (see PYTHONHASHSEED)."""
    where = Location("op.yaml", 1)
    case = Case("a", "s", where, (InputSpec("x", Literal([0.5, 2])),))
    operator = Operator("op", "op.yaml", ("x",), {"b": 1, "a": None}, {}, {}, {}, (case,))
    spec = CallSpec(operator, case, operator.attributes, (), case.inputs, "bfloat16")
    assert materialise(spec).key == "796cfa1557cfdfd0"
    assert materialise(replace(spec, attributes={"a": None, "b": 1})).key == "796cfa1557cfdfd0"


@pytest.mark.parametrize(
    "other",
    [
        "{x: [0.5, 2.0000002384185791015625], y: [1.0, -0.0]}",
        "{x: [0.5, 2], y: [1.0, 0.0]}",
        "{x: [[0.5, 2]], y: [1.0, -0.0]}",
        "{x: [1.0, -0.0], y: [0.5, 2]}",
        "{x: [0.5, 2], y: {value: [1.0, -0.0], dtype: float64}}",
        "{x: {raw: [0.5, 2.0]}, y: [1.0, -0.0]}",
        "{x: {raw: [0.5, 2]}, y: [1.0, -0.0]}",
        "{x: {raw: [0.5, 2.0], ndarray: true}, y: [1.0, -0.0]}",
    ],
)
def test_the_key_differs_where_the_inputs_do(spec: MakeSpec, other: str) -> None:
    base = materialise(spec("{x: [0.5, 2], y: [1.0, -0.0]}")).key
    assert materialise(spec(other)).key != base


def test_the_key_differs_between_dtypes_even_where_the_numbers_do_not(spec: MakeSpec) -> None:
    inputs = "{x: [0.5, 2], y: [1.0, 0.0]}"
    assert (
        len({materialise(spec(inputs, dtype)).key for dtype in ("float16", "bfloat16", "float32", "float64")})
        == 4
    )


def test_the_key_tells_a_layout_apart_from_nothing_else(spec: MakeSpec) -> None:
    other = "{x: {value: [0.5, 2], layout: strided}, y: 1}"
    assert materialise(spec(other)).key == materialise(spec("{x: [0.5, 2], y: 1}")).key


def test_the_key_differs_between_attributes(spec: MakeSpec) -> None:
    given = [
        "{}",
        "{mode: none}",
        "{flag: true}",
        "{size: 1}",
        "{size: true}",
        "{beta: 2}",
        "{size: '1'}",
        "{mode: 'null'}",
    ]
    assert len({materialise(spec("{x: 1, y: 2}", rest=rest)).key for rest in given}) == len(given)


def test_a_default_is_the_same_call_given_or_not(spec: MakeSpec) -> None:
    inputs = "{x: 1, y: 2}"
    assert materialise(spec(inputs)).key == materialise(spec(inputs, rest="{mode: mean, size: null}")).key


def test_the_cache_returns_the_same_call(spec: MakeSpec) -> None:
    cache, wanted = CallCache(), spec(f"{{x: {UNIFORM}, y: 1}}")
    assert cache.get(wanted) is cache.get(wanted)


def specs_of_bytes(plan: MakePlan, count: int, elements: int) -> list[CallSpec]:
    case = (
        f"  - id: a\n    summary: s\n    apis: [torch.op]\n"
        f"    inputs: {{x: {{generator: uniform, shape: [{elements}]}}, y: {{raw: null}}}}\n"
        f"    matrix: {{dtype: [float64], seed: {{count: {count}}}}}\n"
    )
    return [check.spec for check in plan(case).checks]


def test_the_cache_holds_no_more_than_its_bytes_and_drops_what_was_used_longest_ago(plan: MakePlan) -> None:
    first, second, third, fourth = specs_of_bytes(plan, 4, 100)
    cache = CallCache(max_bytes=2400)
    kept = [cache.get(each) for each in (first, second, third)]
    assert cache.get(first) is kept[0]
    cache.get(fourth)
    assert cache.get(first) is kept[0]
    assert cache.get(third) is kept[2]
    again = cache.get(second)
    assert again is not kept[1]
    assert again.key == kept[1].key


def test_the_cache_keeps_a_call_that_is_larger_than_its_bound(plan: MakePlan) -> None:
    first, second = specs_of_bytes(plan, 2, 1000)
    cache = CallCache(max_bytes=10)
    held = cache.get(first)
    assert cache.get(first) is held
    cache.get(second)
    assert cache.get(first) is not held


def test_the_cache_is_bounded_by_entries_too(plan: MakePlan) -> None:
    first, second, third = specs_of_bytes(plan, 3, 1)
    cache = CallCache(max_entries=2)
    held = [cache.get(each) for each in (first, second)]
    cache.get(third)
    assert cache.get(second) is held[1]
    assert cache.get(first) is not held[0]


def test_an_input_that_cannot_be_made_is_not_cached(spec: MakeSpec) -> None:
    cache, wanted = CallCache(), spec("{x: {generator: magnitudes, sign: none, shape: [2]}, y: 1}")
    for _ in range(2):
        with pytest.raises(InvalidInput):
            cache.get(wanted)
