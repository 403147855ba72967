"""What a model's fingerprint tells, and what it does not."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from constrainet.groups import SU, O
from constrainet.maps import EquivariantMap, fingerprint
from constrainet.reps import V
from tests.maps.precision import in_double_precision

LINEAR = EquivariantMap(2 * V(O(3)), V(O(3)) ** 2 + V(O(3)))
X = jnp.ones((3, 6))


def from_coefficients(w, x):
    return LINEAR.apply(LINEAR.weights_from_coefficients(w), x)


def from_matrix(w, x):
    return LINEAR.apply(LINEAR.weights(w), x)


def test_fingerprint_depends_on_shapes_alone():
    w = jnp.ones(LINEAR.rank)
    digits = fingerprint(from_coefficients, w, X)
    shapes = jax.ShapeDtypeStruct(w.shape, w.dtype), jax.ShapeDtypeStruct((9, 6), X.dtype)
    assert fingerprint(from_coefficients, *shapes) == digits
    with in_double_precision(False):
        assert fingerprint(from_coefficients, w.astype(jnp.float32), jnp.ones((1, 6))) == digits
        assert jnp.ones(1).dtype == jnp.float32, "the global precision is as before"

    def traced(x):
        return jnp.array(fingerprint(from_coefficients, w, X) == digits) & (x > 0)

    assert jax.jit(traced)(1.0)


def test_fingerprint_is_of_what_parameters_mean():
    w = jnp.ones(LINEAR.rank)
    digits = fingerprint(from_coefficients, w, X)
    assert fingerprint(lambda w, x: from_coefficients(-w, x), w, X) != digits
    assert fingerprint(lambda w, x: from_coefficients(w[::-1], x), w, X) != digits
    # matrices of weights mean the same in any basis
    W = jnp.ones(LINEAR.shape)
    projected = LINEAR.subspace.project
    expected = fingerprint(lambda w, x: x @ projected(w.ravel()).reshape(w.shape).T, W, X)
    assert fingerprint(from_matrix, W, X) == expected


def test_fingerprint_of_complex_maps_and_of_whole_numbers():
    linear = EquivariantMap(V(SU(2)), 2 * V(SU(2)))
    params = {"w": jnp.ones(linear.rank, jnp.complex64), "power": jnp.array(2)}

    def apply(params, x):
        w = params["w"] ** params["power"]
        return linear.apply(linear.weights_from_coefficients(w), x)

    x = jnp.ones((1, 2), jnp.complex64)
    assert fingerprint(apply, params, x) == fingerprint(apply, params, 2 * x)
    assert fingerprint(apply, params | {"power": jnp.array(3)}, x) != fingerprint(apply, params, x)


def test_fingerprint_refuses_results_that_are_not_finite():
    with pytest.raises(ValueError, match=r"should return finite numbers .* Got 6 others"):
        fingerprint(lambda w, x: x / 0, np.ones(1), np.ones((5, 3)))
