"""Layers are the same whatever was asked before, beside real and complex representations."""

from __future__ import annotations

from itertools import count

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.nn as cnn
from constrainet.groups import SO, SU, Group
from constrainet.inspect import describe
from constrainet.reps import Complexified, Realified, Rep, Scalar, V

FRESH = count(2)


def spinor() -> Rep:
    """The spinors of SU(2), by generators of a size that no other test has asked about."""
    return V(Group(lie_algebra=SU(2).lie_algebra * (1 - 1 / next(FRESH)), name="SU(2)"))


def pure(make):
    return hk.without_apply_rng(hk.transform(make))


@pytest.mark.parametrize("asked", [False, True])
def test_layer_norm_of_a_realified_representation(asked: bool):
    b = spinor()
    a = Realified(b)
    if asked:
        describe(a >> b)
    layer = pure(lambda x: cnn.LayerNorm(a)(x))
    x = jnp.arange(8, dtype=jnp.float32).reshape(2, 4)
    params = layer.init(jax.random.key(0), x)
    y = layer.apply(params, x)
    assert jax.tree.map(lambda p: (p.shape, p.dtype), params) == {
        "layer_norm": {"scale": ((1,), jnp.float32)}
    }
    assert y.dtype == jnp.float32
    np.testing.assert_allclose(jnp.mean(y**2, axis=1), 1, rtol=1e-4)


@pytest.mark.parametrize("parametrization", ["projector", "basis"])
@pytest.mark.parametrize("model", ["EMLP", "TensorProductNet"])
@pytest.mark.parametrize("to_complex", [True, False])
def test_models_between_real_and_complex_representations(model, parametrization, to_complex):
    """A model that holds a complex representation is complex throughout, and equivariant."""
    v = V(SO(2))
    sides = (v, Complexified(v) + Complexified(Scalar(SO(2))))
    source, target = sides if to_complex else sides[::-1]
    make = getattr(cnn, model)
    net = pure(
        lambda x: make(
            source, target, channels=16 if model == "EMLP" else 4, parametrization=parametrization
        )(x)
    )
    x = jax.random.normal(
        jax.random.key(1), (5, source.dim), jnp.complex64 if source.is_complex else jnp.float32
    )
    params = net.init(jax.random.key(0), x)
    params = jax.tree.map(lambda p: p + 0.1 * jnp.ones_like(p), params)
    linear = [p["w"] for name, p in params.items() if "linear" in name]
    assert all(w.dtype == jnp.complex64 for w in linear)
    g = SO(2).sample(jax.random.key(2))
    y = net.apply(params, x)
    assert y.dtype == jnp.complex64 and bool(jnp.isfinite(y).all())
    moved = net.apply(params, source.act(g, x))
    np.testing.assert_allclose(moved, target.act(g, y), atol=1e-4 * float(jnp.abs(y).max()))


def test_a_layer_between_real_representations_is_real_unless_its_model_is_complex():
    v = V(SO(2))
    layer = pure(lambda x: cnn.Linear(v, v)(x))
    params = layer.init(jax.random.key(0), jnp.ones((2, 2), jnp.float32))
    assert {p.dtype for p in jax.tree.leaves(params)} == {jnp.dtype("float32")}
