"""Large inputs: streams of balls give what the whole would, and enclosures are kept on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flint
import numpy as np
import pytest

from conformance.reference import cache, enclosure, stream
from conformance.reference.ball_array import BallArray, balls, parts, sum_of_parts
from conformance.reference.cache import cached_enclosures
from conformance.reference.enclosure import Enclosure, enclose, enclose_sample

RNG = np.random.default_rng(3)
INPUTS = {"x": RNG.random((7, 1, 5)), "y": RNG.random((3, 5))}


@pytest.fixture(name="chunked")
def _chunked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK", 8)
    monkeypatch.setattr(enclosure, "FEW", 8)
    monkeypatch.setattr(stream, "_MEMORY", stream._Memory(max_bytes=1 << 20))


def same(a: Enclosure | None, b: Enclosure | None) -> bool:
    """Whether two enclosures are narrow and overlap everywhere."""
    if a is None or b is None or a.head.shape != b.head.shape:
        return a is b
    apart = np.abs((a.head - b.head) + (a.tail - b.tail))
    narrow = np.maximum(a.radius, b.radius) <= 1e-25 * np.maximum(np.abs(a.head), 1e-10)
    return bool((apart <= (a.radius + b.radius) * (1 + 1e-9)).all() and narrow.all())


def several(x: Any, y: Any) -> tuple[Any, ...]:
    terms = np.where(y > 0.5, np.log(x) * y, x - 2.0)
    return (
        terms,
        None,
        np.sum(terms),
        np.sum(terms, axis=(0, 2)),
        np.reshape(np.sum(terms, axis=1), (35,)),
        np.reshape(terms, (105,)),
        np.broadcast_to(x, (7, 3, 5)) * np.maximum(terms, 0.1),
    )


def test_several_results_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = enclose(several, INPUTS, {})
    with monkeypatch.context() as patch:
        patch.setattr(stream, "CHUNK", 8)
        patch.setattr(enclosure, "FEW", 8)
        pieces = enclose(several, INPUTS, {})
    assert whole[1] is pieces[1] is None
    assert all(same(a, b) for a, b in zip(whole, pieces, strict=True))


@pytest.mark.usefixtures("chunked")
def test_a_sample_is_spread_from_the_first_to_the_last_element() -> None:
    samples = enclose_sample(several, INPUTS, {}, 10)
    whole = enclose(several, INPUTS, {})
    assert samples[0] is not None
    assert whole[0] is not None
    indices, found = samples[0]
    assert (len(indices), indices[0], indices[-1]) == (10, 0, 104)
    assert (found.head == whole[0].head.reshape(-1)[indices]).all()
    assert samples[1] is None
    assert samples[3] is not None
    assert samples[3][0].tolist() == [0, 1, 2]  # a sum over axes is whole anyway


@pytest.mark.usefixtures("chunked")
def test_no_array_of_the_whole_size_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def noting(self: BallArray, other: Any) -> None:
        sizes.append(self.size)

    monkeypatch.setattr(BallArray, "__array_finalize__", noting)
    x, g = np.full((30, 40), 0.5), np.array(2.0)

    def formula(x: Any, g: Any) -> Any:
        return np.sum(np.broadcast_to(g / 3, (30, 40)) * np.where(x > 0, x, 0.0), axis=1)

    enclose(formula, {"x": x, "g": g}, {})
    assert 1 < max(sizes) <= 30


@pytest.mark.usefixtures("chunked")
def test_the_sum_and_the_terms_are_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated = []
    chunks = stream._chunks
    monkeypatch.setattr(stream, "_chunks", lambda shape: evaluated.append(shape) or chunks(shape))

    def formula(x: Any, y: Any, summed: bool) -> Any:
        return np.sum(np.log(x) * y) if summed else np.log(x) * y

    (first,) = enclose(formula, INPUTS, {"summed": False})
    (again,) = enclose(formula, INPUTS, {"summed": False})
    (total,) = enclose(formula, INPUTS, {"summed": True})
    assert evaluated == [(7, 3, 5)]
    assert first is not None
    assert total is not None
    assert same(first, again)
    assert np.isclose(total.head, np.sum(first.head))
    enclose(formula, {**INPUTS, "y": INPUTS["y"] + 1}, {"summed": False})
    assert len(evaluated) == 2


@pytest.mark.parametrize(
    ("numbers", "total"),
    [
        ([1.0, 2.0**-60, -1.0], 2.0**-60),
        ([np.inf, 1.0], np.inf),
        ([np.inf, -np.inf], np.nan),
        ([np.nan, np.inf], np.nan),
        ([], 0.0),
        ([5e-324], 5e-324),
    ],
)
def test_parts_add_up_to_the_sum(numbers: list[float], total: float) -> None:
    with np.errstate(invalid="ignore"), flint.ctx.workprec(200):
        found = sum_of_parts(parts(balls(np.array(numbers))))
    assert np.array_equal(found.parts()[0], total, equal_nan=True)


def test_parts_of_arrays_are_those_of_each_ball() -> None:
    array = np.log(balls([0.3, 7.0, 0.0, -1.0, 1.0])) * balls([1.0, 1e-320, 1.0, 1.0, 5.0])
    for head, tail, radius, ball in zip(*parts(array), array, strict=True):
        expected = ball.parts()
        assert np.array_equal(head, expected[0], equal_nan=True)
        assert tail == expected[1]
        assert expected[2] <= radius <= 2 * max(expected[2], np.spacing(abs(tail)))


# -- on disk -------------------------------------------------------------------------------------------


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("conformance.caches.disk.platformdirs.user_cache_dir", lambda _: str(tmp_path))
    monkeypatch.setattr(cache, "LEAST", 10)
    return tmp_path / "enclosures"


def counted(x: Any, factor: float) -> tuple[Any, ...]:
    CALLS.append(factor)
    return np.exp(x) * factor, None


CALLS: list[float] = []


def call(x: Any, factor: float = 2.0) -> tuple[Enclosure | None, ...]:
    CALLS.clear()
    return cached_enclosures(counted, {"x": np.asarray(x)}, {"factor": factor})


def test_what_was_computed_is_found_again(folder: Path) -> None:
    x = np.linspace(0, 1, 20)
    computed, found = call(x), None
    assert CALLS == [2.0]
    found = call(x)
    assert CALLS == []
    assert same(computed[0], found[0])
    assert found[1] is None
    assert (computed[0].radius == found[0].radius).all()
    assert computed[0].bits == found[0].bits
    for other in ((x, 3.0), (x + 1, 2.0), (x.reshape(4, 5), 2.0), (-x, 2.0)):
        call(*other)
        assert [other[1]] == CALLS
    assert len(list(folder.iterdir())) == 5


def test_small_inputs_are_not_kept(folder: Path) -> None:
    call([1.0, 2.0])
    assert CALLS == [2.0]
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_computed_anew(folder: Path, content: bytes) -> None:
    x = np.zeros(20)
    call(x)
    (file,) = folder.iterdir()
    file.write_bytes(content)
    call(x)
    assert CALLS == [2.0]
    call(x)
    assert CALLS == []


def test_a_folder_that_cannot_be_made_is_no_cache(folder: Path) -> None:
    folder.write_text("a file is in the way")
    for _ in range(2):
        assert call(np.zeros(20))[0] is not None
        assert CALLS == [2.0]
