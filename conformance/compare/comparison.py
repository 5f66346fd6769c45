"""The verdict of every element of a result, from a reference and an error bound alone.

The allowance of an element is T = 2 B + 2 eta, with B its running bound and eta the smallest
subnormal. Its acceptable set is [ref - T, ref + T] rounded outward to the dtype, with IEEE overflow:

- Round to nearest turns every real from the threshold theta = largest + half a gap on into infinity.
  An implementation whose exact-ish result may lie anywhere in the set may therefore return inf when
  the set reaches theta, ref + T >= theta, and only then; elsewhere an inf overflowed on the way.
- If the whole set lies at or beyond theta, ref - T >= theta, every result in it rounds to inf and no
  finite number is right, the largest one included: that would be saturation.
- In between both are right. A set that starts between the largest number and theta rounds outward,
  down, to the largest number.
- The negative side mirrors this.

Rounding outward accepts the first number of the dtype beyond each end. So a finite number is accepted
when it lies in the set, or when its neighbour towards the reference does strictly, or lies past it.

NaN and infinite references must be met in kind and sign. Signed zeros are equal; differing signs
are counted. An element whose allowance is infinite, or is at least the size of a reference in the
normal range, cannot be judged: it is vacuous, unless it is a mismatch all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from conformance.compare.formats import Format, format_of
from conformance.compare.pattern import pattern_of
from conformance.model import Outcome, Subtype

PIECE = 1 << 16  # elements that are compared at once
_KINDS = (Subtype.NONFINITE, Subtype.INTERMEDIATE_OVERFLOW, Subtype.VALUE)  # the gravest first


class Comparison(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What came of comparing `total` elements, `mismatched` of them wrong, `vacuous` unjudged.

    The maxima are taken where result and reference are finite: of the absolute error, the relative
    error (infinite at a zero reference), the error in ulps of the dtype at the reference, and the
    error in units of the allowance ("budget used", vacuous elements left out). `worst_index` is the
    element of the largest such ratio, or the first one of a wrong kind; None where there is none.
    `zero_signs` counts zeros of the other sign than the reference's.

    Only a mismatch has a `subtype`, a `pattern` of where its elements lie, a `sign_bias` (the mean
    sign of their errors, from -1 to 1) and the boolean array `mismatches`.
    """

    total: int
    mismatched: int
    vacuous: int
    max_abs: float
    max_rel: float
    max_ulp: float
    max_bound_ratio: float
    worst_index: tuple[int, ...] | None
    zero_signs: int
    subtype: Subtype | None = None
    pattern: str | None = None
    sign_bias: float | None = None
    mismatches: NDArray[np.bool_] | None = None

    @property
    def outcome(self) -> Outcome:
        """The outcome: `mismatch`, `vacuous` where nothing could be judged, or `pass`."""
        if self.mismatched:
            return Outcome.MISMATCH
        return Outcome.VACUOUS if self.total and self.vacuous == self.total else Outcome.PASS

    @property
    def passed(self) -> bool:
        """Whether the outcome is a pass."""
        return self.outcome is Outcome.PASS


def compare(
    actual: NDArray[Any],
    value: NDArray[np.float64],
    tail: NDArray[np.float64] | None,
    bound: NDArray[np.float64],
    dtype: str,
    *,
    flush_to_zero: bool = False,
) -> Comparison:
    """Judge `actual` (of the NumPy dtype that `dtype` names) against `value + tail`.

    `value`, `tail` (or None) and `bound` are float64 of the same shape as `actual`; `bound` is the
    running bound, from which the allowance is formed here. With `flush_to_zero`, 0 is also right where
    the set reaches below the smallest normal number. Raises ValueError for another dtype or shape.
    """
    form = format_of(dtype)
    if actual.dtype != form.dtype or not actual.shape == value.shape == bound.shape:
        shapes = f"{actual.shape}, {value.shape}, {bound.shape}"
        raise ValueError(f"compare {actual.dtype} as {dtype}, shapes of result, reference, bound: {shapes}")
    if actual.size > PIECE:
        return _in_pieces(actual, value, tail, bound, form, flush_to_zero)
    return _compared(actual, value, tail, bound, form, flush_to_zero).comparison


class _Found(NamedTuple):
    """A comparison with what joining it to others takes: of its wrong numbers, the largest error in units
    of the allowance, the sum of the signs of their errors, and how many they are."""

    comparison: Comparison
    largest: float = 0.0
    signs: float = 0.0
    wrong: int = 0


def _in_pieces(
    actual: Any, value: Any, tail: Any, bound: Any, form: Format, flush_to_zero: bool
) -> Comparison:
    """The same, without temporary arrays of that size."""
    flat: list[Any] = [None if part is None else part.reshape(-1) for part in (actual, value, tail, bound)]
    found = []
    for start in range(0, actual.size, PIECE):
        a, v, t, b = (None if part is None else part[start : start + PIECE] for part in flat)
        part = _compared(a, v, t, b, form, flush_to_zero)
        index = part.comparison.worst_index
        assert index is not None
        own = replace(part.comparison, worst_index=index_of(start + index[0], actual.shape))
        found.append(part._replace(comparison=own))
    pieces = [part.comparison for part in found]
    whole = Comparison(
        total=actual.size,
        mismatched=sum(piece.mismatched for piece in pieces),
        vacuous=sum(piece.vacuous for piece in pieces),
        max_abs=max(piece.max_abs for piece in pieces),
        max_rel=max(piece.max_rel for piece in pieces),
        max_ulp=max(piece.max_ulp for piece in pieces),
        max_bound_ratio=max(piece.max_bound_ratio for piece in pieces),
        worst_index=max(pieces, key=lambda piece: piece.max_bound_ratio).worst_index,
        zero_signs=sum(piece.zero_signs for piece in pieces),
    )
    if not whole.mismatched:
        return whole
    subtype = next(kind for kind in _KINDS if any(piece.subtype is kind for piece in pieces))
    worst = max((part for part in found if part.comparison.subtype is subtype), key=lambda part: part.largest)
    nowhere = np.zeros(PIECE, dtype=bool)
    mismatches = np.concatenate(
        [nowhere[: piece.total] if piece.mismatches is None else piece.mismatches for piece in pieces]
    ).reshape(actual.shape)
    return replace(
        whole,
        worst_index=worst.comparison.worst_index,
        subtype=subtype,
        pattern=pattern_of(mismatches),
        sign_bias=sum(part.signs for part in found) / max(sum(part.wrong for part in found), 1),
        mismatches=mismatches,
    )


def _compared(actual: Any, value: Any, tail: Any, bound: Any, form: Format, flush_to_zero: bool) -> _Found:
    with np.errstate(all="ignore"):
        wide = actual.astype(np.float64)
        allowance = 2.0 * bound + 2.0 * form.smallest_subnormal
        offset = wide - value
        if tail is not None:
            offset = offset - tail
        error = np.abs(offset)
        ratio = error / allowance
        if wide.size == 0:
            return _Found(_empty())
        if np.maximum.reduce(ratio, axis=None) <= 1.0 and np.maximum.reduce(allowance, axis=None) < np.inf:
            mismatches = kinds = None  # The usual case: everything finite and inside.
        else:
            judge = _Judge(actual, wide, value, 0.0 if tail is None else tail, offset, allowance, form)
            mismatches, kinds = judge.verdicts(flush_to_zero)
        return _summary(wide, value, offset, error, ratio, allowance, form, mismatches, kinds)


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """The careful verdict, of arrays that do not lie inside their bounds at first sight."""

    actual: NDArray[Any]
    wide: Any
    value: Any
    tail: Any
    offset: Any
    allowance: Any
    form: Format

    def verdicts(self, flush_to_zero: bool) -> tuple[Any, dict[Subtype, Any]]:
        """Return which elements mismatch, and which of them in which way."""
        judged = np.isfinite(self.allowance)
        real = np.isfinite(self.value)
        finite, infinite = np.isfinite(self.wide), np.isinf(self.wide)
        same = (self.wide == self.value) | (np.isnan(self.wide) & np.isnan(self.value))
        may_overflow, must_overflow = self._overflow()
        inside = (np.abs(self.offset) <= self.allowance) | self._neighbour_inside()
        if flush_to_zero:
            least = np.abs(self.value) - self.allowance
            inside = inside | ((self.wide == 0) & (least < self.form.smallest_normal))
        right = np.where(real, np.where(finite, inside & ~must_overflow, infinite & may_overflow), same)
        mismatches = judged & ~right
        overflowed = mismatches & real & infinite
        wrong_number = mismatches & real & finite & ~must_overflow
        return mismatches, {
            Subtype.NONFINITE: mismatches & ~overflowed & ~wrong_number,
            Subtype.INTERMEDIATE_OVERFLOW: overflowed,
            Subtype.VALUE: wrong_number,
        }

    def _overflow(self) -> tuple[Any, Any]:
        """Where the set reaches the overflow threshold on the result's side, and lies wholly beyond.

        Measured from the largest number, so that float64 itself does not overflow here.
        """
        side = np.where(np.isinf(self.wide), np.sign(self.wide), np.sign(self.value))
        beyond = (side * self.value - self.form.largest) + side * self.tail - self.form.half_gap
        return self.allowance >= -beyond, beyond >= self.allowance

    def _neighbour_inside(self) -> Any:
        """Where the next number towards the reference is past it, or strictly inside the set."""
        towards = np.where(self.offset > 0, -np.inf, np.inf).astype(self.form.dtype)
        neighbour = np.nextafter(self.actual, towards).astype(np.float64)
        left = (neighbour - self.value) - self.tail
        return (np.sign(left) != np.sign(self.offset)) | (np.abs(left) < self.allowance)


def _summary(
    wide: Any,
    value: Any,
    offset: Any,
    error: Any,
    ratio: Any,
    allowance: Any,
    form: Format,
    mismatches: Any,
    kinds: dict[Subtype, Any] | None,
) -> _Found:
    size = np.abs(value)
    vacuous = (allowance >= size) & (size >= form.smallest_normal)
    relative, ulps = error / size, error / form.gap(value)
    if kinds is not None:
        vacuous = (vacuous | ~(allowance < np.inf)) & ~mismatches
        real = np.isfinite(error)
        error, relative, ulps = (np.where(real, part, 0.0) for part in (error, relative, ulps))
        ratio = np.where(real & ~vacuous, ratio, 0.0)
    vacuous_count = int(np.count_nonzero(vacuous))
    if vacuous_count:
        ratio = np.where(vacuous, 0.0, ratio)
    numbers: dict[str, Any] = {
        "total": wide.size,
        "vacuous": vacuous_count,
        "max_abs": float(np.maximum.reduce(error, axis=None)),
        "max_rel": float(np.fmax.reduce(relative, axis=None, initial=0.0)),
        "max_ulp": float(np.maximum.reduce(ulps, axis=None)),
        "zero_signs": _zero_signs(wide, value),
    }
    if kinds is not None and mismatches.any():
        return _mismatch(numbers, offset, ratio, mismatches, kinds)
    at = int(ratio.argmax())
    largest, worst = float(ratio.flat[at]), index_of(at, wide.shape)
    return _Found(Comparison(mismatched=0, max_bound_ratio=largest, worst_index=worst, **numbers))


def _mismatch(
    numbers: dict[str, Any], offset: Any, ratio: Any, mismatches: Any, kinds: dict[Subtype, Any]
) -> _Found:
    subtype = next(kind for kind in _KINDS if kinds[kind].any())
    wrong_number = kinds[Subtype.VALUE]
    worst = np.where(wrong_number, ratio, 0.0) if subtype is Subtype.VALUE else kinds[subtype]
    at = int(np.argmax(worst))
    signs = np.sign(offset[wrong_number])
    comparison = Comparison(
        mismatched=int(np.count_nonzero(mismatches)),
        max_bound_ratio=float(np.max(ratio)),
        worst_index=index_of(at, mismatches.shape),
        subtype=subtype,
        pattern=pattern_of(mismatches),
        sign_bias=float(signs.mean()) if signs.size else 0.0,
        mismatches=np.asarray(mismatches),
        **numbers,
    )
    return _Found(comparison, float(worst.flat[at]), float(signs.sum()), signs.size)


def _zero_signs(wide: Any, value: Any) -> int:
    if np.count_nonzero(wide) == wide.size:  # the usual case
        return 0
    return int(np.count_nonzero((wide == 0) & (value == 0) & (np.signbit(wide) != np.signbit(value))))


def index_of(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of an element of an array of `shape`, given its place among all in C order."""
    return tuple(map(int, np.unravel_index(flat, shape)))


def _empty() -> Comparison:
    return Comparison(0, 0, 0, 0.0, 0.0, 0.0, 0.0, None, 0)
