"""Variants that draw the same inputs share one array; those that do not, do not."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace
from op_file import MakeSpec

from conformance.model import Generator, InputSpec
from conformance.plan import CallCache, materialise
from conformance.plan.materialise import Draws

UNIFORM = Generator("uniform", (3, 4), 5)
X = InputSpec("x", UNIFORM)


def test_the_same_draw_is_one_read_only_array() -> None:
    draws = Draws()
    drawn = draws.get(X, UNIFORM, "float32")
    assert draws.get(replace(X), replace(UNIFORM), "float32") is drawn
    assert not drawn.flags.writeable


def test_another_name_seed_dtype_shape_option_or_expansion_is_another_draw() -> None:
    draws = Draws()
    ways = [
        (X, UNIFORM, "float32"),
        (replace(X, name="y"), UNIFORM, "float32"),
        (X, replace(UNIFORM, seed=6), "float32"),
        (X, UNIFORM, "float64"),
        (X, replace(UNIFORM, shape=(4, 3)), "float32"),
        (X, replace(UNIFORM, options={"low": 0.5}), "float32"),
        (replace(X, layout="expanded"), UNIFORM, "float32"),
    ]
    drawn = [draws.get(*way) for way in ways]
    assert len({array.tobytes() + str(array.shape).encode() for array in drawn}) == len(ways)
    assert all(draws.get(*way) is array for way, array in zip(ways, drawn, strict=True))


def test_options_that_python_thinks_equal_are_told_apart() -> None:
    draws, kinds = Draws(), [1, 1.0, True]
    drawn = [draws.get(X, replace(UNIFORM, options={"high": kind}), "float32") for kind in kinds]
    assert len({id(array) for array in drawn}) == 3


def test_no_more_bytes_are_held_than_allowed() -> None:
    draws = Draws(max_bytes=100)
    first = draws.get(X, UNIFORM, "float64")  # 96 bytes
    draws.get(X, replace(UNIFORM, seed=6), "float64")
    again = draws.get(X, UNIFORM, "float64")
    assert again is not first
    assert again.tobytes() == first.tobytes()


def test_a_cache_of_calls_gives_what_materialise_gives(spec: MakeSpec) -> None:
    made = spec("{x: {generator: uniform, shape: [2], seed: 1}, y: [1, 2]}")
    cached, alone = CallCache().get(made), materialise(made)
    assert cached.key == alone.key
    for name, array in cached.arrays.items():
        assert np.array_equal(array, alone.arrays[name])  # type: ignore[arg-type]
