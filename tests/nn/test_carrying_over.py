"""Parameters carried over between Haiku's modules and maps."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import constrainet.nn as cnn
from tests.maps.every_layer import DECLARED, declared, inputs, random_parameters
from tests.nn.models import pure


@pytest.mark.parametrize("name", DECLARED)
def test_every_layer_computes_what_its_map_does_with_the_same_parameters(name):
    layer, args, options, m = declared(name)
    params, xs = random_parameters(m), inputs(m, 4)
    model = pure(lambda: _Splitting(getattr(cnn, layer)(*args, name="model", **options)))
    flat = cnn.to_haiku(params, "model")
    y = m.apply(params, *xs)
    found = model.apply(flat, xs)
    np.testing.assert_allclose(found, y, rtol=0, atol=1e-6 * np.abs(y).max())
    assert jax.tree.map(np.shape, model.init(jax.random.key(0), xs)) == jax.tree.map(np.shape, flat)
    if params:
        back = cnn.from_haiku(flat, "model")
        assert jax.tree.structure(back) == jax.tree.structure(params)


class _Splitting:
    """A module of several inputs, as a function of their list."""

    def __init__(self, module):
        self.module = module

    def __call__(self, xs):
        return self.module(*xs)


def test_a_name_without_parameters_is_refused():
    with pytest.raises(ValueError, match=r"`from_haiku\(name=\.\.\.\)` should.*Got 'emlp'.*linear"):
        cnn.from_haiku({"linear": {"w": np.ones(2)}}, "emlp")


def test_names_that_begin_alike_are_told_apart():
    params = {"linear": {"w": 1}, "linear_1": {"w": 2}, "linear/inner": {"w": 3}}
    assert cnn.from_haiku(params, "linear") == {"w": 1, "inner": {"w": 3}}
