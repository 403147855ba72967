"""Non-linearities and normalisation: equivariant where they are allowed, refused elsewhere."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.groups import SL, SO, D, Lorentz, O, S, Sp
from constrainet.nn.nonlinearities import SIGMOID_GAIN, SWISH_GAIN
from constrainet.reps import Scalar, V
from tests.catalogue import GROUPS
from tests.maps.precision import normal, once
from tests.nn.models import equivariance_error, pure, random_params

WITH_SQUARES = ["SO(3)", "O(2)", "Lorentz", "SU(2)", "Z(5)", "D(4)", "phases", "SO(3)*S(3)", "S(4)"]


@pytest.mark.parametrize("layer", [cnn.NormNonlinearity, cnn.LayerNorm])
@pytest.mark.parametrize("name", WITH_SQUARES)
def test_norms_are_equivariant(name, layer):
    v = V(GROUPS[name]())
    rep = 2 * Scalar(v.group) + 3 * v + v * v.T
    assert equivariance_error(lambda: layer(rep), rep, rep) < 1e-9


@pytest.mark.parametrize("layer", [cnn.NormNonlinearity, cnn.LayerNorm])
@pytest.mark.parametrize("group", [SL(3), Sp(2)], ids=str)
def test_norms_are_refused_where_the_group_keeps_none(group, layer):
    with pytest.raises(ValueError, match=rf"`{layer.__name__}\(.*\)` needs an invariant square"):
        pure(lambda: layer(V(group))).init(jax.random.key(0), jnp.ones(group.dim))


def test_lorentz_norms_are_those_of_the_metric():
    v = V(Lorentz())
    layer = pure(lambda: cnn.NormNonlinearity(v))
    light = jnp.array([1.0, 0.6, 0.8, 0.0])
    params = layer.init(jax.random.key(0), light)
    np.testing.assert_allclose(layer.apply(params, light), light / 2, atol=1e-6)


def test_layer_norm_leaves_unit_mean_squares():
    rep = 8 * Scalar(O(3)) + 6 * V(O(3))
    layer, x = pure(lambda: cnn.LayerNorm(rep)), 30 * normal(0, (50, 26)) + 7
    y = layer.apply(layer.init(jax.random.key(0), x), x)
    np.testing.assert_allclose(np.mean(y[:, :8], axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(np.mean(y[:, :8] ** 2, axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(np.mean(y[:, 8:] ** 2, axis=1), 1, atol=1e-3)


def test_gradients_at_zero_are_finite():
    rep = 2 * Scalar(SO(3)) + 2 * V(SO(3))
    for layer in (cnn.NormNonlinearity, cnn.LayerNorm):
        model, x = pure(lambda layer=layer: layer(rep)), jnp.zeros(8, float)
        params = random_params(model, x)
        hessian = once(jax.hessian(lambda x: jnp.sum(model.apply(params, x) ** 2)), x)  # noqa: B023
        assert np.isfinite(hessian).all()


def test_pointwise_functions_act_on_permutations_and_on_nothing_else():
    rep = V(S(3)) ** 2 + Scalar(S(3))
    x = normal(0, (4, 10))
    y = pure(lambda: cnn.PointwiseNonlinearity(rep)).apply({}, x)
    np.testing.assert_allclose(y, x / (1 + np.exp(-x)), atol=1e-12)
    for wrong in (V(SO(2)), V(D(4)), Scalar(O(1)) + V(O(1))):  # rotations, signs, a sign
        with pytest.raises(ValueError, match=r"`PointwiseNonlinearity\(.*\)` needs a rep"):
            pure(lambda w=wrong: cnn.PointwiseNonlinearity(w)).init(
                jax.random.key(0), jnp.ones(wrong.dim)
            )


@pytest.mark.parametrize("kind", ["gated", "norm", "pointwise"])
def test_models_take_each_kind(kind):
    v = V(S(4))
    make = lambda: cnn.EMLP(v, v, 2 * v, num_layers=2, nonlinearity=kind)  # noqa: E731
    assert equivariance_error(make, v, v) < 1e-10
    with pytest.raises(ValueError, match=r"`EMLP\(nonlinearity=...\)` should be one of"):
        pure(lambda: cnn.EMLP(v, v, 2 * v, nonlinearity="relu")).init(
            jax.random.key(0), jnp.ones(4)
        )


def test_normalized_functions_keep_mean_squares():
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    weights = weights / weights.sum()
    sigmoid = 1 / (1 + np.exp(-nodes))
    assert abs(SIGMOID_GAIN**2 * weights @ sigmoid**2 - 1) < 1e-4
    assert abs(SWISH_GAIN**2 * weights @ (nodes * sigmoid) ** 2 - 1) < 1e-4
