"""Identities of KL divergence and its gradients, within rigorous enclosures: no tolerance is guessed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from conformance.reference import evaluate, evaluate_gradients, load
from conformance.reference.enclosure import Enclosure, enclose
from conformance.reference.kl_div import kl_div, kl_div_vjp

Array = np.ndarray[Any, Any]

SHAPE = (3, 4)
DTYPES = st.sampled_from(["float16", "bfloat16", "float32", "float64"])
REDUCED = st.sampled_from(["sum", "mean", "batchmean"])

# Sums and differences of a few of these are exact.
eighths = hnp.arrays(np.int16, SHAPE, elements=st.integers(-800, 800)).map(lambda whole: whole / 8)
one_eighth = st.integers(-800, 800).map(lambda whole: whole / 8)
targets = hnp.arrays(np.float64, SHAPE, elements=st.floats(0, 4))
positive = hnp.arrays(np.float64, SHAPE, elements=st.floats(5e-324, 4))
likely = hnp.arrays(np.float64, SHAPE, elements=st.floats(1e-5, 4))
upstreams = hnp.arrays(np.int8, SHAPE, elements=st.integers(-16, 16)).map(lambda whole: whole / 8)


class Interval:
    """The rationals within `radius` of `middle`."""

    def __init__(self, middle: Fraction, radius: Fraction = Fraction(0)) -> None:
        self.middle, self.radius = middle, radius

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.middle + other.middle, self.radius + other.radius)

    def __mul__(self, factor: float) -> Interval:
        return Interval(self.middle * Fraction(factor), self.radius * abs(Fraction(factor)))

    def meets(self, other: Interval) -> bool:
        return abs(self.middle - other.middle) <= self.radius + other.radius

    @property
    def width(self) -> Fraction:
        return 2 * self.radius


def intervals(enclosure: Enclosure | None) -> list[Interval]:
    assert enclosure is not None
    parts = zip(enclosure.head.flat, enclosure.tail.flat, enclosure.radius.flat, strict=True)
    return [Interval(Fraction(head) + Fraction(tail), Fraction(radius)) for head, tail, radius in parts]


def total(terms: list[Interval]) -> Interval:
    return sum(terms, Interval(Fraction(0)))


def divergence(x: Array, y: Array, reduction: str = "none", **options: Any) -> list[Interval]:
    (found,) = enclose(kl_div, {"input": x, "target": y}, {"reduction": reduction, **options})
    return intervals(found)


def gradients(
    x: Array, y: Array, g: Array, reduction: str = "none", **options: Any
) -> tuple[list[Interval], list[Interval]]:
    inputs = {"input": x, "target": y, "upstream": np.asarray(g, dtype=np.float64)}
    to_input, to_target = enclose(kl_div_vjp, inputs, {"reduction": reduction, **options})
    return intervals(to_input), intervals(to_target)


def exact(numbers: Array) -> list[Interval]:
    return [Interval(Fraction(number)) for number in numbers.flat]


def meet(a: list[Interval], b: list[Interval]) -> bool:
    return len(a) == len(b) and all(x.meets(y) for x, y in zip(a, b, strict=True))


def check(function: Callable[..., None]) -> Callable[..., None]:
    return settings(max_examples=60, deadline=None)(function)


@check
@given(y=positive, dtype=DTYPES)
def test_divergence_from_itself_is_zero_up_to_the_rounding_of_the_logarithm(y: Array, dtype: str) -> None:
    """Within the bound itself, which allows for a logarithm that is rounded."""
    for reduction in ("none", "sum", "mean", "batchmean"):
        found = evaluate(load("kl_div"), {"input": np.log(y), "target": y}, {"reduction": reduction}, dtype)
        assert (np.abs(found.value) <= found.bound).all()
    found = evaluate(load("kl_div"), {"input": np.log(y), "target": np.log(y)}, {"log_target": True}, dtype)
    assert found.value == 0


@check
@given(x=eighths, y=targets, shift=one_eighth)
def test_a_shift_of_the_input_takes_as_much_of_the_target_away(x: Array, y: Array, shift: float) -> None:
    for moved, still, weight in zip(divergence(x + shift, y), divergence(x, y), exact(y), strict=True):
        assert moved.meets(still + weight * -shift)


@check
@given(x=eighths, y=targets, order=st.permutations(range(12)))
def test_the_order_of_the_elements_does_not_matter(x: Array, y: Array, order: list[int]) -> None:
    def shuffled(array: Array) -> Array:
        return np.asarray(array.reshape(-1)[list(order)]).reshape(SHAPE)

    assert meet(divergence(shuffled(x), shuffled(y), "mean"), divergence(x, y, "mean"))
    terms = divergence(x, y)
    assert meet(divergence(shuffled(x), shuffled(y)), [terms[place] for place in order])


@check
@given(x=eighths, y=targets, rows=st.integers(0, 3))
def test_a_sum_is_the_sum_over_its_parts(x: Array, y: Array, rows: int) -> None:
    parts = divergence(x[:rows], y[:rows], "sum") + divergence(x[rows:], y[rows:], "sum")
    assert meet(divergence(x, y, "sum"), [total(parts)])
    assert meet(divergence(x, y, "sum"), [total(divergence(x, y))])


@check
@given(x=eighths, y=targets)
def test_gibbs_inequality(x: Array, y: Array) -> None:
    """Of any measures: sum y (log y - x) >= sum y - sum exp x, since log t <= t - 1."""
    (found,) = divergence(x, y, "sum")
    (mass,) = intervals(enclose(lambda input: np.sum(np.exp(input)), {"input": x}, {})[0])
    least = total(exact(y)) + mass * -1.0
    assert found.middle + found.radius >= least.middle - least.radius


@check
@given(x=eighths, y=positive, reduction=st.sampled_from(["none", "sum", "mean", "batchmean"]))
def test_a_target_and_its_logarithm_give_the_same(x: Array, y: Array, reduction: str) -> None:
    def in_log_space(input: Any, target: Any) -> Any:
        return kl_div(input, np.log(target), reduction, True)

    (found,) = enclose(in_log_space, {"input": x, "target": y}, {})
    assert meet(intervals(found), divergence(x, y, reduction))


@check
@given(x=eighths, y=targets)
def test_means_are_sums_divided(x: Array, y: Array) -> None:
    (whole,) = divergence(x, y, "sum")
    assert (divergence(x, y, "mean")[0] * 12).meets(whole)
    assert (divergence(x, y, "batchmean")[0] * 3).meets(whole)


@check
@given(x=eighths, y=likely, dtype=DTYPES)
def test_means_are_sums_divided_within_the_bounds_of_a_dtype(x: Array, y: Array, dtype: str) -> None:
    def found(reduction: str) -> Any:
        attributes = {"reduction": reduction}
        return evaluate(load("kl_div"), {"input": x, "target": y}, attributes, dtype, certified=False)

    whole = found("sum")
    for reduction, count in (("mean", 12), ("batchmean", 3)):
        part = found(reduction)
        assert abs(part.value * count - whole.value) <= part.bound * count + whole.bound


# -- gradients ---------------------------------------------------------------------------------------


@check
@given(x=eighths, y=targets, g=upstreams)
def test_the_gradient_by_the_input_is_minus_the_target_and_adds_up_to_its_mass(
    x: Array, y: Array, g: Array
) -> None:
    to_input, _ = gradients(x, y, g, zero_target_gradient="zero")
    expected = [weight * -factor for weight, factor in zip(exact(y), g.flat, strict=True)]
    assert meet(to_input, expected)
    summed, _ = gradients(x, y, np.array(1.5), "sum", zero_target_gradient="zero")
    assert total(summed).meets(total(exact(y)) * -1.5)


@check
@given(x=eighths, y=positive, shift=one_eighth, reduction=REDUCED)
def test_the_divergence_is_linear_in_the_input_with_its_gradient(
    x: Array, y: Array, shift: float, reduction: str
) -> None:
    to_input, _ = gradients(x, y, np.array(1.0), reduction)
    (moved,), (still,) = divergence(x + shift, y, reduction), divergence(x, y, reduction)
    assert moved.meets(still + total(to_input) * shift)


@check
@given(x=eighths, y=positive, g=upstreams, h=upstreams, log_target=st.booleans())
def test_gradients_are_linear_in_the_upstream_gradient(
    x: Array, y: Array, g: Array, h: Array, log_target: bool
) -> None:
    both = gradients(x, y, 2 * g - h, log_target=log_target)
    first, second = (gradients(x, y, part, log_target=log_target) for part in (g, h))
    for combined, a, b in zip(both, first, second, strict=True):
        assert meet(combined, [p * 2.0 + q * -1.0 for p, q in zip(a, b, strict=True)])


@check
@given(x=eighths, y=positive, log_target=st.booleans())
def test_the_divergence_is_homogeneous_up_to_its_logarithm(x: Array, y: Array, log_target: bool) -> None:
    """Euler: y dL/dy = L + y. In the log space dL/dt = L + exp t."""
    _, to_target = gradients(x, y, np.ones(SHAPE), log_target=log_target)
    losses = divergence(x, y, log_target=log_target)
    masses = intervals(enclose(lambda t: np.exp(t), {"t": y}, {})[0]) if log_target else exact(y)
    for slope, loss, mass, number in zip(to_target, losses, masses, y.flat, strict=True):
        assert (slope if log_target else slope * number).meets(loss + mass)


@check
@given(x=eighths, y=positive, reduction=st.sampled_from(["none", "sum", "mean", "batchmean"]), g=upstreams)
def test_the_gradient_of_what_broadcasts_is_the_sum_over_its_copies(
    x: Array, y: Array, reduction: str, g: Array
) -> None:
    upstream = g if reduction == "none" else g[0, 0]
    row, column = y[0], x[:, :1]
    copied = gradients(np.repeat(column, 4, axis=1), np.tile(row, (3, 1)), upstream, reduction)
    to_column, to_row = gradients(column, row, upstream, reduction)
    assert meet(to_column, [total(copied[0][4 * place : 4 * place + 4]) for place in range(3)])
    assert meet(to_row, [total(copied[1][place::4]) for place in range(4)])


@check
@given(x=eighths, y=likely, dtype=DTYPES, reduction=st.sampled_from(["mean", "batchmean"]))
def test_gradients_of_means_are_those_of_the_sum_divided_within_the_bounds(
    x: Array, y: Array, dtype: str, reduction: str
) -> None:
    inputs = {"input": x, "target": y}
    count = {"mean": 12, "batchmean": 3}[reduction]
    part, whole = (
        evaluate_gradients(load("kl_div"), inputs, {"reduction": name}, dtype, np.array(1.5), certified=False)
        for name in (reduction, "sum")
    )
    for name in inputs:
        apart = np.abs(part[name].value * count - whole[name].value)
        assert (apart <= part[name].bound * count + whole[name].bound).all()


def test_enclosures_are_narrow_enough_to_mean_something() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=SHAPE), rng.random(SHAPE)
    terms = [*divergence(x, y), *gradients(x, y, np.ones(SHAPE))[1]]
    assert all(term.width < abs(term.middle) * Fraction(2) ** -95 for term in terms)
