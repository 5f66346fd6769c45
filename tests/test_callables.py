"""The functions that attributes may name are the same in case files, frameworks, references and scripts."""

import numpy as np
import pytest

from conformance.casefile import schema
from conformance.frameworks.callables import CALLABLES as OF_FRAMEWORKS
from conformance.model import CALLABLES, NamedCallable
from conformance.reference.distances import DISTANCES, distance_of
from conformance.report.literals import NotReproducibleError, literal

X, Y = (np.random.default_rng(seed).normal(size=(3, 4)) for seed in (1, 2))


def test_all_name_the_same():
    of_the_schema = schema()["$defs"]["value"]["properties"]["callable"]["enum"]
    assert set(OF_FRAMEWORKS) == set(DISTANCES) == set(of_the_schema) == set(CALLABLES)


@pytest.mark.parametrize("name", CALLABLES)
def test_all_compute_the_same(name):
    expected = OF_FRAMEWORKS[name](X, Y)
    np.testing.assert_array_equal(eval(literal({"callable": name}))(X, Y), expected)
    np.testing.assert_allclose(distance_of(NamedCallable(name), 1e-6).of(X, Y), expected, rtol=1e-15)


def test_a_name_that_none_knows_is_refused():
    with pytest.raises(ValueError, match="use one of cosine, manhattan, squared_euclidean"):
        distance_of(NamedCallable("l_infinity"), 1e-6)
    with pytest.raises(NotReproducibleError, match="no function 'l_infinity'"):
        literal({"callable": "l_infinity"})
