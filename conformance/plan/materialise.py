"""From a call's description to its rounded arrays: the same bits for the reference and every framework."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any, TypeAlias

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from conformance.caches import Recent
from conformance.model import INTEGER_DTYPES, CallSpec, Generator, InputSpec, Literal, Raw
from conformance.plan.generate import generate
from conformance.plan.rounding import round_to_numpy

Array: TypeAlias = "NDArray[np.generic]"


class InvalidInput(ValueError):
    """An input that cannot be made as the case says; the message names the input."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Operator, attributes and rounded inputs. `key` is their hash, equal across frameworks.

    `arrays` maps each input's name to an array in its own dtype (bfloat16 as `ml_dtypes.bfloat16`),
    or to the plain Python value of an input that is deliberately no tensor.
    """

    key: str
    spec: CallSpec
    arrays: dict[str, Array | object]

    @property
    def nbytes(self) -> int:
        """Memory held by the arrays, in bytes."""
        return sum(array.nbytes for array in self.arrays.values() if isinstance(array, np.ndarray))


@cache
def dtype_name(dtype: np.dtype[Any]) -> str:
    """The name of a dtype. NumPy works it out anew each time, which takes as long as a small sum."""
    return str(dtype)


def input_dtype(spec: CallSpec, source: InputSpec) -> str:
    """The dtype an input is rounded to: its own where the case gives one, else the check's."""
    return source.dtype or spec.dtype


def seed_of(source: InputSpec, generator: Generator) -> int:
    """The stream of one input. Inputs of equal seeds are independent, unless `stream` names another."""
    name = str(generator.options.get("stream", source.name))
    return (generator.seed << 32) | zlib.crc32(name.encode())


def generator_options(generator: Generator) -> dict[str, object]:
    """The options that the generator function itself takes."""
    return {name: value for name, value in generator.options.items() if name != "stream"}


def round_to(values: NDArray[np.float64], dtype: str) -> Array:
    """Float64 `values` rounded once to `dtype`, to nearest even; bfloat16 as `ml_dtypes.bfloat16`."""
    rounded = round_to_numpy(values, dtype)
    return rounded.view(ml_dtypes.bfloat16) if dtype == "bfloat16" else rounded


class Draws:
    """The generated arrays last used, bounded by bytes: variants of a case draw the same inputs again.

    They are kept rounded, so that equal inputs are one object, and unrounded, since all dtypes round the
    same draw, and drawing a million numbers takes a hundred times as long as rounding them.
    """

    def __init__(self, max_bytes: int = 32 << 20) -> None:
        self._rounded: Recent[Array] = Recent(nbytes=max_bytes // 2, size=_nbytes)
        self._drawn: Recent[Array] = Recent(nbytes=max_bytes // 2, size=_nbytes)

    def get(self, source: InputSpec, origin: Generator, dtype: str) -> Array:
        """The read-only array that `origin` draws for `source`, rounded. Raises InvalidInput."""
        # By the text of the options, since those that Python thinks equal (1, True, 1.0) are not.
        options = repr(origin.options) if origin.options else ""
        key = (seed_of(source, origin), source.layout == "expanded", origin.name, origin.shape, options)

        def rounded() -> Array:
            drawn = self._drawn.get(key, lambda: _read_only(_drawn(source, origin)))
            return _read_only(_rounded(drawn, source, origin, dtype))

        return self._rounded.get((dtype, *key), rounded)


def _nbytes(array: Array) -> int:
    return array.nbytes


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


def _values(source: InputSpec, dtype: str, draws: Draws) -> Array | object:
    origin = source.source
    if isinstance(origin, Raw):
        return np.array(origin.value) if origin.ndarray else origin.value
    values = _literal(origin, dtype) if isinstance(origin, Literal) else draws.get(source, origin, dtype)
    # A tensor of this layout has one row, repeated: to send another would judge what was not passed.
    if source.layout == "expanded" and values.ndim and not _repeats_first(values):
        raise InvalidInput(f"input {source.name}: its rows differ, so it has no expanded layout")
    return values


def _literal(origin: Literal, dtype: str) -> Array:
    if dtype in INTEGER_DTYPES:
        return np.array(origin.value, dtype=dtype)
    return round_to(np.array(origin.value, dtype=np.float64), dtype)


def _drawn(source: InputSpec, origin: Generator) -> NDArray[np.float64]:
    shape, what = origin.shape, _what(source, origin)
    if shape is None:
        raise InvalidInput(f"{what} has no shape, and the matrix gives none")
    expanded = source.layout == "expanded" and len(shape) > 0 and shape[0] > 0
    drawn = (1, *shape[1:]) if expanded else shape
    try:
        values = generate(origin.name, drawn, seed_of(source, origin), generator_options(origin))
    except (TypeError, ValueError) as problem:
        raise InvalidInput(f"{what}: {problem}") from problem
    if expanded:
        values = np.broadcast_to(values, shape)
    return np.array(values, dtype=np.float64, order="C")


def _rounded(drawn: Array, source: InputSpec, origin: Generator, dtype: str) -> Array:
    values = drawn.astype(np.float64, copy=False)
    rounded = round_to(values, dtype)
    if dtype in INTEGER_DTYPES and not np.array_equal(rounded, values):
        raise InvalidInput(f"{_what(source, origin)} gives numbers that {dtype} does not hold")
    return rounded


def _what(source: InputSpec, origin: Generator) -> str:
    return f"input {source.name}: generator {origin.name}"


def _repeats_first(values: Array) -> bool:
    return values.tobytes() == np.broadcast_to(values[:1], values.shape).tobytes()


_to_json = json.JSONEncoder(default=asdict).encode


def _digest(spec: CallSpec, arrays: dict[str, Array | object]) -> str:
    digest = hashlib.sha256(_to_json([spec.operator.name, sorted(spec.attributes.items())]).encode())
    for name, array in arrays.items():
        if isinstance(array, np.ndarray):
            if array.dtype.kind == "i":  # the same indices are the same call, however wide an API wants them
                array = array.astype(np.int64)
            digest.update(f"\0{name}\0{dtype_name(array.dtype)}\0{array.shape}\0".encode())
            digest.update(array.tobytes())
        else:
            digest.update(f"\0{name}\0{array!r}".encode())
    return digest.hexdigest()[:16]


def materialise(spec: CallSpec, draws: Draws | None = None) -> Call:
    """The call of `spec` with its arrays made and rounded, or found in `draws`. Raises InvalidInput."""
    known = draws or Draws()
    arrays = {source.name: _values(source, input_dtype(spec, source), known) for source in spec.inputs}
    return Call(_digest(spec, arrays), spec, arrays)


class CallCache:
    """The calls last used, bounded by bytes: environments run at different speeds on the same calls."""

    def __init__(self, max_bytes: int = 32 << 20, max_entries: int = 20_000) -> None:
        self._draws = Draws()
        self._calls: Recent[Call] = Recent(
            nbytes=max_bytes, entries=max_entries, size=lambda call: call.nbytes
        )

    def __contains__(self, spec: CallSpec) -> bool:
        """Whether the call of `spec` need not be made again; to ask is not to use it."""
        return spec in self._calls

    def get(self, spec: CallSpec) -> Call:
        """The materialised call of `spec`, made again if it has been dropped. Raises InvalidInput."""
        return self._calls.get(spec, partial(materialise, spec, self._draws))
