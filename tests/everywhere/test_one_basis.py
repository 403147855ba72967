"""There is one basis: that of `equivariant_basis()` is what layers have their coefficients in."""

from __future__ import annotations

import haiku as hk
import jax
import numpy as np
import pytest

import constrainet.nn as cnn
from tests.everywhere.declarations import DECLARATIONS, drawn, parameters
from tests.maps.precision import in_double_precision, once


@pytest.mark.parametrize("name", DECLARATIONS)
def test_coefficients_of_layers_are_those_of_the_equivariant_basis(name):
    rep_in, rep_out = DECLARATIONS[name]()
    layer = hk.without_apply_rng(
        hk.transform(lambda x: cnn.Linear(rep_in, rep_out, parametrization="basis")(x))
    )
    x = drawn("inputs", (3, rep_in.dim), rep_in.is_complex)
    with in_double_precision():
        params = parameters(jax.eval_shape(layer.init, jax.random.key(0), x))
        y = once(layer.apply, params, x)
    basis, biases = (rep.equivariant_basis() for rep in (rep_in >> rep_out, rep_out))
    w, b = params["linear"]["w"], params["linear"].get("b", np.zeros(0))
    assert (w.shape, b.shape) == ((basis.rank,), (biases.rank,))
    expected = x @ basis.expand(w).reshape(rep_out.dim, rep_in.dim).T + biases.expand(b)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-11 * np.abs(expected).max())
