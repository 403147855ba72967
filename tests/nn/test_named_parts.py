"""Dictionaries in and out of layers and models, for representations with named parts."""

from __future__ import annotations

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
import constrainet.nn as cnn
from constrainet.groups import SO
from constrainet.inspect import assert_equivariant
from constrainet.reps import Scalar, V, named

G = SO(3)
STATE = named({"mass": 2 * Scalar(G), "position": 4 * V(G)})
ACTION = named({"force": 2 * V(G), "energy": Scalar(G)})
KEY = jax.random.key(0)

LAYERS = {
    "Linear": lambda x: cnn.Linear(STATE, ACTION)(x),
    "BiLinear": lambda x: cnn.BiLinear(STATE, ACTION)(x),
    "TensorProduct": lambda x: cnn.TensorProduct(STATE, STATE, ACTION)(x, x),
    "EMLP": lambda x: cnn.EMLP(STATE, ACTION, channels=16, num_layers=1)(x),
    "TensorProductNet": lambda x: cnn.TensorProductNet(STATE, ACTION, channels=2)(x),
    "MLP": lambda x: cnn.MLP(STATE, ACTION, channels=8)(x),
}


@pytest.mark.parametrize("lead", [(), (5,), (2, 3), (0,)])
@pytest.mark.parametrize("name", LAYERS)
def test_dictionaries_go_in_and_come_out(name, lead):
    model = hk.without_apply_rng(hk.transform(LAYERS[name]))
    x = np.random.default_rng(0).normal(size=(*lead, STATE.dim)).astype(np.float32)
    params = model.init(KEY, x)
    parts = STATE.unpack(x)
    assert jax.tree.map(jnp.shape, model.init(KEY, parts)) == jax.tree.map(jnp.shape, params)
    expected, got = model.apply(params, x), model.apply(params, parts)
    assert not isinstance(expected, dict) and list(got) == ["force", "energy"]
    assert got["force"].shape == (*lead, 6)
    assert np.allclose(ACTION.pack(got), expected, atol=1e-6)
    joints = {**parts, "position": parts["position"].reshape(*lead, 4, 3)}
    assert np.allclose(model.apply(params, joints)["force"], got["force"], atol=1e-6)


def test_models_of_dictionaries_are_equivariant():
    model = hk.without_apply_rng(hk.transform(LAYERS["EMLP"]))
    params = model.init(KEY, np.zeros((1, STATE.dim), np.float32))
    assert_equivariant(lambda x: model.apply(params, x), STATE, ACTION, KEY)


def test_maps_take_dictionaries_under_jit_and_grad():
    m = cm.linear(STATE, V(G))
    params = m.init(KEY)
    parts = STATE.unpack(jnp.ones((3, STATE.dim)))
    assert m.apply(params, parts).shape == (3, 3)  # the output has no names
    gradient = jax.jit(jax.grad(lambda parts: m.apply(params, parts).sum()))(parts)
    assert jax.tree.map(jnp.shape, gradient) == jax.tree.map(jnp.shape, parts)


@pytest.mark.parametrize("make", [cnn.Linear, cnn.MLP])
def test_mistakes_with_dictionaries_are_named(make):
    def init(rep, x):
        hk.transform(lambda x: make(rep, V(G))(x)).init(KEY, x)

    with pytest.raises(TypeError, match=r"the parts of rep_in = 2V have no names.*`named\("):
        init(2 * V(G), {"a": jnp.ones(6)})
    with pytest.raises(ValueError, match=r"^`(Linear|MLP)\(.*\)`: `pack\(values\)` should have"):
        init(STATE, {"mass": jnp.ones(2)})
    with pytest.raises(ValueError, match=r"under 'position' an array of shape"):
        init(STATE, {"mass": jnp.ones(2), "position": jnp.ones(4)})


@pytest.mark.parametrize("make", [cnn.EMLP, cnn.MLP])
def test_channels_say_how_many_layers(make):
    def count(**options):
        model = hk.transform(lambda x: make(STATE, ACTION, **options)(x))
        params = jax.eval_shape(model.init, KEY, jnp.ones(STATE.dim))
        return len({name.split("/")[1] for name in params})

    for channels in ([8, 12], (8, 12), [8], []):
        assert count(channels=channels) == len(channels) + 1
    assert count(channels=8) == 4 and count(channels=8, num_layers=1) == 2
    assert count(channels=[8, 8], num_layers=2) == 3
    with pytest.raises(ValueError, match=r"num_layers=3 hidden layers. Got 2"):
        count(channels=[8, 12], num_layers=3)


def test_models_are_equal_by_their_layers():
    assert cm.emlp(STATE, ACTION, 8) == cm.emlp(STATE, ACTION, 8, 3)
    assert cm.emlp(STATE, ACTION, [8, 8]) == cm.emlp(STATE, ACTION, (8, 8), 2)
